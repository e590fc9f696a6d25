"""Reading a user's videos. Every query takes the owner's id."""

import statistics
from collections import Counter
from collections.abc import Collection

from sqlalchemy import ColumnElement, String, cast, func, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.catalog import entries
from core.errors import NotFound, UnknownModel
from core.models import Video
from core.phrase import Phrase


def alive(user_id: int) -> ColumnElement[bool]:
    """The user's videos that are not deleted, as a condition."""
    return (col(Video.user_id) == user_id) & col(Video.deleted_at).is_(None)


def asked_for_alone() -> ColumnElement[bool]:
    """Neither of a batch nor of an ad, as a condition: what the studio shows."""
    return col(Video.batch_id).is_(None) & col(Video.ad_id).is_(None)


async def owned(session: AsyncSession, user_id: int, video_id: int) -> Video:
    """That user's video. Raises NotFound."""
    query = select(Video).where(alive(user_id), Video.id == video_id)
    if video := (await session.exec(query.execution_options(populate_existing=True))).first():
        return video
    raise NotFound(Phrase("video"))


async def completed(session: AsyncSession, video_id: int) -> Video:
    """A finished video of anybody's, for whoever has a signed link to it. Raises NotFound."""
    query = select(Video).where(Video.id == video_id, Video.status == "completed", col(Video.deleted_at).is_(None))
    if video := (await session.exec(query)).first():
        return video
    raise NotFound(Phrase("video"))


async def newest(session: AsyncSession, user_id: int) -> Video | None:
    """The user's newest video; None if there is none."""
    return (await session.exec(select(Video).where(alive(user_id)).order_by(col(Video.id).desc()).limit(1))).first()


async def page(
    session: AsyncSession, user_id: int, before: int | None, limit: int, kind: str | None = None, *, alone: bool = False
) -> list[Video]:
    """A user's videos, newest first, with an id below `before`, all or of one kind, or those `asked_for_alone`."""
    query = select(Video).where(alive(user_id)).order_by(col(Video.id).desc())
    if alone:
        query = query.where(asked_for_alone())
    if kind is not None:
        query = query.where(Video.kind == kind)
    if before is not None:
        query = query.where(col(Video.id) < before)
    return list((await session.exec(query.limit(limit))).all())


async def behind(
    session: AsyncSession, user_id: int, start: int | None, limit: int, *, oldest_first: bool = False
) -> list[Video]:
    """A user's videos, newest or oldest first, from behind the one with the id `start`."""
    query = select(Video).where(alive(user_id))
    query = query.order_by(col(Video.id).asc() if oldest_first else col(Video.id).desc())
    if start is not None:
        query = query.where(col(Video.id) > start if oldest_first else col(Video.id) < start)
    return list((await session.exec(query.limit(limit))).all())


async def made_from(session: AsyncSession, user_id: int, video_id: int, before: int | None, limit: int) -> list[Video]:
    """The user's videos that were made from that one, newest first, those with an id below `before`."""
    of_it = cast(col(Video.made_from), String).like(f"%,{video_id},%")
    query = select(Video).where(versions(user_id), of_it).order_by(col(Video.id).desc())
    if before is not None:
        query = query.where(col(Video.id) < before)
    return list((await session.exec(query.limit(limit))).all())


async def version_counts(session: AsyncSession, user_id: int, video_ids: Collection[int]) -> dict[int, int]:
    """How many videos were made from each of these; those that nothing was made from are left out."""
    query = select(Video.made_from, func.count()).where(versions(user_id)).group_by(col(Video.made_from))
    counts: Counter[int] = Counter()
    for sources, count in await session.exec(query):
        counts.update({video_id: count for video_id in sources if video_id in video_ids})
    return counts


def versions(user_id: int) -> ColumnElement[bool]:
    """What a user made from other videos, by an index, as it is asked for with every page of the library."""
    return alive(user_id) & col(Video.kind).in_(("edited", "ad"))


async def usual_seconds(session: AsyncSession, model: str) -> float | None:
    """Median seconds from start to end of the last 20 videos of that model; None if there are none."""
    query = (
        select(Video.started_at, Video.completed_at)
        .where(Video.model == model, Video.status == "completed")
        .order_by(col(Video.id).desc())
        .limit(20)
    )
    took = [(end - start).total_seconds() for start, end in (await session.exec(query)).all() if start and end]
    return statistics.median(took) if took else None


async def ahead(session: AsyncSession, video: Video) -> int:
    """How many videos take their turn before this waiting one, with those being made now.

    0 where its model makes as many at once as it is asked for, and for one that waits no more.
    """
    try:
        server = entries.maker(video.model).server
    except UnknownModel:
        return 0
    if video.status != "pending" or video.submitted_at or not (server.local or server.max_jobs):
        return 0
    order = tuple_(col(Video.lane), col(Video.turn), col(Video.id))
    waiting = (col(Video.status) == "pending") & (order < (video.lane, video.turn, video.id))
    before = waiting | (col(Video.status) == "processing")
    query = select(func.count()).select_from(Video).where(Video.model == video.model, before)
    return (await session.exec(query)).one()
