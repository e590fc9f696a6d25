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
    """Counts its claims, which find so many."""

    name = "claims"
    at_once = 3
    gather_seconds = 60.0

    def __init__(self, found: int) -> None:
        super().__init__()
        self.found = found
        self.claims = 0

    async def claim(self, free: int) -> list[Video]:
        """As many as there are."""
        self.claims += 1
        return [
            Video(user_id=1, model="m", label="M", prompt="", seconds=4, size="1x1", cost_credits=1, picture_id=1)
        ] * self.found

    async def do(self, row: Video) -> None:
        """Nothing."""

    def about(self, row: Video) -> int:
        """Nobody."""
        return 0


@pytest.mark.parametrize(("found", "claims"), [(1, 1), (0, 2)])
async def test_what_comes_due_at_rest_is_claimed_at_once_and_the_next_are_gathered(found: int, claims: int) -> None:
    loop = Claims(found)
    running = asyncio.create_task(loop.run())
    await until(lambda: loop.claims == 1)
    for _ in range(9):
        await asyncio.sleep(0)
    loop.wake()
    await until(lambda: loop.claims == claims)
    for _ in range(9):
        await asyncio.sleep(0)
    assert loop.claims == claims
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
