"""Work in processes of its own: results and errors come back whole, a crash hits only whoever caused it."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from core.errors import PictureRefused
from core.processes import kept, pool
from core.processes.pool import Bounds, OutOfBounds
from core.settings import ROOT
from tests.core.processes.work import (
    crash,
    double,
    grab,
    hold,
    leave_cycle,
    priority,
    refuse,
    serve_for,
    sleep,
    whoami,
    write,
)
from tests.waiting import until


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No process is left behind."""
    yield
    pool.close()


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


async def test_results_and_errors_come_back_whole() -> None:
    assert await pool.apart(double, 21) == 42
    with pytest.raises(PictureRefused) as caught:
        await pool.apart(refuse)
    assert caught.value.detail == "too odd"
    assert await pool.apart(whoami) != os.getpid()


async def test_a_crash_hits_only_whoever_caused_it() -> None:
    work = [pool.apart(double, n) for n in range(10)]
    found = await asyncio.gather(*work[:5], pool.apart(crash), *work[5:], return_exceptions=True)
    crashed = found.pop(5)
    assert isinstance(crashed, pool.Crashed)
    assert found == [2 * n for n in range(10)]
    assert await pool.apart(double, 1) == 2


async def test_a_process_whose_work_went_well_does_the_next() -> None:
    first = await pool.apart(whoami)
    assert [await pool.apart(whoami) for _ in range(3)] == [first] * 3
    pool.close()
    await until(lambda: is_gone(first))


async def test_those_that_are_not_needed_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few wait for work, no more, and not for long."""
    busy = await asyncio.gather(*(pool.apart(sleep, 0.3) for _ in range(6)))
    assert len(set(busy)) <= 2
    monkeypatch.setattr(kept, "IDLE_SECONDS", 0.0)  # for us; theirs is a minute
    later = await pool.apart(whoami)
    assert later not in busy
    await until(lambda: all(map(is_gone, busy)))


async def test_one_that_waits_ends_itself() -> None:
    pipe, theirs = multiprocessing.Pipe()
    serving = multiprocessing.get_context("spawn").Process(target=serve_for, args=(theirs, 0.5), daemon=True)
    serving.start()
    theirs.close()
    pipe.send((double, (21,), Bounds()))
    assert pipe.recv().value == 42
    await until(lambda: not serving.is_alive())
    assert serving.exitcode == 0


@pytest.mark.parametrize(
    ("work", "bounds"),
    [(refuse, Bounds()), (partial(hold, 300), Bounds()), (partial(sleep, 60), Bounds(seconds=0.2))],
    ids=["refused", "much memory", "too long"],
)
async def test_a_process_that_has_had_trouble_takes_no_more_work(work: Callable[[], int], bounds: Bounds) -> None:
    first = await pool.apart(whoami)
    with contextlib.suppress(PictureRefused, OutOfBounds):
        await pool.apart(work, bounds=bounds)
    assert await pool.apart(whoami) != first
    await until(lambda: is_gone(first))


async def test_each_piece_of_work_has_its_own_bounds() -> None:
    """The one before may have had less memory, and a smaller file."""
    assert await pool.apart(whoami, bounds=Bounds(memory_mb=50, file_mb=1)) == await pool.apart(whoami)
    with pytest.raises(OutOfBounds, match="> 60 MB RAM"):
        await pool.apart(hold, 400, bounds=Bounds(memory_mb=60))
    assert await pool.apart(whoami, bounds=Bounds(memory_mb=50)) != os.getpid()
    assert await pool.apart(hold, 100) == 100


async def test_what_one_piece_of_work_leaves_is_gone_at_the_next() -> None:
    assert [await pool.apart(leave_cycle, 5) for _ in range(4)] == [5, 5, 5, 5]


async def test_one_that_has_ended_is_not_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its number may be another process's by now."""
    process = kept.KeptProcess()
    process.begin()
    ended = process.do(whoami, (), Bounds())
    assert isinstance(ended, int)
    os.kill(ended, signal.SIGKILL)
    await until(lambda: is_gone(ended))
    killed: list[object] = []
    monkeypatch.setattr(os, "kill", lambda *about: killed.append(about))
    process.close()
    assert killed == []


async def test_one_that_died_while_it_waited_is_not_missed() -> None:
    first = await pool.apart(whoami)
    os.kill(first, signal.SIGKILL)
    assert await pool.apart(double, 2) == 4


