"""The life of a video: request, finish, fail, cancel, list, delete. What lies between is in core/leases.py.

`pending -> processing -> completed | failed | canceled`. Every change is one conditional UPDATE whose row count
is read, so that it happens once; nothing here commits.
"""

import logging
import statistics
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, bindparam, case, func, literal
from sqlalchemy import update as sql_update
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import catalog, credits, limits, progress, queue, teams, trail, webhooks
from core.catalog import Model
from core.database import after_commit, insert_once
from core.errors import (
    AdsVideoError,
    Conflict,
    IdempotencyConflict,
    NoPrompt,
    NotFound,
    PromptTooLong,
    clean,
)
from core.models import ACTIVE, Picture, User, UTCDateTime, Video, now
from core.phrase import Phrase
from core.progress import News
from core.recipe import Recipe

log = logging.getLogger(__name__)
MAX_PROMPT = 500
AT_ONCE = timedelta(hours=1)
"""Due so long ago comes before everything that is merely due."""


# ---------------------------------------------------------------------------------------------- asking for one


def check_prompt(prompt: str) -> str:
    """The prompt without the space around it. Raises NoPrompt, PromptTooLong."""
    prompt = prompt.replace("\x00", "").strip()
    if not prompt:
        raise NoPrompt()
    if len(prompt) > MAX_PROMPT:
        raise PromptTooLong(len(prompt), MAX_PROMPT)
    return prompt


async def request(
    session: AsyncSession,
    user: User,
    recipe: Recipe,
    model: Model,
    *,
    idempotency_key: str | None = None,
    request_sha256: str | None = None,
    lane: int | None = None,
    free: bool = False,
) -> Video:
    """Take the price and put the video on its way, both or neither; on lane -1 before the others, on 1 after them.

    The transaction behind `core.ask`, which comes before it with the checks that wait for the network. The picture is
    that of `recipe.picture_id`; without `lane` it is that of the user's group. One that is `free` costs nothing and
    counts for no limit, and its `idempotency_key` works once.

    Raises NoPrompt, PromptTooLong, WrongOption, NotFound (picture), NotEnoughCredits, Blocked, OverBudget,
    TooManyRequests, TooManyOpen, in this order; Conflict for what was free once. The same `idempotency_key` gives the
    same video and one charge; see `repeated`.
    """
    prompt = check_prompt(recipe.prompt)
    seconds, size = model.choose(recipe.seconds, recipe.size)
    video = Video(
        user_id=user.id,
        picture_id=recipe.picture_id or 0,
        prompt=prompt,
        model=model.id,
        label=model.label,
        seconds=seconds,
        size=str(size),
        framing=recipe.framing_fields,
        cost_credits=0 if free else model.price(seconds),
        idempotency_key=idempotency_key,
        request_sha256=request_sha256,
        lane=await teams.lane(session, user) if lane is None else lane,
        request_id=trail.request_id(),
    )
    if not await _write(session, video):
        # the same key in two requests at once, and the other one was first; or not the user's picture
        if idempotency_key and (earlier := await repeated(session, user, idempotency_key, request_sha256)):
            if free:
                raise Conflict(Phrase("This video has been made again already."))
            return earlier
        raise NotFound(Phrase("picture"))
    if not free:
        await credits.charge(session, user.id, video.id, video.cost_credits)
        await teams.check_budget(session, user.id, video.cost_credits)
        await limits.check_generations(session, user.id)
        await limits.check_open(session, user.id)
    _send_off(session, video)
    return video


def _send_off(session: AsyncSession, video: Video) -> None:
    """On its way, once it is true: every page hears of it, and a worker begins it."""

    async def put() -> None:
        with trail.about(video):
            log.info("video %s is asked for: %s, %s s, %s", video.id, video.model, video.seconds, video.size)
        await queue.put("submit", video.id, 0)

    tell(session, video, "pending", stage="starting")
    after_commit(session, put)


_table: Any = Video.__table__  # type: ignore[attr-defined]
_picture: Any = Picture.__table__  # type: ignore[attr-defined]
_COLUMNS = [column for column in _table.c if column.name not in ("id", "picture_id", "turn")]


