"""Finds what to remove: videos past their age or over the quota, files of deleted videos, files without a row."""

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
from core.videos.library import FILES_KEPT

GB = 1000**3
IN_ONE_STATEMENT = 500
PREFIXES = ("pictures/", "videos/", "tmp/")
_table: Any = Video.__table__  # type: ignore[attr-defined]
_OF_VIDEO = re.compile(r"videos/([0-9]{1,9})/")
ORPHAN_AGE = timedelta(days=1)
"""A younger file may belong to a row that is not written yet."""


def _is_kept() -> ColumnElement[bool]:
    """Completed, not deleted, with a file, and no favourite."""
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
    """The oldest videos, without favourites, to delete until no user is over STORAGE_QUOTA_GB.

    `besides` are ids that are deleted anyway.
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


async def delete_for_good(session: AsyncSession, ids: Collection[int], *, shared: bool) -> list[int]:
    """Delete videos without undo, with `shared` also shared ones; returns the ids of those deleted. Favourites stay."""
    where = (col(Video.id).in_(ids), _is_kept(), *(() if shared else _not_shared()))
    # backdated, so that they can't be restored and their files are removed next
    deleted = await states.change_all(session, *where, deleted_at=now() - FILES_KEPT - timedelta(seconds=1))
    for video in deleted:
        states.tell(session, video, "deleted")
    return [video.id for video in deleted]


def _columns() -> list[Column[Any]]:
    """All columns that hold keys of files, found by their names."""
    tables = SQLModel.metadata.sorted_tables
    named = [column for table in tables for column in table.c if column.name == "key" or column.name.endswith("_key")]
    return [column for column in named if column.name != "idempotency_key"]


async def orphans(session: AsyncSession, files: Iterable[tuple[str, datetime]]) -> list[str]:
    """Of `files` (key, time), the keys that are ours, older than ORPHAN_AGE, and in no row."""
    since = now() - ORPHAN_AGE
    keys = [key for key, at in files if key.startswith(PREFIXES) and at < since]
    in_use: set[str] = set()
    for start in range(0, len(keys), IN_ONE_STATEMENT):
        part = keys[start : start + IN_ONE_STATEMENT]
        ids = {int(match[1]) for key in part if (match := _OF_VIDEO.match(key))}
        for column in _columns():
            query = select(column).where(column.in_(part))
            if column.table is _table:
                query = query.where(_table.c.id.in_(ids))  # by the index on ids: there is none on keys
            in_use.update((await session.exec(query)).all())
    return [key for key in keys if key not in in_use]


async def removable(session: AsyncSession, limit: int = 200) -> list[Video]:
    """Videos deleted more than FILES_KEPT ago whose files still exist, the longest deleted first."""
    query = select(Video).where(col(Video.deleted_at) < now() - FILES_KEPT, col(Video.key).is_not(None))
    return list((await session.exec(query.order_by(col(Video.deleted_at)).limit(limit))).all())


async def clear_keys(session: AsyncSession, ids: Sequence[int]) -> None:
    """Clear the keys and the share link of deleted videos whose files are removed."""
    table = Video.__table__  # type: ignore[attr-defined]
    deleted = (col(Video.id).in_(ids), col(Video.deleted_at).is_not(None))
    await session.exec(
        sql_update(table).where(*deleted).values(in_gallery=False, **dict.fromkeys(("slug", *VIDEO_KEYS)))
    )
