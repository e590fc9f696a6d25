"""Runs arq's worker through every absence of Redis: the steps that are under way then go on, nothing else stops."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable

from arq.worker import Worker
from redis.exceptions import RedisError

from workers.loops import end_all

log = logging.getLogger(__name__)
PAUSE_SECONDS = 1.0
WAIT_SECONDS = 4.0
"""So long a step that is under way is waited for at the end."""


def stop_signals() -> asyncio.Event:
    """Is set by SIGTERM and Ctrl-C."""
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stopping.set)
    return stopping


async def work(create: Callable[[], Worker], stopping: asyncio.Event) -> None:
    """Work until `stopping` is set. arq's worker ends when Redis goes; each time a new one is made."""
    steps = Steps()
    end = asyncio.create_task(stopping.wait())
    try:
        while not end.done():
            worker = create()
            running = asyncio.create_task(worker.async_run())
            await asyncio.wait({running, end}, return_when=asyncio.FIRST_COMPLETED)
            steps.adopt(worker)
            if running.done():
                _look_at(running)
                await asyncio.wait({end}, timeout=PAUSE_SECONDS)
            else:
                await _leave(worker, running)
    finally:
        end.cancel()
        await steps.end()


class Steps:
    """The steps under way, whichever of arq's workers has begun them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def adopt(self, worker: Worker) -> None:
        """Its steps; it begins no more."""
        worker.allow_pick_jobs = False
        for task in worker.tasks.values():
            self._tasks.add(task)
            task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.info("the queue does not know yet that a step has ended: %s", error)

    async def end(self) -> None:
        """Wait a little for them, then cancel what is left."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=WAIT_SECONDS)
        await end_all(self._tasks)


def _look_at(running: asyncio.Task[None]) -> None:
    """Raises what is not for Redis' sake."""
    error = running.exception()
    if error and not isinstance(error, RedisError | OSError):
        raise error
    log.debug("the queue is not to be reached (%s); trying again", error)


async def _leave(worker: Worker, running: asyncio.Task[None]) -> None:
    """Nobody is to believe for seconds that this worker is still there."""
    await end_all([running])
    with contextlib.suppress(RedisError, OSError):
        await worker.pool.delete(worker.health_check_key)
