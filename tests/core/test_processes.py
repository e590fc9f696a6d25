"""Work in processes of its own: results and errors come back whole, a crash hits only whoever caused it."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from core import processes
from core.errors import PictureRefused
from tests.waiting import until


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No process is left behind."""
    yield
    processes.close()


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


async def test_results_and_errors_come_back_whole() -> None:
    assert await processes.apart(double, 21) == 42
    with pytest.raises(PictureRefused) as caught:
        await processes.apart(refuse)
    assert caught.value.detail == "too odd"
    assert await processes.apart(whoami) != os.getpid()


async def test_a_crash_hits_only_whoever_caused_it() -> None:
    work = [processes.apart(double, n) for n in range(10)]
    found = await asyncio.gather(*work[:5], processes.apart(crash), *work[5:], return_exceptions=True)
    crashed = found.pop(5)
    assert isinstance(crashed, processes.Crashed)
    assert found == [2 * n for n in range(10)]
    assert await processes.apart(double, 1) == 2


async def test_closing_ends_the_processes() -> None:
    process = await processes.apart(whoami)
    processes.close()

    def gone() -> bool:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        return False

    await until(gone)
