"""Gives the local engine one video after another, in turn between users, so many at once as there are cores for."""

import os

from core import catalog, leases, progress, videos
from core.database import reading, session
from core.errors import EngineError
from core.models import Video
from core.progress import News
from workers.generate import bring_home
from workers.loops import Loop
from workers.steps import Engines

MAX_ATTEMPTS = 6


class Renders(Loop[Video]):
    """Takes local videos straight from the database: a queue of them needs no Redis and outlives its loss."""

    name = "local renders"

    def __init__(self, engines: Engines, at_once: int | None = None) -> None:
        super().__init__()
        self.engines = engines
        self.at_once = at_once or max(1, (os.cpu_count() or 2) // 2)

    async def claim(self, free: int) -> list[Video]:
        """One at a time, which is begun before the next one is claimed."""
        async with reading() as db:
            if not await leases.has_due_local(db):
                return []
        async with session() as db:
            video = await leases.claim_local(db)
            waiting = await leases.waiting_local(db) if video else []
        if video is None:
            return []
        first = len(self.running) + 1
        news = [News(v.user_id, v.id, stage="queued", ahead=ahead) for ahead, v in enumerate(waiting, start=first)]
        await progress.publish_all(news)
        self.wake()
        return [video]

    async def do(self, row: Video) -> None:
        if row.attempts > MAX_ATTEMPTS:
            async with session() as db:
                await videos.fail(db, row, EngineError("rendering was interrupted too often"))
            return
        await bring_home(self.engines, row, catalog.get(row.model))

    def about(self, row: Video) -> Video:
        return row
