"""Processes of our own: a pool for decoding and framing, and the watch that ends a process with its parent.

The event loop keeps its time, a decoder that crashes on a hostile file takes nothing else along, and the memory of a
big picture goes back with its process.
"""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

T = TypeVar("T")
STOP_SECONDS = 6.0
"""How long a worker whose parent has gone may take to stop in order."""

_preloaded = {"core.pictures.framing", "core.settings", "PIL.WebPImagePlugin"}
_size = 2
_pool: ProcessPoolExecutor | None = None


class Crashed(Exception):
    """A process died of the work, in the pool and once more alone."""


def set_up(size: int, preloaded: Iterable[str]) -> None:
    """Before the first work: at most `size` processes, which have these modules in memory from their start."""
    global _size
    _size = size
    _preloaded.update(preloaded)


def _open(size: int) -> ProcessPoolExecutor:
    # forked from a server of their own that has loaded what they need, so that they share its memory; where there is
    # none (Windows) they start from nothing: a fork of a process with threads may hang
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(sorted(_preloaded))
    return ProcessPoolExecutor(size, mp_context=context, initializer=_begin)


def _begin() -> None:
    """In a process of the pool: leave Ctrl-C to the parent, which closes the pool, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None
    _watch(parent.join, lambda: os._exit(1))


def _watch(parent_gone: Callable[[], None], end: Callable[[], None]) -> None:
    """Call `end` once `parent_gone`, which blocks until then, has returned."""

    def watch() -> None:
        parent_gone()
        end()

    threading.Thread(target=watch, daemon=True).start()


async def apart(work: Callable[..., T], *arguments: object) -> T:
    """Run blocking work on a picture or a film in a process of the pool.

    If a process dies under it, it is tried once more in one of its own, so that nobody fails for another's file.
    Raises Crashed if that one dies too.
    """
    global _pool
    loop = asyncio.get_running_loop()
    pool = _pool = _pool or _open(_size)
    try:
        return await loop.run_in_executor(pool, work, *arguments)
    except BrokenProcessPool:
        if _pool is pool:
            _pool = None
    own = _open(1)
    try:
        return await loop.run_in_executor(own, work, *arguments)
    except BrokenProcessPool:
        raise Crashed from None
    finally:
        own.shutdown(wait=False, cancel_futures=True)


async def warm_up() -> None:
    """Start the pool before the first picture comes."""
    await apart(abs, 0)


def close() -> None:
    """End the pool's processes; the next work opens a new one."""
    global _pool
    if _pool is not None:
        _pool.shutdown(wait=False, cancel_futures=True)
        _pool = None


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
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin)
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


def end_with_parent() -> None:
    """When the parent is gone, however it went, its end of our stdin closes: stop in order, or at the latest hard."""

    def stdin_closed() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass

    def end() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_SECONDS)
        os._exit(1)

    _watch(stdin_closed, end)