async def test_closing_ends_the_processes() -> None:
    work = asyncio.create_task(pool.apart(sleep, 60))
    await until(multiprocessing.active_children)
    pool.close()
    with pytest.raises(pool.Crashed):
        await asyncio.wait_for(work, 30)


@pytest.mark.parametrize(
    ("work", "bounds", "words"),
    [
        (partial(sleep, 60), Bounds(seconds=0.5), "> 0.5 s"),
        (partial(hold, 2000), Bounds(memory_mb=200), "> 200 MB RAM"),
        (partial(grab, 4000), Bounds(memory_mb=200), "> 200 MB RAM"),
    ],
    ids=["time", "memory", "memory at once"],
)
async def test_what_exceeds_its_bounds_is_ended_and_only_that(
    work: Callable[[], int], bounds: Bounds, words: str
) -> None:
    honest = [pool.apart(double, n) for n in range(6)]
    ended, *found = await asyncio.gather(pool.apart(work, bounds=bounds), *honest, return_exceptions=True)
    assert isinstance(ended, OutOfBounds)
    assert str(ended) == words
    assert found == [2 * n for n in range(6)]
    pool.close()
    await until(lambda: not multiprocessing.active_children())


async def test_a_file_that_grows_beyond_its_bound_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="File too large"):
        await pool.apart(write, str(tmp_path / "big"), 4, bounds=Bounds(file_mb=2))
    assert (tmp_path / "big").stat().st_size <= 2_000_000


@pytest.mark.parametrize("begun", [True, False])
async def test_work_that_is_no_longer_wanted_ends(begun: bool) -> None:
    work = asyncio.create_task(pool.apart(sleep, 60))
    if begun:
        await until(multiprocessing.active_children)
    else:
        await asyncio.sleep(0)  # its process is just being started
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(work, 30)
    await until(lambda: not multiprocessing.active_children())


async def test_nobody_waits_for_what_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "QUICK_SECONDS", 1.0)
    await pool.warm_up()
    long = [asyncio.create_task(pool.apart(sleep, 90, bounds=Bounds(seconds=60))) for _ in range(12)]
    await asyncio.sleep(0.1)
    assert await asyncio.wait_for(pool.apart(double, 4), 30) == 8
    assert await asyncio.wait_for(pool.apart(double, 5), 30) == 10
    assert not any(task.done() for task in long)
    for task in long:
        task.cancel()
    await asyncio.gather(*long, return_exceptions=True)


async def test_what_takes_long_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "QUICK_SECONDS", 0.2)
    assert await pool.apart(priority) == 10


async def test_what_had_to_make_room_is_done_in_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "QUICK_SECONDS", 0.2)
    found = await asyncio.gather(*(pool.apart(sleep, 0.6) for _ in range(12)))
    assert len(set(found)) == 12


@pytest.mark.parametrize(("module", "is_there"), [("core.commands", False), ("PIL.GifImagePlugin", True)])
def test_a_process_begins_with_what_it_needs_and_no_more(module: str, is_there: bool, tmp_path: Path) -> None:
    """Not with the command line, which Python has each one run that is started from it."""
    begin = f"""
import asyncio, sys
from core.processes import pool
from core.settings import ROOT
from tests.core.processes import work
sys.modules["__main__"].__file__ = str(ROOT / "main.py")
print(asyncio.run(pool.apart(work.has_read, {module!r})))
pool.close()
"""
    environment = {**os.environ, "STORAGE_URL": str(tmp_path)}
    run = partial(subprocess.run, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    said = run([sys.executable, "-c", begin])
    assert said.stdout == f"{is_there}\n", said.stderr


@pytest.mark.parametrize("elsewhere", [False, True])
def test_the_fork_server_has_what_each_process_begins_with(elsewhere: bool, tmp_path: Path) -> None:
    """What a process would import before its work, it would import anew for each picture, wherever we were started."""
    begin = f"""
import asyncio, sys
sys.path.insert(0, {str(ROOT)!r})
from core.processes import pool
from core.settings import ROOT
from tests.core.processes import work
sys.modules["__main__"].__file__ = str(ROOT / "main.py")
pool.set_up(1, ["tests.core.processes.work"])
print(*asyncio.run(pool.apart(work.imported_since)))
pool.close()
"""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["STORAGE_URL"] = str(tmp_path)
    run = partial(subprocess.run, env=environment, capture_output=True, text=True, check=False)
    said = run([sys.executable, "-c", begin], cwd=tmp_path if elsewhere else ROOT)
    assert (said.stdout, said.stderr) == ("\n", "")
