"""Which videos of the gallery were liked how often in the last week, the most liked first.

Counting takes longer the more likes there are. So a long ranking is kept for KEPT_SECONDS, and while it is counted anew
the last one serves.
"""

import asyncio
import logging
import time
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.session import reading
from core.models import Like, Video, now

log = logging.getLogger(__name__)
WEEK = timedelta(days=7)
KEPT_SECONDS = 30.0
MANY = 1_000
"""Of fewer every look counts: a like moves its video at once."""


@dataclass(frozen=True)
class Ranking:
    """Numbers of videos and of their likes, side by side."""

    ids: "array[int]"
    likes: "array[int]"
    at: float

    def after(self, likes: int, video_id: int) -> Iterator[tuple[int, int]]:
        """(video, likes) of what comes after that place."""
        place = (-likes, -video_id)
        begin = bisect_right(range(len(self.ids)), place, key=lambda at: (-self.likes[at], -self.ids[at]))
        return ((self.ids[at], self.likes[at]) for at in range(begin, len(self.ids)))


_kept: WeakKeyDictionary[asyncio.AbstractEventLoop, Ranking] = WeakKeyDictionary()
_running: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()


def is_shown() -> tuple[ColumnElement[bool], ...]:
    """The conditions of a video of the gallery."""
    return (
        col(Video.in_gallery).is_(True),
        col(Video.slug).is_not(None),
        col(Video.deleted_at).is_(None),
        col(Video.hidden_at).is_(None),
    )


def this_week() -> ColumnElement[bool]:
    """The condition of a like of the last week."""
    return col(Like.created_at) > now() - WEEK


async def ranking(session: AsyncSession) -> Ranking:
    """The ranking, counted now, or a moment ago where it is long."""
    loop = asyncio.get_running_loop()
    kept = _kept.get(loop)
    if kept is None or len(kept.ids) < MANY:
        kept = _kept[loop] = await _count(session)
    elif time.monotonic() - kept.at > KEPT_SECONDS and loop not in _running:
        task = _running[loop] = asyncio.create_task(_count_anew(loop))
        task.add_done_callback(lambda _: _running.pop(loop, None))
    return kept


async def _count_anew(loop: asyncio.AbstractEventLoop) -> None:
    try:
        async with reading() as db:
            _kept[loop] = await _count(db)
    except Exception as error:
        log.warning("the likes of the week can't be counted: %s", error)


async def _count(session: AsyncSession) -> Ranking:
    number = func.count().label("n")
    query = select(Like.video_id, number).join(Video, col(Video.id) == col(Like.video_id))
    query = query.where(this_week(), *is_shown()).group_by(col(Like.video_id))
    rows = (await session.exec(query.order_by(number.desc(), col(Like.video_id).desc()))).all()
    return Ranking(array("q", (row[0] for row in rows)), array("q", (row[1] for row in rows)), time.monotonic())
