"""Many videos at once, for batches and ads: written, paid for and put on their way in one transaction."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.billing import budgets, credits
from core.catalog import entries
from core.database.session import after_commit
from core.errors import NotFound
from core.models import Picture, User, Video
from core.phrase import Phrase
from core.redis import queue
from core.redis.news import News, publish_all
from core.videos.request import COLUMNS, next_turn
from core.videos.states import video_table

log = logging.getLogger(__name__)
AT_ONCE = 20
"""So many jobs are put on the queue at the same time."""


async def write_all(session: AsyncSession, user: User, videos: Sequence[Video]) -> None:
    """Write new videos, in their order, and give each its number. Raises NotFound if a picture is not the user's."""
    await session.flush()
    await _hold_pictures(session, user.id, {video.picture_id for video in videos})
    connection = await session.connection()
    written: Counter[tuple[str, int]] = Counter()
    for video in videos:
        kind = (video.model, video.lane)
        if kind not in written:
            values = {"model": video.model, "lane": video.lane, "user_id": user.id, "next_look_at": video.next_look_at}
            written[kind] = (await connection.execute(_FIRST_TURN, values)).scalar_one()
        video.turn = written[kind]
        written[kind] += 1
    statement = insert(video_table).returning(video_table.c.id, sort_by_parameter_order=True)
    rows = [{name: getattr(video, name) for name in _NAMES} for video in videos]
    for video, number in zip(videos, (await connection.execute(statement, rows)).scalars(), strict=True):
        video.id = number


_FIRST_TURN = select(next_turn())
_NAMES = [column.name for column in COLUMNS] + ["picture_id", "turn"]


async def _hold_pictures(session: AsyncSession, user_id: int, ids: set[int]) -> None:
    """Nobody deletes them before the videos are written."""
    mine = (col(Picture.id).in_(ids), col(Picture.user_id) == user_id, col(Picture.deleted_at).is_(None))
    held = (await session.exec(select(Picture.id).where(*mine).with_for_update())).all()
    if set(held) != ids:
        raise NotFound(Phrase("picture"))


async def charge_all(session: AsyncSession, user: User, videos: Sequence[Video]) -> None:
    """Take the prices of written videos, all or none.

    Raises NotEnoughCredits, Blocked, OverBudget. Holds the user's row until the transaction ends.
    """
    await credits.charge_all(session, user.id, [(video.id, video.cost_credits) for video in videos])
    await budgets.check_budget(session, user.id, sum(video.cost_credits for video in videos))


def send_off(session: AsyncSession, videos: Sequence[Video]) -> None:
    """After the commit: publish the news and queue the submit jobs; one for all that our own worker makes."""
    local = set(entries.local_models())
    first_local = next((video for video in videos if video.model in local), None)
    to_queue = [video for video in videos if video.model not in local or video is first_local]
    news = [News(user_id=v.user_id, video_id=v.id, status="pending", stage="starting") for v in videos]

    async def put() -> None:
        log.info("%s videos are asked for, from %s on", len(videos), videos[0].id)
        await publish_all(news)
        for start in range(0, len(to_queue), AT_ONCE):
            await asyncio.gather(*(queue.put("submit", video.id, 0) for video in to_queue[start : start + AT_ONCE]))

    if videos:
        after_commit(session, put)
