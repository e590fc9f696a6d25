"""The changes of a video's status: finish, fail, cancel. The steps between are in core/videos/claims.py.

`pending -> processing -> completed | failed | canceled`. Every change is one conditional UPDATE whose row count is
read, so that it happens once. Nothing here commits.

What happens to every video is a statement that is built once and `run`: at the worker's `one_trip` each run commits by
itself, one for each change; the rest is built when it is needed.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, bindparam, case, func, literal
from sqlalchemy import update as sql_update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import errors, webhooks
from core.billing import credits
from core.catalog import entries
from core.database.session import Unit, after_commit, is_postgresql
from core.database.statements import run
from core.errors import (
    AdsVideoError,
    Conflict,
    NotFound,
    clean,
)
from core.models import ACTIVE, UTCDateTime, Video, now
from core.phrase import Phrase
from core.redis import queue
from core.redis.news import News, Stage, publish
from core.videos.queries import alive, owned

log = logging.getLogger(__name__)
BEFORE_ALL = timedelta(hours=1)
"""A due time set back by this comes before all others."""
video_table: Any = Video.__table__  # type: ignore[attr-defined]


class HasId(Protocol):
    """Anything with a video's id."""

    @property
    def id(self) -> int: ...


class Changed(NamedTuple):
    """The columns of a changed video that most callers need; a whole row costs several times as much to read."""

    id: int
    user_id: int
    status: str
    cost_credits: int
    attempts: int

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Changed | None":
        """What `changing` found."""
        return cls(found["video_id"], *(found[name] for name in cls._fields[1:])) if "video_id" in found else None


def changing(*where: ColumnElement[bool], **values: Any) -> Any:
    """A step for core.database.statements: `change`; its id comes as `video_id`."""
    named = (video_table.c[name] for name in Changed._fields)
    columns = [column.label("video_id") if column.name == "id" else column for column in named]
    return sql_update(video_table).where(*where).values(**values).returning(*columns)


async def change(session: AsyncSession, *where: ColumnElement[bool], **values: Any) -> Changed | None:
    """One conditional UPDATE; None if nothing changed."""
    row = (await session.exec(changing(*where, **values))).first()
    return Changed(*row) if row else None


async def change_all(session: AsyncSession, *where: ColumnElement[bool], **values: Any) -> list[Video]:
    """One conditional UPDATE; the rows that changed, whole."""
    statement = sql_update(Video).where(*where).values(**values).returning(Video)
    rows = (await session.exec(statement.execution_options(synchronize_session=False, populate_existing=True))).all()
    return [row[0] for row in rows]


async def change_one(session: AsyncSession, *where: ColumnElement[bool], **values: Any) -> Video | None:
    """`change_all` for conditions that match at most one video; None if nothing changed."""
    videos = await change_all(session, *where, **values)
    return videos[0] if videos else None


def is_to_submit() -> ColumnElement[bool]:
    """Pending, and certainly at no provider."""
    return (col(Video.status) == "pending") & col(Video.submitted_at).is_(None)


def tell(session: Unit, video: Video | Changed, status: str, stage: Stage | None = None) -> None:
    """Publish the change to all pages after the commit."""
    news = News(user_id=video.user_id, video_id=video.id, status=status, stage=stage)
    after_commit(session, lambda: publish(news))


_FINISHED = ("key", "poster_key", "preview_key", "original_key", "width", "height", "duration", "bytes", "note")
_RUNNING = (col(Video.id) == bindparam("id"), col(Video.status) == "processing")
_FINISH = changing(
    *_RUNNING,
    col(Video.deleted_at).is_(None),
    status="completed",
    provider_usd=func.coalesce(
        col(Video.provider_usd), bindparam("expected_usd", type_=video_table.c.provider_usd.type)
    ),
    completed_at=bindparam("at"),
    **{name: bindparam(name) for name in _FINISHED},
)


@lru_cache(2)
def _finishing(on_postgresql: bool) -> Sequence[Any]:
    """The steps: one on PostgreSQL, where each is a trip."""
    if not on_postgresql:
        return _FINISH, webhooks.ANNOUNCE
    done: Any = _FINISH.cte("done")
    return (select(done).add_cte(webhooks.announcing(done.c.user_id, done.c.video_id).cte("told")),)


_DROP = changing(*_RUNNING, status="canceled", note="started", completed_at=bindparam("at"))


