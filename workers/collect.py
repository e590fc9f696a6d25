"""Fetches the files of finished videos, so many at once; straight from the database, which needs no queue."""

import asyncio
import logging

from core import catalog, leases, trail, videos
from core.database import reading, session
from core.errors import NotAvailable, UnknownModel
from core.models import Video
from workers.generate import bring_home
from workers.steps import Engines, end_all, rest

log = logging.getLogger(__name__)
IDLE_SECONDS = 1.0
AT_ONCE = 16
GATHER_SECONDS = 0.03


class Collects:
    """One per worker process. Claims what is ready, so any number of them share the work."""

    def __init__(self, engines: Engines, at_once: int = AT_ONCE) -> None:
        self.engines = engines
        self.at_once = at_once
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There may be something to fetch."""
        self._wake.set()

    async def run(self) -> None:
        """Until canceled; then what is being fetched is given back."""
        try:
            while True:
                self._wake.clear()
                try:
                    # several at a time: a claim costs as much as writing one of them down
                    free = self.at_once - len(self._running)
                    for video in await self._claim(free) if free >= self.at_once // 4 else []:
                        self._start(video)
                except Exception as error:
                    log.warning(
                        "collects: %s: %s", type(error).__name__, error, exc_info=not isinstance(error, NotAvailable)
                    )
                await rest(self._wake, IDLE_SECONDS)
                await asyncio.sleep(GATHER_SECONDS)
        finally:
            await end_all(self._running)

    async def _claim(self, limit: int) -> list[Video]:
        async with reading() as db:
            if not await leases.has_ready(db):
                return []
        async with session() as db:
            return await leases.claim_collects(db, limit)

    def _start(self, video: Video) -> None:
        with trail.about(video):
            task = asyncio.create_task(self._collect(video))
        self._running.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            self._running.discard(finished)
            if not finished.cancelled() and (error := finished.exception()):
                with trail.about(video):
                    log.error("video %s: %s", video.id, error, exc_info=error)
            self.wake()

        task.add_done_callback(done)

    async def _collect(self, video: Video) -> None:
        model = catalog.models().get(video.model)
        if model is None:
            async with session() as db:
                await videos.fail(db, video, UnknownModel(video.model))
            return
        await bring_home(self.engines, video, model)
