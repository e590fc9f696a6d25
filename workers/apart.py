"""Decodes and frames in processes of its own: the event loop keeps its time, and a crash takes nothing else along."""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from core.errors import Unplayable

T = TypeVar("T")
PRELOADED = ["workers.check", "workers.media", "workers.copies", "core.framing", "core.settings", "PIL.WebPImagePlugin"]

_pool: ProcessPoolExecutor | None = None


def _begin() -> None:
    """Leave Ctrl-C to the worker, and do not outlive it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def _open(processes: int) -> ProcessPoolExecutor:
    # forked from a server of their own that has loaded what they need, so that they share its memory
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return ProcessPoolExecutor(processes, mp_context=context, initializer=_begin)


async def apart(work: Callable[..., T], *arguments: object) -> T:
    """Run blocking work on a picture or a film, as many at once as there are cores.

    If a process dies under it, it is tried once more in one of its own, so that nobody fails for another's file.
    Raises Unplayable if that one dies too.
    """
    global _pool
    loop = asyncio.get_running_loop()
    pool = _pool = _pool or _open(max(2, os.cpu_count() or 2))
    try:
        return await loop.run_in_executor(pool, work, *arguments)
    except BrokenProcessPool:
        if _pool is pool:
            _pool = None
    own = _open(1)
    try:
        return await loop.run_in_executor(own, work, *arguments)
    except BrokenProcessPool:
        raise Unplayable("it crashes the decoder") from None
    finally:
        own.shutdown(wait=False, cancel_futures=True)


def close() -> None:
    """End the processes."""
    global _pool
    if _pool is not None:
        _pool.shutdown(wait=False, cancel_futures=True)
        _pool = None
