"""Processes in which pictures and films are decoded: few, begun when needed, each with one file at a time.

The event loop keeps its time; a file that crashes its decoder, or eats time and memory, costs its own process and takes
nothing else along. One that has done its work well does the next, if there is any within a minute (`kept.py`).
"""

import asyncio
import threading
import weakref
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, Self, TypeVar

from core.processes.kept import KeptProcess, Lost, preload
from core.processes.limits import Bounds, OutOfBounds

__all__ = ["Bounds", "Crashed", "OutOfBounds", "apart", "close", "set_up", "warm_up"]
T = TypeVar("T")
QUICK_SECONDS = 3.0
"""Work that takes longer makes room for what is waiting, and goes on behind it: see `apart`."""

LONG_SECONDS = 15.0
"""After so much longer it also goes behind other work that takes long."""

SLOW_PLACES = 3
"""For each quick one. Memory is what they cost: the longer one has run, the less of the CPU it gets."""


def _waiters(size: int) -> ThreadPoolExecutor:
    """Threads that each wait for one process: for as many as there may be, and for some that are just being ended."""
    return ThreadPoolExecutor((2 + SLOW_PLACES) * size, thread_name_prefix="apart")


_size = 2
_threads = _waiters(_size)

_lock = threading.Lock()
_waiting: list[KeptProcess] = []
"""Processes that wait for work, at most `_size`; the one that waits last is taken first, so that the others may end."""

_running: "set[_Run[Any]]" = set()
_closings = 0
"""How often `close` has been called: what it ends is not tried once more."""


class Crashed(Exception):
    """A process died of the work, and a second one too."""


class _Lanes:
    """Places for work: for what has just begun, and for what takes longer."""

    def __init__(self) -> None:
        self.quick = asyncio.Semaphore(_size)
        self.slow = asyncio.Semaphore(SLOW_PLACES * _size)


_lanes: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Lanes] = weakref.WeakKeyDictionary()


def set_up(size: int, preloaded: Iterable[str]) -> None:
    """Before the first work: at most `size` processes a lane, which have these modules in memory from their start."""
    global _size, _threads
    _size, _threads = size, _waiters(size)
    preload(preloaded)


def _take() -> KeptProcess | None:
    """A process that waits for work, if there is one; those that take none any more are closed. Blocking."""
    with _lock:
        ready = [process for process in _waiting if process.is_ready]
        ended = [process for process in _waiting if process not in ready]
        taken = ready.pop() if ready else None
        _waiting[:] = ready
    for process in ended:
        process.close()
    return taken


class _Run(Generic[T]):
    """One piece of work in its process. Leaving the `with` ends it."""

    def __init__(self, work: Callable[..., T], arguments: tuple[object, ...], bounds: Bounds, *, in_new: bool) -> None:
        self.bounds = bounds
        self._work = work, arguments
        self._in_new = in_new
        self._process: KeptProcess | None = None
        self._answer: asyncio.Future[T]
        self._is_unwanted = self._is_behind = False

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        _running.add(self)
        started = loop.run_in_executor(_threads, self._start)
        self._answer = asyncio.ensure_future(self._after(started))
        try:
            await asyncio.shield(started)
        except BaseException:
            await self.__aexit__()
            raise
        self._until = loop.time() + self.bounds.seconds
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.end()
        await asyncio.wait({self._answer})
        if not self._answer.cancelled():
            self._answer.exception()  # whoever wanted it has it
        _running.discard(self)

    def _start(self) -> None:
        process = None if self._in_new else _take()
        if process is None:
            process = KeptProcess()
            try:
                process.begin()
            except BaseException:
                process.close()
                raise
        with _lock:
            self._process = process
            if self._is_unwanted:  # by now
                process.kill()

    async def _after(self, started: asyncio.Future[None]) -> T:
        await started
        return await asyncio.get_running_loop().run_in_executor(_threads, self._do)

    def _do(self) -> T:
        """In a thread: the answer. Raises what the work raised, OutOfBounds, Crashed."""
        process = self._process
        assert process is not None
        try:
            return process.do(*self._work, self.bounds)  # type: ignore[return-value]
        except Lost:
            raise Crashed from None
        finally:
            if not self._has_kept(process):
                process.close()

    def _has_kept(self, process: KeptProcess) -> bool:
        """Whether it waits for other work now."""
        with _lock:
            self._process = None
            fits = process.is_ready and not self._is_unwanted and not self._is_behind and len(_waiting) < _size
            if fits:
                _waiting.append(process)
            return fits

    def end(self) -> None:
        """Kill its process, now or as soon as it is there."""
        with _lock:
            self._is_unwanted = True
            if self._process:
                self._process.kill()

    async def is_done(self, seconds: float) -> bool:
        """Whether it ends within these seconds. Raises OutOfBounds when its own are over."""
        left = self._until - asyncio.get_running_loop().time()
        await asyncio.wait({self._answer}, timeout=max(0.0, min(seconds, left)))
        if not self._answer.done() and seconds >= left:
            raise OutOfBounds.time(self.bounds)
        return self._answer.done()

    async def result(self) -> T:
        """The answer, waited for as long as the bounds allow. Raises what the work raised, OutOfBounds, Crashed."""
        await self.is_done(self.bounds.seconds)
        return await self._answer

    async def behind(self) -> T:
        """`result`, while whatever has just begun goes first, and the longer it takes the more so."""
        self._step_back(10)
        if not await self.is_done(LONG_SECONDS):
            self._step_back(19)
        return await self.result()

    def _step_back(self, nice: int) -> None:
        with _lock:
            self._is_behind = True  # for good: such a process takes no other work
            if self._process:
                self._process.step_back(nice)


async def apart(work: Callable[..., T], *arguments: object, bounds: Bounds | None = None) -> T:
    """Run blocking work on a picture or a film in another process, killed when it exceeds its bounds.

    Nobody waits long for another's file: after QUICK_SECONDS work gives its place to the next and goes on with a lower
    priority; if SLOW_PLACES are taken it is ended and begun anew when its turn comes. So `work` must bear to be begun
    twice. If its process dies of it, it is tried once more, in a new one.
    Raises what the work raised, OutOfBounds, Crashed.
    """
    bounds, closings = bounds or Bounds(), _closings
    try:
        return await _in_lanes(work, arguments, bounds)
    except Crashed:
        if closings != _closings:
            raise
    return await _in_lanes(work, arguments, bounds, in_new=True)


async def _in_lanes(
    work: Callable[..., T], arguments: tuple[object, ...], bounds: Bounds, *, in_new: bool = False
) -> T:
    lanes = _lanes.setdefault(asyncio.get_running_loop(), _Lanes())
    held = lanes.quick
    await held.acquire()
    try:
        async with _Run(work, arguments, bounds, in_new=in_new) as run:
            if await run.is_done(QUICK_SECONDS):
                return await run.result()
            if not lanes.slow.locked():
                held.release()
                held = lanes.slow
                await held.acquire()  # at once
                return await run.behind()
    finally:
        held.release()
    async with lanes.slow, _Run(work, arguments, bounds, in_new=in_new) as run:
        return await run.behind()


async def warm_up() -> None:
    """Start the server that processes are forked from before the first picture comes."""
    await apart(abs, 0)


def close() -> None:
    """End the processes; what they were doing raises Crashed."""
    global _closings
    _closings += 1
    for run in list(_running):
        run.end()
    with _lock:
        waiting, _waiting[:] = list(_waiting), []
    for process in waiting:
        process.close()
