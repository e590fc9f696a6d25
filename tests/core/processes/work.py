"""Work for processes of their own, honest and hostile. Imports little: each process does it anew."""

import gc
import os
import signal
import sys
import time
from multiprocessing.connection import Connection

from core.errors import PictureRefused
from core.processes import kept


def double(number: int) -> int:
    """Honest work."""
    return 2 * number


def refuse() -> None:
    """Says no in our own words."""
    raise PictureRefused("too odd")


def crash() -> None:
    """As a decoder does on a hostile file."""
    os.kill(os.getpid(), signal.SIGKILL)


def whoami() -> int:
    """The process that works."""
    return os.getpid()


def sleep(seconds: float) -> int:
    """Takes so long, and says which process it was."""
    time.sleep(seconds)
    return os.getpid()


def hold(mb: int) -> int:
    """Uses that much memory, bit by bit."""
    held = []
    for _ in range(mb):
        held.append(b"x" * 1_000_000)
        time.sleep(0.001)
    return len(held)


def leave_cycle(mb: int) -> int:
    """Leaves so much memory in a cycle; gives what lies in such now, in MB."""

    class Cycle:
        def __init__(self) -> None:
            self.me = self
            self.held = bytearray(mb * 1_000_000)

    Cycle()
    return sum(len(one.held) for one in gc.get_objects() if type(one).__name__ == "Cycle") // 1_000_000


def grab(mb: int) -> int:
    """Uses that much memory at once."""
    return len(bytearray(mb * 1_000_000))


def write(path: str, mb: int) -> None:
    """Writes a file of that size."""
    with open(path, "wb") as file:  # noqa: PTH123 - as a library does
        for _ in range(mb):
            file.write(bytes(1_000_000))


def priority() -> int:
    """That of the process, after a while."""
    time.sleep(1)
    return os.getpriority(os.PRIO_PROCESS, 0)


def serve_for(pipe: Connection, seconds: float) -> None:
    """A process of the pool that waits so long for work."""
    kept.IDLE_SECONDS, kept.QUIET_SECONDS = seconds, seconds / 2
    kept.serve(pipe)


def has_read(module: str) -> bool:
    """Whether its process has that module in memory."""
    return module in sys.modules


def imported_since() -> list[str]:
    """What its process has imported since it was forked."""
    return sorted(set(sys.modules) - _at_the_fork)


_at_the_fork: set[str] = set()
os.register_at_fork(before=lambda: _at_the_fork.update(sys.modules))
