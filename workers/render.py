"""Gives the local engine one video after another, in turn between users, so many at once as there are cores for."""

import asyncio
import logging
import os

from core import catalog, leases, progress, trail, videos
from core.database import reading, session
from core.errors import EngineError
from core.models import Video
from core.progress import News
from workers.generate import bring_home
from workers.steps import Engines, end_all, rest

log = logging.getLogger(__name__)
IDLE_SECONDS = 1.0
MAX_ATTEMPTS = 6


class Renders:
    """Takes local videos straight from the database: a queue of them needs no Redis and outlives its loss."""

    def __init__(self, engines: Engines, at_once: int | None = None) -> None:
        self.engines = engines
        self.at_once = at_once or max(1, (os.cpu_count() or 2) // 2)
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There may be something to render."""
        self._wake.set()

    async def run(self) -> None:
        """Until canceled; then what is being rendered is given back."""
        try:
            while True:
                self._wake.clear()
                try:
                    while len(self._running) < self.at_once and (video := await self._claim()):
                        self._start(video)
                except Exception as error:
                    log.warning("local renders: %s: %s", type(error).__name__, error)
                await rest(self._wake, IDLE_SECONDS)
        finally:
            await end_all(self._running)

    async def _claim(self) -> Video | None:
        async with reading() as db:
            if not await leases.has_due_local(db):
                return None
        async with session() as db:
            video = await leases.claim_local(db)
            waiting = await leases.waiting_local(db) if video else []
        first = len(self._running) + 1
        news = [News(v.user_id, v.id, stage="queued", ahead=ahead) for ahead, v in enumerate(waiting, start=first)]
        await progress.publish_all(news)
        return video

    def _start(self, video: Video) -> None:
        with trail.about(video):
            task = asyncio.create_task(self._render(video))
        self._running.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            self._running.discard(finished)
            if not finished.cancelled() and (error := finished.exception()):
                with trail.about(video):
                    log.error("video %s: %s", video.id, error, exc_info=error)
            self.wake()

        task.add_done_callback(done)

    async def _render(self, video: Video) -> None:
        if video.attempts > MAX_ATTEMPTS:
            async with session() as db:
                await videos.fail(db, video, EngineError("rendering was interrupted too often"))
            return
        await bring_home(self.engines, video, catalog.get(video.model))