def _turn() -> ColumnElement[int]:
    """The turn of a new video: after the user's own that wait for the same model, and not before whose turn it is.

    So everybody's first comes before anybody's second, whoever asked first and for however many; and beginning one
    needs no count of what each user has.
    """
    waiting = _table.alias("waiting")
    same = (
        waiting.c.status == "pending",
        waiting.c.submitted_at.is_(None),
        waiting.c.model == bindparam("model"),
        waiting.c.lane == bindparam("lane"),
    )
    first = select(waiting.c.turn).where(*same).order_by(waiting.c.turn).limit(1)
    own = select(waiting.c.turn + 1).where(*same, waiting.c.user_id == bindparam("user_id"))
    now_on = func.coalesce(first.scalar_subquery(), 0)
    after_own = func.coalesce(own.order_by(waiting.c.id.desc()).limit(1).scalar_subquery(), 0)
    return case((after_own > now_on, after_own), else_=now_on)


@lru_cache(2)
def _insert(dialect: str) -> Any:
    mine = select(_picture.c.id, _turn(), *(bindparam(column.name, type_=column.type) for column in _COLUMNS)).where(
        _picture.c.id == bindparam("picture_id"),
        _picture.c.user_id == bindparam("user_id"),
        _picture.c.deleted_at.is_(None),
    )
    names = ["picture_id", "turn", *(column.name for column in _COLUMNS)]
    once = insert_once(_table, "user_id", "idempotency_key").from_select(names, mine, include_defaults=False)
    return once.returning(_table.c.id, _table.c.turn)


async def _write(session: AsyncSession, video: Video) -> bool:
    """Write the row, if the picture is the user's and the key is new; one statement, made once."""
    await session.flush()
    connection = await session.connection()
    written = await connection.execute(_insert(connection.dialect.name), video.model_dump(exclude={"id", "turn"}))
    if (row := written.first()) is None:
        return False
    video.id, video.turn = row
    make_transient_to_detached(video)
    session.add(video)
    return True


async def repeated(session: AsyncSession, user: User, key: str, request_sha256: str | None = None) -> Video | None:
    """The user's video of an earlier request with that idempotency key.

    Raises IdempotencyConflict if that request, as its hash tells, asked for something else.
    """
    earlier = (await session.exec(select(Video).where(Video.user_id == user.id, Video.idempotency_key == key))).first()
    if earlier and earlier.request_sha256 != request_sha256 and earlier.request_sha256 and request_sha256:
        raise IdempotencyConflict()
    return earlier


# ------------------------------------------------------------------------------------------------------ changing


class Known(Protocol):
    """Whatever names a video."""

    @property
    def id(self) -> int: ...


class Changed(NamedTuple):
    """As much of a changed video as most need to know; a whole row costs several times as much to read."""

    id: int
    user_id: int
    status: str
    cost_credits: int
    attempts: int


async def change(session: AsyncSession, *where: ColumnElement[bool], **values: Any) -> Changed | None:
    """One conditional UPDATE; None if nothing changed."""
    table = Video.__table__  # type: ignore[attr-defined]
    statement = sql_update(table).where(*where).values(**values)
    found = await session.exec(statement.returning(*(table.c[name] for name in Changed._fields)))
    row = found.first()
    return Changed(*row) if row else None


async def change_all(session: AsyncSession, *where: ColumnElement[bool], **values: Any) -> list[Video]:
    """One conditional UPDATE; the rows that changed, whole."""
    statement = sql_update(Video).where(*where).values(**values).returning(Video)
    rows = (await session.exec(statement.execution_options(synchronize_session=False, populate_existing=True))).all()
    return [row[0] for row in rows]


async def take(session: AsyncSession, *where: ColumnElement[bool], **values: Any) -> Video | None:
    """`change_all` for at most one."""
    found = await change_all(session, *where, **values)
    return found[0] if found else None


def is_to_submit() -> ColumnElement[bool]:
    """No provider was ever asked for it, or certainly none has it."""
    return (col(Video.status) == "pending") & col(Video.submitted_at).is_(None)


def tell(session: AsyncSession, video: Video | Changed, status: str, stage: progress.Stage | None = None) -> None:
    """Tell every page, once it is true."""
    news = News(user_id=video.user_id, video_id=video.id, status=status, stage=stage)
    after_commit(session, lambda: progress.publish(news))


# ------------------------------------------------------------------------------------------------ how it ends


