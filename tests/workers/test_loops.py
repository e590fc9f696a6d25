"""What every loop of the worker rests on."""

import asyncio
import contextlib

import pytest

from core.models import Video
from tests.waiting import until
from workers.loops import Loop, end_all, rest


@pytest.mark.parametrize("turns", range(5))
async def test_a_cancel_that_comes_with_a_wake_ends_the_loop(turns: int) -> None:
    wake = asyncio.Event()

    async def loop() -> None:
        while True:
            wake.clear()
            await rest(wake, 60)

    running = asyncio.create_task(loop())
    await asyncio.sleep(0.01)
    wake.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    ended, _ = await asyncio.wait({running}, timeout=60)
    running.cancel()
    assert ended == {running}


async def test_it_rests_no_longer_than_it_may() -> None:
    await asyncio.wait_for(rest(asyncio.Event(), 0.01), 60)


async def test_a_task_that_has_lost_a_cancel_ends_all_the_same() -> None:
    async def loses_one() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    task = asyncio.create_task(loses_one())
    await asyncio.sleep(0)
    await asyncio.wait_for(end_all([task]), 60)
    assert task.cancelled()


class Claims(Loop[Video]):
    """Counts its claims."""

    name = "claims"
    at_once = 1
    gather_seconds = 60.0

    def __init__(self) -> None:
        super().__init__()
        self.claims = 0

    async def claim(self, free: int) -> list[Video]:
        """None is due."""
        self.claims += 1
        return []

    async def do(self, row: Video) -> None:
        """Nothing."""

    def about(self, row: Video) -> int:
        """Nobody."""
        return 0


async def test_what_comes_due_at_rest_is_claimed_at_once_and_the_next_are_gathered() -> None:
    loop = Claims()
    running = asyncio.create_task(loop.run())
    await until(lambda: loop.claims == 1)
    for _ in range(5):
        loop.wake()
        await asyncio.sleep(0)
    assert loop.claims == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
