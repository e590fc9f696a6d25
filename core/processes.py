"""One process for each picture or film that is decoded.

The event loop keeps its time; a file that crashes its decoder, or eats time and memory, costs its own process and takes
nothing else along. A process is forked from a server that has loaded what it needs, which takes some 15 ms.
"""

import asyncio
import contextlib
import multiprocessing
import os
import weakref
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, Generic, Self, TypeVar

from core.parent import begin
from core.process_limits import Bounds, OutOfBounds, limit
from core.settings import ROOT

__all__ = ["Bounds", "Crashed", "OutOfBounds", "apart", "close", "set_up", "warm_up"]
T = TypeVar("T")
QUICK_SECONDS = 3.0
"""Work that takes longer makes room for what is waiting, and goes on behind it: see `apart`."""

LONG_SECONDS = 15.0
"""After so much longer it also goes behind other work that takes long."""

SLOW_PLACES = 3
"""For each quick one. Memory is what they cost: the longer one has run, the less of the CPU it gets."""

_preloaded = {
    "core.pictures.framing",
    "core.pictures.ground",
    "core.processes",
    "core.settings",
    "multiprocessing.popen_forkserver",
    "PIL.WebPImagePlugin",
}
_size = 2
_threads = ThreadPoolExecutor(64, thread_name_prefix="apart")
"""Each waits for one process; there are at most four for each of `_size`."""

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
    global _size
    _size = size
    _preloaded.update(preloaded)


def _context() -> multiprocessing.context.BaseContext:
    # forked from a server of their own that has loaded what they need, so that they share its memory; where there is
    # none (Windows) they start from nothing: a fork of a process with threads may hang
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        _say_where_we_are()
        context.set_forkserver_preload([*sorted(_preloaded), "core.fork_server"])
    return context


def _say_where_we_are() -> None:
    # before Python 3.13 the server has another sys.path than we, and leaves out silently what it does not find
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(ROOT) not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, paths)])


def _work(answers: Connection, work: Callable[..., object], arguments: tuple[object, ...], bounds: Bounds) -> None:
    """In the process: leave Ctrl-C to the parent, end with it, keep to the bounds, answer."""
    begin()
    limit(bounds)
    answer: tuple[object, Exception | None]
    try:
        answer = (work(*arguments), None)
    except MemoryError:
        answer = (None, OutOfBounds.memory(bounds))
    except Exception as error:
        answer = (None, error)
    answers.send(answer)


class _Run(Generic[T]):
    """One process with its piece of work. Leaving the `with` ends it."""

    def __init__(self, work: Callable[..., T], arguments: tuple[object, ...], bounds: Bounds) -> None:
        self.bounds = bounds
        self._answers, theirs = multiprocessing.Pipe(duplex=False)
        self._theirs = theirs
        self._process = _context().Process(target=_work, args=(theirs, work, arguments, bounds), daemon=True)  # type: ignore[attr-defined]
        self._answer: asyncio.Future[T]
        self._is_unwanted = False

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
        try:
            self._process.start()
        except BaseException:
            self._answers.close()
            raise
        finally:
            self._theirs.close()
        if self._is_unwanted:  # by now
            self._process.kill()

    async def _after(self, started: asyncio.Future[None]) -> T:
        await started
        return await asyncio.get_running_loop().run_in_executor(_threads, self._receive)

    def _receive(self) -> T:
        """In a thread: the answer. Raises what the work raised, OutOfBounds, Crashed."""
        try:
            with self._answers:
                answer, error = self._answers.recv()
        except (EOFError, OSError):
            self._process.join()
            if self._process.exitcode == OutOfBounds.EXIT:
                raise OutOfBounds.memory(self.bounds) from None
            raise Crashed from None
        finally:
            self.end()
            self._process.join()
            self._process.close()
        if error is not None:
            raise error
        return answer  # type: ignore[no-any-return]

    def end(self) -> None:
        """Kill it, now or as soon as it is there."""
        self._is_unwanted = True
        with contextlib.suppress(ValueError, AttributeError):  # closed by now, or not started yet
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
        with contextlib.suppress(OSError, AttributeError, ValueError):  # over by now; Windows
            if process := self._process.pid:
                os.setpriority(os.PRIO_PROCESS, process, nice)


async def apart(work: Callable[..., T], *arguments: object, bounds: Bounds | None = None) -> T:
    """Run blocking work on a picture or a film in a process of its own, killed when it exceeds its bounds.

    Nobody waits long for another's file: after QUICK_SECONDS work gives its place to the next and goes on with a lower
    priority; if SLOW_PLACES are taken it is ended and begun anew when its turn comes. So `work` must bear to be begun
    twice. If its process dies of it, it is tried once more.
    Raises what the work raised, OutOfBounds, Crashed.
    """
    bounds, closings = bounds or Bounds(), _closings
    try:
        return await _in_lanes(work, arguments, bounds)
    except Crashed:
        if closings != _closings:
            raise
    return await _in_lanes(work, arguments, bounds)


async def _in_lanes(work: Callable[..., T], arguments: tuple[object, ...], bounds: Bounds) -> T:
    lanes = _lanes.setdefault(asyncio.get_running_loop(), _Lanes())
    held = lanes.quick
    await held.acquire()
    try:
        async with _Run(work, arguments, bounds) as run:
            if await run.is_done(QUICK_SECONDS):
                return await run.result()
            if not lanes.slow.locked():
                held.release()
                held = lanes.slow
                await held.acquire()  # at once
                return await run.behind()
    finally:
        held.release()
    async with lanes.slow, _Run(work, arguments, bounds) as run:
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
