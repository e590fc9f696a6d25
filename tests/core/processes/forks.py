"""What processes of the fork server do in its tests; run as a script, whoever asks it."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import psutil

from core.processes import forked, parent, pool
from core.processes.pool import Bounds, Crashed, OutOfBounds
from tests.core.processes import work


def tell(file: int) -> None:
    """What this process is and has."""
    places = [Path(f"/proc/self/fd/{number}") for number in range(3, 20)]
    files = [str(place.readlink()).partition(":")[0] for place in places if place.is_symlink()]
    me = psutil.Process()
    known = {"name": me.name(), "last": me.cmdline()[-1], "session": os.getsid(0) == me.ppid()}
    known |= {"files": files, "stdin": sys.stdin.read()}
    os.write(file, json.dumps({**known, "wave": "wave" in sys.modules}).encode())


def leave() -> None:
    """Ends in a way of its own."""
    os._exit(7)


def live() -> None:
    """Ends with its parent only."""
    parent.begin()
    time.sleep(600)


def part() -> None:
    """Asks for another and ends as a program does."""
    child = forked.begin("child", leave)
    assert child
    sys.exit(child.wait() + 1)


def begun(name: str, *, may_ask: bool = False) -> forked.Forked:
    """A process that does one of the above."""
    process = forked.begin(name, globals()[name], may_ask=may_ask)
    assert process
    return process


def what_it_has() -> str:
    """Its own files, and the modules that were asked for."""
    with open(__file__) as mine:  # noqa: PTH123
        os.set_inheritable(mine.fileno(), True)
        reads, writes = os.pipe()
        process = forked.begin("told", tell, writes, preloaded=["wave"])
        assert process
        assert process.wait() == 0
    return os.read(reads, 4096).decode()


def ends() -> str:
    """How processes end."""
    lives = begun("live")
    assert lives.poll() is None
    lives.kill()
    return f"{lives.wait()} {lives.poll()} {begun('leave').wait()} {begun('part', may_ask=True).wait()}"


def parent_dies() -> None:
    """Without a word to those it has begun."""
    os.write(1, str(begun("live").pid).encode())
    os._exit(1)


def server_dies() -> str:
    """Those it has forked are given up, and others begin without it."""
    given_up, other = begun("live"), psutil.Process(begun("live").pid)
    first = psutil.Process(given_up.pid)
    (server,) = [child for child in psutil.Process().children() if child.name() == "adsvideo-forks"]
    server.kill()
    said = f"{given_up.wait()} {forked.begin('late', leave)} {asyncio.run(pool.apart(work.double, 2))}"
    given_up.close()
    first.wait(60)
    return f"{said} {other.is_running()}"


async def _try_pool() -> str:
    said: list[object] = [
        await pool.apart(work.double, 2),
        await pool.apart(work.has_read, "core.processes.fork_server"),
    ]
    for hostile, arguments, bounds in ((work.crash, (), Bounds()), (work.hold, (200,), Bounds(memory_mb=40))):
        try:
            await pool.apart(hostile, *arguments, bounds=bounds)
        except (Crashed, OutOfBounds) as error:
            said.append(type(error).__name__)
    pool.close()
    return " ".join(map(str, said))


def decoders() -> str:
    """The pool's processes come from the server."""
    return asyncio.run(_try_pool())


if __name__ == "__main__":
    forked.begin_server()
    sys.stdout.write(str(globals()[sys.argv[1]]()))
