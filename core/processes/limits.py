"""What one piece of work may use, and how a process keeps to it."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

try:
    import resource
except ImportError:  # Windows has no such limits; there the clock alone is kept
    resource = None  # type: ignore[assignment]

MB = 1_000_000
WATCH_SECONDS = 0.05


@dataclass(frozen=True)
class Bounds:
    """Seconds on the clock, MB of memory on top of what a process begins with, MB of a file that it writes."""

    seconds: float = 60.0
    memory_mb: int = 1536
    file_mb: float = 2048


class OutOfBounds(Exception):
    """The work was ended because it exceeded its bounds; the text says which."""

    EXIT: ClassVar[int] = 86
    """How a process ends that uses too much memory."""

    @classmethod
    def time(cls, bounds: Bounds) -> "OutOfBounds":
        return cls(f"> {bounds.seconds:g} s")

    @classmethod
    def memory(cls, bounds: Bounds) -> "OutOfBounds":
        return cls(f"> {bounds.memory_mb} MB RAM")


@contextlib.contextmanager
def within(bounds: Bounds) -> Iterator[None]:
    """Hold this process to its memory and its files; for the clock its parent is there, which can kill it."""
    if resource is None:
        yield
        return
    is_over = threading.Event()
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_FSIZE, int(bounds.file_mb * MB))
    if sys.platform == "linux":
        # for what grows quicker than the watch looks: the address space, which holds more than is used of it
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _set(resource.RLIMIT_AS, pages * resource.getpagesize() + 2 * bounds.memory_mb * MB)
    most = peak() + bounds.memory_mb * MB
    threading.Thread(target=_watch_memory, args=(most, is_over), daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


def _set(which: int, most: int) -> None:
    """Up to the hard limit, which stays: the next piece of work may have a higher one."""
    hard = resource.getrlimit(which)[1]
    resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def peak() -> int:
    """Bytes of memory that this process has had at most."""
    if resource is None:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most if sys.platform == "darwin" else most * 1024)


def _watch_memory(most: int, is_over: threading.Event) -> None:
    while peak() <= most:
        if is_over.wait(WATCH_SECONDS):
            return
    os._exit(OutOfBounds.EXIT)
