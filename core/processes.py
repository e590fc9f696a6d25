"""A process pool for decoding and framing, and a watch that ends a process when its parent is gone.

Decoding in the pool does not block the event loop, a decoder that crashes on a hostile file harms nothing else, and a
process returns the memory of big pictures when it ends.
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
"""How long a worker may take to stop after its parent is gone."""

_preloaded = {"core.pictures.framing", "core.settings", "PIL.WebPImagePlugin"}
_size = 2
_pool: ProcessPoolExecutor | None = None


class Crashed(Exception):
    """The work crashed its process twice: in the pool and in a process of its own."""


def set_up(size: int, preloaded: Iterable[str]) -> None:
    """Set the pool's size and the modules it loads at start. To be called before the first work."""
    global _size
    _size = size
    _preloaded.update(preloaded)


def _open(size: int) -> ProcessPoolExecutor:
    # a fork server that has loaded the modules shares their memory with its forks; Windows has none and spawns. A plain
    # fork of a process with threads may hang
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(sorted(_preloaded))
    return ProcessPoolExecutor(size, mp_context=context, initializer=_begin)


def _begin() -> None:
    """Runs first in each process of the pool: ignore Ctrl-C, which the parent handles, and end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None
    _watch(parent.join, lambda: os._exit(1))


def _watch(parent_gone: Callable[[], None], end: Callable[[], None]) -> None:
    """In a thread: call the blocking `parent_gone`, then `end`."""

    def watch() -> None:
        parent_gone()
        end()

    threading.Thread(target=watch, daemon=True).start()


async def apart(work: Callable[..., T], *arguments: object) -> T:
    """Run blocking work in a process of the pool and return its result.

    If the process dies, the work is tried once more in a process of its own, since another work may have caused it.
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


def end_with_parent() -> None:
    """Stop when the parent is gone, which closes our stdin: SIGTERM first, a hard exit after STOP_SECONDS."""

    def stdin_closed() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass

    def end() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_SECONDS)
        os._exit(1)

    _watch(stdin_closed, end)
