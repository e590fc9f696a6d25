"""A process that does one piece of work after another, and ends when none has come for a while.

To begin costs it 12 ms of CPU, and its first film 15 ms more than its second. So one that has done its work well waits
for the next; one that has had to do with anything odd ends.
"""

import contextlib
import gc
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import NamedTuple

from core.processes import forked
from core.processes.limits import Bounds, OutOfBounds, peak, within
from core.processes.memory import give_back
from core.processes.parent import begin
from core.settings import ROOT

IDLE_SECONDS = 60.0
QUIET_SECONDS = 0.5
"""After so long without work it gives free memory back to the system."""

MOST_GROWN = 150_000_000
"""Bytes of memory. One that has needed more ends with its work: the next one would have as much beyond its bound."""

MOST_WORK = 200
"""Pieces of work, so that what a library leaks does not add up."""

_preloaded = {
    "core.pictures.framing",
    "core.pictures.ground",
    "core.processes.kept",
    "core.settings",
    "multiprocessing.popen_forkserver",
    "PIL.WebPImagePlugin",
}


class Lost(Exception):
    """The process ended before it answered; the argument is its exit code."""


class _Answer(NamedTuple):
    value: object
    error: Exception | None
    is_kept: bool
    """Whether the process takes another piece of work."""


def preload(modules: Iterable[str]) -> None:
    """Before the first process: all have these modules in memory from their start."""
    _preloaded.update(modules)


def _preloads() -> list[str]:
    """What a server that processes are forked from imports, in this order."""
    return [*sorted(_preloaded), "core.processes.fork_server"]


def _context() -> multiprocessing.context.BaseContext:
    # forked from a server of their own that has loaded what they need, so that they share its memory; where there is
    # none (Windows) they start from nothing: a fork of a process with threads may hang
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        _say_where_we_are()
        context.set_forkserver_preload(_preloads())
    return context


def _say_where_we_are() -> None:
    # before Python 3.13 the server has another sys.path than we, and leaves out silently what it does not find
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(ROOT) not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, paths)])


class KeptProcess:
    """One process: `begin` once, then `do` while it `is_ready`, then `close`. These block; `kill` may come any time."""

    def __init__(self) -> None:
        self._pipe, self._theirs = multiprocessing.Pipe()
        self._process: forked.Forked | BaseProcess | None = None
        self._is_kept = True
        self._since = time.monotonic()

    def begin(self) -> None:
        """Start it."""
        with self._theirs as theirs:
            process = forked.begin("decoder", serve_at, theirs.fileno(), preloaded=_preloads())
            if process is None:
                process = _context().Process(target=serve, args=(theirs,), daemon=True)  # type: ignore[attr-defined]
                process.start()
            self._process = process

    def do(self, work: Callable[..., object], arguments: tuple[object, ...], bounds: Bounds) -> object:
        """What the work returns. Raises what the work raises, OutOfBounds if it takes too much memory, Lost."""
        self._is_kept = False
        assert self._process
        try:
            self._pipe.send((work, arguments, bounds))
            answer: _Answer = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            if self._process.exitcode == OutOfBounds.EXIT:
                raise OutOfBounds.memory(bounds) from None
            raise Lost(self._process.exitcode) from None
        self._is_kept, self._since = answer.is_kept, time.monotonic()
        if answer.error is not None:
            raise answer.error
        return answer.value

    @property
    def is_ready(self) -> bool:
        """Whether it takes another piece of work; not if it is about to end since none has come."""
        is_early = time.monotonic() - self._since < IDLE_SECONDS * 0.9
        return self._is_kept and is_early and self._process is not None and self._process.is_alive()

    def kill(self) -> None:
        """End it, whatever it does."""
        with contextlib.suppress(ValueError):  # closed by now
            if self._process and self._process.is_alive():  # else its number may be another's by now
                self._process.kill()

    def close(self) -> None:
        """End it and free what we hold of it."""
        self.kill()
        self._pipe.close()
        if self._process:  # else it could not be started
            self._process.join()
            self._process.close()

    def step_back(self, nice: int) -> None:
        """Let others go before it, for the rest of its life."""
        with contextlib.suppress(OSError, AttributeError, ValueError):  # over by now; Windows
            if self._process and (number := self._process.pid):
                os.setpriority(os.PRIO_PROCESS, number, nice)


# -------------------------------------------------------------------------------------------------- in the process


def serve_at(file: int) -> None:
    """`serve`, with the number of the parent's file."""
    serve(Connection(file))


def serve(parent: Connection) -> None:
    """Do what comes, until nothing has come for IDLE_SECONDS or one piece of work did not go well."""
    begin()
    most = peak() + MOST_GROWN
    with contextlib.suppress(EOFError):  # the parent has closed its end
        for left in reversed(range(MOST_WORK)):
            if not _has_come(parent) or not _work(parent, most, is_last=not left):
                return
            gc.collect()  # frames of a film lie in cycles, 4 MB of each; what the fork server has loaded is left out


def _has_come(parent: Connection) -> bool:
    """Wait for work. False after IDLE_SECONDS."""
    if parent.poll(QUIET_SECONDS):
        return True
    give_back()
    return parent.poll(IDLE_SECONDS - QUIET_SECONDS)


def _work(parent: Connection, most: int, *, is_last: bool) -> bool:
    """Do a piece of work and answer. Whether another one may follow: all went well and took at most so many bytes."""
    work, arguments, bounds = parent.recv()
    value: object = None
    error: Exception | None = None
    with within(bounds):
        try:
            value = work(*arguments)
        except MemoryError:
            error = OutOfBounds.memory(bounds)
        except Exception as raised:
            error = raised
    is_kept = error is None and not is_last and peak() <= most
    parent.send(_Answer(value, error, is_kept))
    return is_kept
