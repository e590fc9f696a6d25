"""Renders local videos, users in turn, as many at once as the cores allow."""

import os

from core.catalog import entries
from core.database.session import one_trip, session
from core.errors import EngineError
from core.models import Video
from core.redis.news import News, publish_all
from core.videos import claims, states
from workers.loops import Loop
from workers.videos.bring_home import bring_home
from workers.videos.steps import Engines

MAX_ATTEMPTS = 6


class Renders(Loop[Video]):
    """Claims local videos from the database, so they need no Redis."""

    name = "local renders"

    def __init__(self, engines: Engines, at_once: int | None = None) -> None:
        super().__init__()
        self.engines = engines
        self.at_once = at_once or max(1, (os.cpu_count() or 2) // 2)

    async def claim(self, free: int) -> list[Video]:
        """Claim one video; the next is claimed once this one has started."""
        async with one_trip() as db:
            if not await claims.has_due_local(db):
                return []
        async with session() as db:
            video = await claims.claim_local(db)
            waiting = await claims.waiting_local(db) if video else []
        if video is None:
            return []
        first = len(self.running) + 1
        news = [News(v.user_id, v.id, stage="queued", ahead=ahead) for ahead, v in enumerate(waiting, start=first)]
        await publish_all(news)
        self.wake()
        return [video]

    async def do(self, row: Video) -> None:
        if row.attempts > MAX_ATTEMPTS:
            async with session() as db:
                await states.fail(db, row, EngineError("rendering was interrupted too often"))
            return
        await bring_home(self.engines, row, entries.maker(row.model))

    def about(self, row: Video) -> Video:
        return row
