"""What is kept no longer: videos past their age, those that a user has no room for, and files that no row knows."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, false, func
from sqlalchemy import update as sql_update
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.models import VIDEO_KEYS, Video, now
from core.settings import settings
from core.videos import states
from core.videos.library import KEPT

GB = 1000**3
IN_ONE_STATEMENT = 500
PREFIXES = ("pictures/", "videos/", "tmp/")
_table: Any = Video.__table__  # type: ignore[attr-defined]
_OF_VIDEO = re.compile(r"videos/([0-9]{1,9})/")
ORPHAN_AGE = timedelta(days=1)
"""A younger file may be one whose row is not written yet."""


def _is_kept() -> ColumnElement[bool]:
    """Completed, there, and nobody's favourite."""
    return (
        (col(Video.status) == "completed")
        & col(Video.deleted_at).is_(None)
        & col(Video.key).is_not(None)
        & (col(Video.favorite) == false())
    )


async def too_old(session: AsyncSession, limit: int = IN_ONE_STATEMENT) -> list[Video]:
    """The oldest videos past RETENTION_DAYS that are neither favourites nor shared."""
    if not (days := settings().retention_days):
        return []
    query = select(Video).where(_is_kept(), *_not_shared(), col(Video.completed_at) < now() - timedelta(days=days))
    return list((await session.exec(query.order_by(col(Video.id)).limit(limit))).all())


def _not_shared() -> tuple[ColumnElement[bool], ...]:
    return col(Video.slug).is_(None), col(Video.in_gallery) == false()


async def over_quota(
    session: AsyncSession, besides: Collection[int] = (), limit: int = IN_ONE_STATEMENT
) -> list[Video]:
    """The oldest videos, favourites apart, of users whose videos take more than STORAGE_QUOTA_GB, until they do not.

    Without those `besides`, which go anyway.
    """
    if not (quota := int(settings().storage_quota_gb * GB)):
        return []
    stored = (col(Video.deleted_at).is_(None), col(Video.key).is_not(None))
    taken: ColumnElement[int] = func.sum(_table.c.bytes, type_=BigInteger())
    users = select(Video.user_id, taken).where(*stored).group_by(col(Video.user_id)).having(taken > quota)
    excess: list[Video] = []
    for user_id, size in (await session.exec(users)).all():
        query = select(Video).where(Video.user_id == user_id, _is_kept()).order_by(col(Video.id)).limit(limit)
        oldest = (await session.exec(query)).all()
        over = size - quota - sum(video.bytes or 0 for video in oldest if video.id in besides)
        for video in oldest:
            if len(excess) == limit:
                return excess
            if over > 0 and video.id not in besides:
                excess.append(video)
                over -= video.bytes or 0
    return excess


async def let_go(session: AsyncSession, ids: Collection[int], *, shared: bool) -> list[int]:
    """Delete these videos for good, `shared` ones too; the ids of those that went. A favourite by now stays."""
    where = (col(Video.id).in_(ids), _is_kept(), *(() if shared else _not_shared()))
    # so long ago that it can't be taken back, and that the files go with the next removal
    deleted = await states.change_all(session, *where, deleted_at=now() - KEPT - timedelta(seconds=1))
    for video in deleted:
        states.tell(session, video, "deleted")
    return [video.id for video in deleted]


def _columns() -> list[Column[Any]]:
    """Every column of every table that names a file; one that is added later is found by its name."""
    tables = SQLModel.metadata.sorted_tables
    named = [column for table in tables for column in table.c if column.name == "key" or column.name.endswith("_key")]
    return [column for column in named if column.name != "idempotency_key"]


async def orphans(session: AsyncSession, files: Iterable[tuple[str, datetime]]) -> list[str]:
    """The keys of those files, each with its time, that are ours and old and that no row knows."""
    since = now() - ORPHAN_AGE
    keys = [key for key, at in files if key.startswith(PREFIXES) and at < since]
    in_use: set[str] = set()
    for start in range(0, len(keys), IN_ONE_STATEMENT):
        part = keys[start : start + IN_ONE_STATEMENT]
        ids = {int(match[1]) for key in part if (match := _OF_VIDEO.match(key))}
        for column in _columns():
            query = select(column).where(column.in_(part))
            if column.table is _table:
                query = query.where(_table.c.id.in_(ids))  # by its index: there is none of their keys
            in_use.update((await session.exec(query)).all())
    return [key for key in keys if key not in in_use]


async def removable(session: AsyncSession, limit: int = 200) -> list[Video]:
    """Deleted long enough ago, and their files are still there."""
    query = select(Video).where(col(Video.deleted_at) < now() - KEPT, col(Video.key).is_not(None))
    return list((await session.exec(query.order_by(col(Video.deleted_at)).limit(limit))).all())


async def removed(session: AsyncSession, ids: Sequence[int]) -> None:
    """The files of these deleted videos are gone; so is what led to them."""
    table = Video.__table__  # type: ignore[attr-defined]
    deleted = (col(Video.id).in_(ids), col(Video.deleted_at).is_not(None))
    await session.exec(
        sql_update(table).where(*deleted).values(in_gallery=False, **dict.fromkeys(("slug", *VIDEO_KEYS)))
    )
