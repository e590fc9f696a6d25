"""A process for work that is seldom wanted and takes much memory."""

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from core.processes.parent import begin
from core.processes.pool import Crashed

T = TypeVar("T")


class OwnProcess:
    """One process for work that takes much memory and is seldom wanted; it ends after `idle` seconds without any."""

    def __init__(self, idle: float) -> None:
        self._idle = idle
        self._pool: ProcessPoolExecutor | None = None
        self._running = 0
        self._ending: asyncio.TimerHandle | None = None

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Run it there, one after the other. Raises Crashed if the process dies of it."""
        loop = asyncio.get_running_loop()
        if self._ending:
            self._ending.cancel()
        if self._pool is None:
            # not from the fork server: what this one loads would stay in memory with it
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=begin)
        pool = self._pool
        self._running += 1
        try:
            return await loop.run_in_executor(pool, work, *arguments)
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = None
            raise Crashed from None
        finally:
            self._running -= 1
            if not self._running:
                self._ending = loop.call_later(self._idle, self.close)

    def close(self) -> None:
        """End the process; the next work starts another."""
        if self._ending:
            self._ending.cancel()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
