"""Puts back on the queue whatever the database says should be there."""

import logging

from core.database.session import reading
from core.errors import (
    NotAvailable,
)
from core.redis import queue
from core.redis.client import AWAY
from core.videos import claims
from workers.videos.submit import Context

log = logging.getLogger(__name__)


async def sweep(context: Context) -> None:
    """Put back on the queue whatever the database says should be there."""
    try:
        async with reading() as db:
            overdue = await claims.overdue_submits(db)
    except NotAvailable as error:
        log.warning("sweep: %s", error)
        return
    try:
        for video_id, attempt in overdue:
            await queue.put_again("submit", video_id, attempt)
    except AWAY as error:
        log.debug("sweep: %s", error)
