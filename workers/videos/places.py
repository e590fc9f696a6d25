"""Counts each server's jobs and fills the free places of servers with `max_jobs`."""

import contextlib
import time
from collections import Counter
from collections.abc import Mapping

from core.catalog import entries
from core.catalog.entries import Server
from core.database.session import reading
from core.redis import queue
from core.redis.client import AWAY
from core.videos import claims, looks
from workers.videos.pace import Pace

COUNT_SECONDS = 2.0
MOST_FILLED = 100


class Places:
    """One per worker; `paces` are the worker's, by server name."""

    def __init__(self, paces: Mapping[str, Pace], worker: str) -> None:
        self._paces = paces
        self._worker = worker
        self._counted = 0.0

    def free_one(self, server: Server) -> bool:
        """Note that a job has left the server. True if that freed a place to fill at once."""
        if server.max_jobs is None:
            return False
        self._counted = 0.0
        return True

    async def count(self) -> None:
        """Update the paces and fill free places, every COUNT_SECONDS or as soon as a place is free."""
        if time.monotonic() - self._counted <= COUNT_SECONDS:
            return
        self._counted = time.monotonic()
        async with reading() as db:
            running = await looks.count_running(db)
        counts: Counter[str] = Counter()
        for name, number in running.items():
            if model := entries.models().get(name):
                counts[model.server.name] += number
        for pace in self._paces.values():
            pace.running = counts[pace.server.name]
        with contextlib.suppress(*AWAY):  # without Redis the shares stay as they are, and the sweep queues the rest
            workers = await queue.count_workers(self._worker)
            for pace in self._paces.values():
                pace.share_with(workers)
            for server in entries.servers().values():
                if server.max_jobs is not None:
                    await _fill(server)

    async def leave(self) -> None:
        """Sign this worker off, so that the others get larger shares."""
        with contextlib.suppress(*AWAY):
            await queue.leave_workers(self._worker)


async def _fill(server: Server) -> None:
    """Queue the next videos for the server's free places."""
    async with reading() as db:
        places = await claims.free_places(db, server)
        rows = await claims.next_submits(db, server, min(places, MOST_FILLED)) if places > 0 else []
    for video_id, attempt in rows:
        await queue.requeue("submit", video_id, attempt)
