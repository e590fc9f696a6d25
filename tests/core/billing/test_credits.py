"""The ledger can be trusted: nothing is lost, nothing is counted twice, nobody falls below zero."""

import asyncio

import pytest

from core.billing import credits
from core.database.session import reading, session
from core.errors import NotEnoughCredits
from core.models import User
from tests.people import ask, balance, ledger

pytestmark = pytest.mark.both_databases


async def test_a_new_user_gets_the_starting_grant_once(alice: User) -> None:
    assert await balance(alice) == 100
    assert await ledger(alice) == [("grant", 100)]


async def test_a_charge_is_a_line_with_the_balance_after_it(alice: User) -> None:
    video = await ask(alice)
    async with reading() as db:
        line = (await credits.ledger(db, alice.id, None, 1))[0]
    assert (line.kind, line.amount, line.balance_after) == ("charge", -10, 90)
    assert (line.reference, line.video_id) == (f"video:{video.id}:charge", video.id)


async def test_a_refund_happens_once_however_often_it_is_asked(alice: User) -> None:
    video = await ask(alice)
    for _ in range(3):
        async with session() as db:
            await credits.refund(db, alice.id, video.id, 10)
    assert await balance(alice) == 100
    assert await ledger(alice) == [("grant", 100), ("charge", -10), ("refund", 10)]


async def test_forty_spenders_at_once_with_credits_for_ten_get_ten(alice: User) -> None:
    async def spend(number: int) -> bool:
        try:
            async with session() as db:
                await credits.move(db, alice.id, -10, "charge", f"test:{number}")
        except NotEnoughCredits:
            return False
        return True

    outcomes = await asyncio.gather(*(spend(n) for n in range(40)))
    assert outcomes.count(True) == 10
    assert await balance(alice) == 0
    async with reading() as db:
        assert await credits.wrong_balances(db) == []


async def test_the_same_reference_from_many_at_once_writes_one_line(alice: User) -> None:
    async def give() -> None:
        async with session() as db:
            await credits.move(db, alice.id, 50, "purchase", "stripe:evt_1")

    await asyncio.gather(*(give() for _ in range(20)))
    assert await balance(alice) == 150
    assert await ledger(alice) == [("grant", 100), ("purchase", 50)]


async def test_a_refused_charge_says_what_is_there_and_changes_nothing(bob: User) -> None:
    with pytest.raises(NotEnoughCredits, match="costs 10, you have 0"):
        async with session() as db:
            await credits.move(db, bob.id, -10, "charge", "test:1")
    assert await balance(bob) == 0


async def test_taking_more_than_there_is_stops_at_zero(alice: User) -> None:
    async with session() as db:
        await credits.take_at_most(db, alice.id, 1000, "test:take", "")
    assert await ledger(alice) == [("grant", 100), ("adjustment", -100)]


async def test_a_wrong_balance_is_found(alice: User) -> None:
    async with session() as db:
        user = await db.get(User, alice.id)
        assert user is not None
        user.credits += 1
        db.add(user)
    async with reading() as db:
        assert await credits.wrong_balances(db) == [alice.id]
