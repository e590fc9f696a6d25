"""How many jobs each server has, and who gets the places that a server with `max_jobs` still has."""

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
    """Counts for one worker, whose paces these are by their server's name."""

    def __init__(self, paces: Mapping[str, Pace], worker: str) -> None:
        self._paces = paces
        self._worker = worker
        self._counted = 0.0

    def left(self, server: Server) -> bool:
        """A job has left that server. Whether that made a place which is to be filled at once."""
        if server.max_jobs is None:
            return False
        self._counted = 0.0
        return True

    async def count(self) -> None:
        """Every COUNT_SECONDS, or as soon as a place is free: tell the paces what runs, and fill the places."""
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
        with contextlib.suppress(*AWAY):  # then each has its part as before, and the sweep puts what is left out here
            workers = await queue.count_workers(self._worker)
            for pace in self._paces.values():
                pace.among(workers)
            for server in entries.servers().values():
                if server.max_jobs is not None:
                    await _fill(server)

    async def leave(self) -> None:
        """This worker ends: the others have more of each server."""
        with contextlib.suppress(*AWAY):
            await queue.leave_workers(self._worker)


async def _fill(server: Server) -> None:
    """A server that may have more jobs gets those that are next in turn."""
    async with reading() as db:
        places = await claims.free_places(db, server)
        rows = await claims.next_submits(db, server, min(places, MOST_FILLED)) if places > 0 else []
    for video_id, attempt in rows:
        await queue.put_again("submit", video_id, attempt)