async def finish(
    session: AsyncSession,
    video: Known,
    *,
    key: str,
    poster_key: str,
    width: int,
    height: int,
    duration: float,
    size_bytes: int,
    preview_key: str | None = None,
    original_key: str | None = None,
) -> bool:
    """Its files are in the storage, `size_bytes` together: completed.

    False if the video had ended otherwise or its owner is gone.
    """
    running = (col(Video.id) == video.id, col(Video.status) == "processing")
    changed = await change(
        session,
        *running,
        col(Video.deleted_at).is_(None),
        status="completed",
        key=key,
        poster_key=poster_key,
        preview_key=preview_key,
        original_key=original_key,
        width=width,
        height=height,
        duration=duration,
        bytes=size_bytes,
        note="",
        completed_at=now(),
    )
    if changed:
        await _ended(session, changed)
    else:  # one whose owner was erased meanwhile; its file is not kept
        await change(session, *running, status="canceled", note="started", completed_at=now())
    return changed is not None


async def _ended(session: AsyncSession, video: Video | Changed) -> None:
    """Tell every page, and in the same transaction put the user's webhooks on their way."""
    tell(session, video, video.status)
    await webhooks.announce(session, video.user_id, video.id, video.status)


async def fail(session: AsyncSession, video: Known, error: AdsVideoError) -> bool:
    """Failed for this reason, and its price returned. False if it had ended already."""
    changed = await change(
        session,
        col(Video.id) == video.id,
        col(Video.status).in_(ACTIVE),
        status="failed",
        error_code=error.code,
        error_detail=clean(getattr(error, "detail", "")),
        completed_at=now(),
    )
    if changed:
        await credits.refund(session, changed.user_id, changed.id, changed.cost_credits)
        await _ended(session, changed)
    return changed is not None


async def cancel(session: AsyncSession, user_id: int, video_id: int) -> Video:
    """Stop a video. Raises NotFound, and Conflict if it has ended.

    At once and refunded where no provider has it yet; else the watcher asks the provider, and `canceled` below
    settles what is returned.
    """
    mine = (col(Video.id) == video_id, col(Video.user_id) == user_id)
    ours = col(Video.model).in_(catalog.local_models()) & col(Video.status).in_(ACTIVE)
    if changed := await take(session, *mine, is_to_submit() | ours, status="canceled", completed_at=now()):
        await credits.refund(session, user_id, video_id, changed.cost_credits)
        await _ended(session, changed)
        return changed
    # while create runs or its outcome is unknown its lease stays: whoever has it sees to the cancel as well
    at_once = literal(now() - AT_ONCE, UTCDateTime())
    if changed := await take(
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


async def canceled(session: AsyncSession, video: Known, *, had_started: bool) -> bool:
    """Canceled at the provider. The price is returned unless the provider had started. False if it had ended."""
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


# ---------------------------------------------------------------------------------------------------- reading


def _alive(user_id: int) -> ColumnElement[bool]:
    return (col(Video.user_id) == user_id) & col(Video.deleted_at).is_(None)


async def owned(session: AsyncSession, user_id: int, video_id: int) -> Video:
    """That user's video. Raises NotFound."""
    query = select(Video).where(_alive(user_id), Video.id == video_id)
    if video := (await session.exec(query.execution_options(populate_existing=True))).first():
        return video
    raise NotFound(Phrase("video"))


async def newest(session: AsyncSession, user_id: int) -> Video | None:
    """The user's newest video."""
    return (await session.exec(select(Video).where(_alive(user_id)).order_by(col(Video.id).desc()).limit(1))).first()


async def page(session: AsyncSession, user_id: int, before: int | None, limit: int) -> list[Video]:
    """A user's videos, newest first, those with an id below `before`."""
    query = select(Video).where(_alive(user_id)).order_by(col(Video.id).desc())
    if before is not None:
        query = query.where(col(Video.id) < before)
    return list((await session.exec(query.limit(limit))).all())


async def usual_seconds(session: AsyncSession, model: str) -> float | None:
    """How long the last videos of that model took in the median, from start to end; None if there are none."""
    query = (
        select(Video.started_at, Video.completed_at)
        .where(Video.model == model, Video.status == "completed")
        .order_by(col(Video.id).desc())
        .limit(20)
    )
    took = [(end - start).total_seconds() for start, end in (await session.exec(query)).all() if start and end]
    return statistics.median(took) if took else None


async def set_favorite(session: AsyncSession, user_id: int, video_id: int, favorite: bool) -> None:
    """Mark or unmark a video. Raises NotFound."""
    if not await change(session, _alive(user_id), col(Video.id) == video_id, favorite=favorite):
        raise NotFound(Phrase("video"))
