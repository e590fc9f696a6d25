"""Claims videos that are due for a look at their provider or a download, and records the results."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, case, func, or_
from sqlalchemy import update as sql_update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.catalog import entries
from core.database.session import Unit, after_commit
from core.database.statements import loaded, moment, rows
from core.models import ACTIVE, Video, now
from core.redis import queue
from core.redis.news import News, publish_all
from core.videos.claims import LEASE, is_at_provider, is_due, lock_ids
from core.videos.states import BEFORE_ALL, video_table

IDENTICAL_AGE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Watched:
    """The columns of a claimed video that the watcher needs; a whole row costs five times as much to read."""

    id: int
    user_id: int
    model: str
    provider_id: str | None
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    submitted_at: datetime | None
    request_id: str | None = None


_WATCHED: list[Any] = [getattr(Video, name) for name in Watched.__slots__]


def _at_provider(local_models: Sequence[str]) -> ColumnElement[bool]:
    return is_at_provider(Video) & col(Video.model).not_in(local_models)


def _is_unsettled() -> ColumnElement[bool]:
    return col(Video.provider_id).is_(None) | col(Video.cancel_requested)


@lru_cache(2)
def _due(local_models: tuple[str, ...]) -> Any:
    at_provider = _at_provider(local_models)
    return select(Video.model, _is_unsettled().label("is_unsettled")).where(at_provider, is_due()).distinct()


async def due(session: Unit) -> tuple[set[str], bool]:
    """The models with videos due for a look, and whether any unknown outcome or cancel is due.

    Only reads, so that an idle worker does not write.
    """
    found = await rows(session, _due(tuple(entries.local_models())), {})
    looks = {row["model"] for row in found if not row["is_unsettled"]}
    return looks, any(row["is_unsettled"] for row in found)


async def count_running(session: AsyncSession) -> dict[str, int]:
    """How many videos of each model are at their provider."""
    query = select(Video.model, func.count()).where(_at_provider(entries.local_models())).group_by(col(Video.model))
    return {model: number for model, number in await session.exec(query)}  # noqa: C416 - rows are not quite tuples


async def claim_looks(session: AsyncSession, models: Collection[str], limit: int, ahead: float = 0) -> list[Watched]:
    """Claim up to `limit` videos of these models that are due within `ahead` seconds, oldest first."""
    return await _claim(session, limit, ahead, col(Video.model).in_(models) & ~_is_unsettled())


async def claim_unsettled(session: AsyncSession, limit: int) -> list[Watched]:
    """Claim up to `limit` due videos whose submission has an unknown outcome or whose cancel was requested."""
    return await _claim(session, limit, 0, _is_unsettled())


async def _claim(session: AsyncSession, limit: int, ahead: float, which: ColumnElement[bool]) -> list[Watched]:
    at_provider = _at_provider(entries.local_models())
    due = select(Video.id).where(at_provider, is_due(ahead), which).order_by(col(Video.next_look_at)).limit(limit)
    claim = (
        sql_update(Video)
        .where(col(Video.id).in_(lock_ids(due)), is_due(ahead))
        .values(next_look_at=now() + LEASE)
        .returning(*_WATCHED)
    )
    return [Watched(*row) for row in (await session.exec(claim.execution_options(synchronize_session=False))).all()]


async def schedule_looks(session: AsyncSession, delays: Mapping[int, float], *, unless_ready: bool = False) -> None:
    """Set when claimed videos are due next: seconds from now, by video id.

    A video that a webhook or a cancel made due meanwhile stays due: with `unless_ready` also one whose end was noted
    after this moment and written before this.
    """
    if not delays:
        return
    at = now()
    table = Video.__table__  # type: ignore[attr-defined]
    active = or_(*(table.c.status == status for status in ACTIVE))  # IN does not work with many sets of parameters
    statement = (
        sql_update(table)
        .where(table.c.id == bindparam("of"), active, table.c.next_look_at > at)
        .values(next_look_at=bindparam("at"))
    )
    if unless_ready:
        statement = statement.where(table.c.ready.is_(False))
    # in a fixed order, so that two writers of the same rows never deadlock
    changes = [{"of": of, "at": at + timedelta(seconds=delay)} for of, delay in sorted(delays.items())]
    await (await session.connection()).execute(statement, changes)


async def mark_ended(session: AsyncSession, ended: Mapping[str, queue.Outcome]) -> list[str]:
    """Providers report that jobs have ended: outcome by provider id. Returns the models of those that are ours.

    A completed one is downloaded at once, which verifies the report; a failed one is polled at once, for the reason.
    """
    by_outcome: dict[str, list[str]] = {"completed": [], "failed": []}
    for provider_id, outcome in ended.items():
        by_outcome[outcome].append(provider_id)
    done = await _mark_ready(session, col(Video.provider_id).in_(by_outcome["completed"]), None)
    make_due = (
        sql_update(Video)
        .where(
            col(Video.provider_id).in_(by_outcome["failed"]),
            col(Video.status) == "processing",
            col(Video.ready).is_(False),
        )
        .values(next_look_at=now() - BEFORE_ALL)
        .returning(col(Video.model))
    )
    rows = (await session.exec(make_due.execution_options(synchronize_session=False))).all()
    return done + [model for (model,) in rows]


async def used_provider_ids(session: AsyncSession, model: str, provider_ids: list[str]) -> set[str]:
    """Those of the provider's ids that belong to a video of ours."""
    query = select(Video.provider_id).where(Video.model == model, col(Video.provider_id).in_(provider_ids))
    return {provider_id for provider_id in (await session.exec(query)).all() if provider_id}


