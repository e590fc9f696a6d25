"""What one piece of work may use, and how a process keeps to it."""

import os
import sys
import threading
import time
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


def limit(bounds: Bounds) -> None:
    """Hold this process to its memory and its files; for the clock its parent is there, which can kill it."""
    if resource is None:
        return
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, int(bounds.file_mb * MB))
    if sys.platform == "linux":
        # for what grows quicker than the watch looks: the address space, which holds more than is used of it
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _lower(resource.RLIMIT_AS, pages * resource.getpagesize() + 2 * bounds.memory_mb * MB)
    threading.Thread(target=_watch_memory, args=(_peak() + bounds.memory_mb * MB,), daemon=True).start()


def _lower(which: int, most: int) -> None:
    hard = resource.getrlimit(which)[1]
    resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _peak() -> int:
    """Bytes of memory that this process has had at most."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _watch_memory(most: int) -> None:
    while _peak() <= most:
        time.sleep(WATCH_SECONDS)
    os._exit(OutOfBounds.EXIT)
