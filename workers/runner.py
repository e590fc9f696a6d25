"""Runs arq's worker and replaces it whenever Redis goes away; running steps go on meanwhile."""

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
"""Seconds to wait for running steps at the end."""


def stop_signals() -> asyncio.Event:
    """An event that SIGTERM and Ctrl-C set."""
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stopping.set)
    return stopping


async def work(create: Callable[[], Worker], stopping: asyncio.Event) -> None:
    """Work until `stopping` is set. arq's worker ends when Redis goes away; then `create` makes a new one."""
    steps = Steps()
    end = asyncio.create_task(stopping.wait())
    try:
        while not end.done():
            worker = create()
            running = asyncio.create_task(worker.async_run())
            await asyncio.wait({running, end}, return_when=asyncio.FIRST_COMPLETED)
            steps.adopt(worker)
            if running.done():
                _raise_unless_redis(running)
                await asyncio.wait({end}, timeout=PAUSE_SECONDS)
            else:
                await _shut_down(worker, running)
    finally:
        end.cancel()
        await steps.end()


class Steps:
    """The running steps of all arq workers so far."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def adopt(self, worker: Worker) -> None:
        """Take over a worker's running steps; it starts no more."""
        worker.allow_pick_jobs = False
        for task in worker.tasks.values():
            self._tasks.add(task)
            task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.info("the queue does not know yet that a step has ended: %s", error)

    async def end(self) -> None:
        """Wait up to WAIT_SECONDS for the steps, then cancel the rest."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=WAIT_SECONDS)
        await end_all(self._tasks)


def _raise_unless_redis(running: asyncio.Task[None]) -> None:
    """Raise the error that ended the worker, unless Redis was the cause."""
    error = running.exception()
    if error and not isinstance(error, RedisError | OSError):
        raise error
    log.debug("the queue is not to be reached (%s); trying again", error)


async def _shut_down(worker: Worker, running: asyncio.Task[None]) -> None:
    """End the worker and delete its health key, which would outlive it by seconds."""
    await end_all([running])
    with contextlib.suppress(RedisError, OSError):
        await worker.pool.delete(worker.health_check_key)