async def has_identical_request(session: AsyncSession, video: Video) -> bool:
    """Whether another video with the same request has no provider id either: a job at the provider may be of either."""
    query = select(Video.id).where(
        Video.id != video.id,
        Video.model == video.model,
        Video.prompt == video.prompt,
        Video.size == video.size,
        Video.seconds == video.seconds,
        col(Video.provider_id).is_(None),
        col(Video.submitted_at) > now() - IDENTICAL_AGE,
    )
    return (await session.exec(query.limit(1))).first() is not None


async def mark_ready(session: AsyncSession, urls: Mapping[int, str | None]) -> None:
    """The provider has finished these videos: URL of the file or None, by video id. Their files are downloaded next."""
    by_url: dict[str | None, list[int]] = {}
    for video_id, url in urls.items():
        by_url.setdefault(url, []).append(video_id)
    for url, ids in by_url.items():
        await _mark_ready(session, col(Video.id).in_(ids), url)


async def put_in_order(session: AsyncSession, since: Mapping[int, float]) -> None:
    """Let those of the videos just marked as ready come first that have been so longest: for so many seconds, by id."""
    if len(since) < 2:
        return
    at = now()
    table = Video.__table__  # type: ignore[attr-defined]
    statement = (
        sql_update(table)
        .where(table.c.id == bindparam("of"), table.c.status == "processing", table.c.ready, table.c.next_look_at <= at)
        .values(next_look_at=bindparam("at"))
    )
    changes = [{"of": of, "at": at - timedelta(seconds=seconds)} for of, seconds in sorted(since.items())]
    await (await session.connection()).execute(statement, changes)


async def _mark_ready(session: AsyncSession, which: ColumnElement[bool], url: str | None) -> list[str]:
    """Mark videos as ready and publish that; returns the models of those that changed."""
    done = (
        sql_update(Video)
        .where(which, col(Video.status) == "processing", col(Video.ready).is_(False))
        .values(ready=True, finished_url=url, next_look_at=now())
        .returning(col(Video.id), col(Video.user_id), col(Video.model))
    )
    rows = (await session.exec(done.execution_options(synchronize_session=False))).all()
    news = [News(user_id, video_id, "processing", stage="downloading") for video_id, user_id, _ in rows]
    after_commit(session, lambda: publish_all(news))
    return [model for *_, model in rows]


def _is_ready() -> ColumnElement[bool]:
    return (col(Video.status) == "processing") & col(Video.ready).is_(True) & is_due()


def _numbered(name: str, number: int) -> list[ColumnElement[int]]:
    return [bindparam(f"{name}{n}", type_=Integer()) for n in range(number)]


@lru_cache(32)
def _next_ready(full: int) -> Any:
    query = select(Video.id).where(_is_ready(), *(col(Video.user_id) != user for user in _numbered("full", full)))
    return query.order_by(col(Video.next_look_at)).limit(bindparam("limit"))


async def next_collects(session: Unit, limit: int, full: Collection[int] = ()) -> list[int]:
    """The ids of up to `limit` finished videos to download, in order, but of the users that are `full`; only reads."""
    values = {"limit": limit} | {f"full{n}": user_id for n, user_id in enumerate(full)}
    return [row["id"] for row in await rows(session, _next_ready(len(full)), values)]


@lru_cache(32)
def _claim_ready(users: int) -> Any:
    """With a room of their own for so many users."""
    room = bindparam("room", type_=Integer())
    place = func.row_number().over(partition_by=col(Video.user_id), order_by=col(Video.next_look_at))
    ranked = select(col(Video.id), col(Video.user_id), place.label("place")).where(_is_ready()).subquery()
    of_user = zip(_numbered("user", users), _numbered("room", users), strict=True)
    rooms = [(ranked.c.user_id == user, left) for user, left in of_user]
    fair = select(ranked.c.id).where(ranked.c.place <= (case(*rooms, else_=room) if rooms else room))
    ready = select(Video.id).where(col(Video.id).in_(fair), _is_ready()).order_by(col(Video.next_look_at))
    return (
        sql_update(video_table)
        .where(col(Video.id).in_(lock_ids(ready.limit(bindparam("limit")))), _is_ready())
        .values(attempts=video_table.c.attempts + 1, next_look_at=moment(LEASE))
        .returning(*video_table.c)
    )


async def claim_collects(session: Unit, limit: int, rooms: Mapping[int, int], room: int) -> list[Video]:
    """Claim up to `limit` finished videos to download, oldest first, and up to `room` of one user.

    `rooms` are those of the users who have some already.
    """
    values = {"limit": limit, "room": room}
    for n, (user_id, left) in enumerate(rooms.items()):
        values |= {f"user{n}": user_id, f"room{n}": left}
    return [loaded(Video, row) for row in await rows(session, _claim_ready(len(rooms)), values)]
