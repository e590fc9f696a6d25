"""Places for files are shared: one user's never take them all."""

import asyncio
from collections import Counter

import pytest
from sqlmodel import col

from core.database.session import reading, session
from core.models import User, Video, now
from core.videos import looks, states
from tests.people import ask
from tests.waiting import until
from workers.videos.collect import Collects
from workers.videos.steps import Engines

pytestmark = pytest.mark.both_databases


async def ready(user: User, count: int) -> None:
    """So many videos of the user's whose files wait at their provider."""
    for n in range(count):
        video = await ask(user, f"file {n}", model="sora-2", seconds=4)
        async with session() as db:
            await states.change(db, col(Video.id) == video.id, status="processing", started_at=now())
        async with session() as db:
            await looks.mark_ready(db, {video.id: None})


class Hanging(Collects):
    """As if no server ever handed out a file."""

    def __init__(self, at_once: int) -> None:
        super().__init__(Engines(), at_once)
        self.begun: list[int] = []

    async def do(self, row: Video) -> None:
        """Without end."""
        self.begun.append(row.user_id)
        await asyncio.Event().wait()


async def test_files_of_one_user_that_hang_do_not_hold_up_anothers(alice: User, charlie: User) -> None:
    await ready(alice, 7)
    hanging = Hanging(at_once=5)
    running = asyncio.create_task(hanging.run())
    await until(lambda: len(hanging.begun) == 4)
    await ready(charlie, 1)
    await until(lambda: charlie.id in hanging.begun)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert Counter(hanging.begun) == {alice.id: 4, charlie.id: 1}


async def test_a_claim_takes_of_each_user_what_they_have_room_for(alice: User, charlie: User) -> None:
    await ready(alice, 5)
    await ready(charlie, 2)
    async with reading() as db:
        assert len(await looks.next_collects(db, 10)) == 7
        assert not await looks.next_collects(db, 10, [alice.id, charlie.id])
    async with session() as db:
        claimed = await looks.claim_collects(db, 10, {alice.id: 1}, 4)
        assert Counter(video.user_id for video in claimed) == {alice.id: 1, charlie.id: 2}
        claimed = await looks.claim_collects(db, 10, {}, 3)
        assert [video.user_id for video in claimed] == [alice.id] * 3


async def test_the_files_that_have_been_there_longest_come_first(alice: User) -> None:
    await ready(alice, 4)
    async with session() as db:
        first, second, third, last = sorted(await looks.next_collects(db, 9))
        await looks.put_in_order(db, {first: 100, second: 500, third: 900, last: 10})
    collects = Collects(Engines(), at_once=5)
    assert [row.id for row in await collects.claim(2)] == [third, second]
    async with session() as db:
        await looks.put_in_order(db, {first: 100, third: 900, last: 200})
        assert await looks.next_collects(db, 9) == [last, first]  # whoever fetches one keeps it
