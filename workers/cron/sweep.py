"""Puts videos on the queue whose job was lost."""

import logging

from core.database.session import reading
from core.errors import (
    NotAvailable,
)
from core.redis import queue
from core.redis.client import AWAY
from core.videos import claims
from workers.cron import Context, clock

log = logging.getLogger(__name__)


@clock(second=set(range(0, 60, 5)), at_start=True)
async def sweep(context: Context) -> None:
    """Queue every video that should have been submitted by now."""
    try:
        async with reading() as db:
            overdue = await claims.overdue_submits(db)
    except NotAvailable as error:
        log.warning("sweep: %s", error)
        return
    try:
        for video_id, attempt in overdue:
            await queue.requeue("submit", video_id, attempt)
    except AWAY as error:
        log.debug("sweep: %s", error)