async def finish(
    session: Unit,
    video: HasId,
    *,
    key: str,
    poster_key: str,
    width: int,
    height: int,
    duration: float,
    size_bytes: int,
    preview_key: str | None = None,
    original_key: str | None = None,
    note: str = "",
    expected_usd: float | None = None,
) -> bool:
    """Its files are in the storage, `size_bytes` together: completed. `note`: how it was made otherwise than asked.

    `expected_usd` is what it cost at the provider, unless that has said so itself.
    False if the video has ended otherwise or its owner was erased.
    """
    values = {
        "id": video.id,
        "at": now(),
        "event": webhooks.EVENTS["completed"],
        "key": key,
        "poster_key": poster_key,
        "preview_key": preview_key,
        "original_key": original_key,
        "width": width,
        "height": height,
        "duration": duration,
        "bytes": size_bytes,
        "note": note[: errors.MAX_DETAIL],
        "expected_usd": expected_usd,
    }
    done = Changed.of(await run(session, _finishing(is_postgresql()), values))
    if done:
        tell(session, done, done.status)
    else:  # its owner was erased meanwhile: drop the file
        await run(session, (_DROP,), values)
    return done is not None


async def _ended(session: AsyncSession, video: Video | Changed) -> None:
    """Publish the end, and create the webhook deliveries in the same transaction."""
    tell(session, video, video.status)
    await webhooks.announce(session, video.user_id, video.id, video.status)


_FAIL = changing(
    col(Video.id) == bindparam("id"),
    col(Video.status).in_(ACTIVE),
    status="failed",
    error_code=bindparam("error_code"),
    error_detail=bindparam("error_detail"),
    completed_at=bindparam("at"),
)


async def fail(session: Unit, video: HasId, error: AdsVideoError) -> bool:
    """Fail a video with this error and refund it. False if it has ended already."""
    values = {
        "id": video.id,
        "at": now(),
        "event": webhooks.EVENTS["failed"],
        "error_code": error.code,
        "error_detail": clean(getattr(error, "detail", "")),
    }
    done = Changed.of(await run(session, (_FAIL, webhooks.ANNOUNCE, *credits.refunding()), values))
    if done:
        tell(session, done, done.status)
    return done is not None


async def cancel(session: AsyncSession, user_id: int, video_id: int) -> Video:
    """Cancel a video; returns it as changed. Raises NotFound, and Conflict if it has ended or is being downloaded.

    At once and with refund if no provider has it; else the watcher asks the provider and calls `mark_canceled`.
    """
    mine = (col(Video.id) == video_id, col(Video.user_id) == user_id)
    ours = col(Video.model).in_(entries.local_models()) & col(Video.status).in_(ACTIVE)
    if changed := await change_one(session, *mine, is_to_submit() | ours, status="canceled", completed_at=now()):
        await credits.refund(session, user_id, video_id, changed.cost_credits)
        await _ended(session, changed)
        return changed
    # while create runs or its outcome is unknown the lease stays: its holder handles the cancel too
    at_once = literal(now() - BEFORE_ALL, UTCDateTime())
    if changed := await change_one(
        session,
        *mine,
        col(Video.status).in_(ACTIVE),
        col(Video.ready).is_(False),
        cancel_requested=True,
        next_look_at=case((col(Video.provider_id).is_(None), Video.next_look_at), else_=at_once),
    ):
        tell(session, changed, changed.status, stage="canceling")
        after_commit(session, queue.wake_watchers)
        return changed
    video = await owned(session, user_id, video_id)
    raise Conflict(
        Phrase("This video is already being downloaded.") if video.ready else Phrase("This video has already ended.")
    )


async def mark_canceled(session: AsyncSession, video: HasId, *, had_started: bool) -> bool:
    """Canceled at the provider; refunded unless the provider had started. False if it has ended."""
    changed = await change(
        session,
        col(Video.id) == video.id,
        col(Video.status).in_(ACTIVE),
        status="canceled",
        note="started" if had_started else "",
        completed_at=now(),
    )
    if changed:
        if not had_started:
            await credits.refund(session, changed.user_id, changed.id, changed.cost_credits)
        await _ended(session, changed)
    return changed is not None


async def set_favorite(session: AsyncSession, user_id: int, video_id: int, favorite: bool) -> None:
    """Mark or unmark a video. Raises NotFound."""
    if not await change(session, alive(user_id), col(Video.id) == video_id, favorite=favorite):
        raise NotFound(Phrase("video"))


async def set_title(session: AsyncSession, user_id: int, video_id: int, title: str | None) -> None:
    """Give a video a title of its own, or take it away with None. Raises NotFound."""
    if not await change(session, alive(user_id), col(Video.id) == video_id, title=title):
        raise NotFound(Phrase("video"))
    after_commit(session, lambda: publish(News(user_id=user_id, video_id=video_id, status="renamed")))
