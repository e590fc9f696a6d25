"""Many who pay from one balance at the same moment, with fewer connections than that: all end, each exactly once."""

import asyncio
import gc

import asyncpg
import pytest

from core.batches.ask import ask as ask_batch
from core.billing import credits, paying
from core.catalog import entries
from core.database.session import close_database, reading
from core.errors import NoAnswer, NotEnoughCredits, TooManyRequests
from core.models import User
from core.settings import settings
from core.videos.ask import ask
from core.videos.recipe import Recipe
from core.videos.request import request
from tests.environment import forget_settings
from tests.people import balance, ledger, picture_of
from tests.waiting import until


async def _connections(patch: pytest.MonkeyPatch, number: int) -> None:
    await close_database()
    patch.setenv("DATABASE_POOL_SIZE", str(number))
    forget_settings()


async def _pay(user: User, picture: int, prompt: str) -> None:
    async with paying.paying(user.id) as db:
        await request(db, user, Recipe(picture_id=picture, prompt=prompt), entries.get("camera"))


@pytest.mark.both_databases
async def test_many_clicks_and_batches_of_one_user_at_once_all_end_within_credits_and_limits(
    alice: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENERATIONS_PER_HOUR", "6")
    await _connections(monkeypatch, 2)
    pictures = {user.id: (await picture_of(user)).id for user in (alice, charlie)}

    async def click(user: User, number: int) -> int:
        try:
            await ask(user, Recipe(picture_id=pictures[user.id], prompt=f"cup {number}"))
        except (TooManyRequests, NotEnoughCredits):
            return 0
        return 1

    async def batch(number: int) -> int:
        await ask_batch(alice, [{"image_id": pictures[alice.id], "prompt": f"batch {number}"}])
        return 1

    many = [click(alice if n % 4 else charlie, n) for n in range(24)]
    at_once = [each for n, one in enumerate(many) for each in ([one, batch(n)] if n % 6 == 0 else [one])]
    assert sum(await asyncio.gather(*at_once)) == 6 + 6 + 4
    assert (await balance(alice), await balance(charlie)) == (0, 40)
    assert await ledger(alice) == [("grant", 100), *[("charge", -10)] * 10]
    async with reading() as db:
        assert await credits.wrong_balances(db) == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_who_waits_to_pay_holds_no_connection_and_may_be_canceled(
    alice: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _connections(monkeypatch, 2)
    hers, his = (await picture_of(alice)).id, (await picture_of(charlie)).id
    holder, observer = [await asyncpg.connect(settings().database_url) for _ in range(2)]
    held = holder.transaction()
    await held.start()
    await holder.execute("SELECT FROM users WHERE id = $1 FOR UPDATE", alice.id)
    waiting = [asyncio.create_task(_pay(alice, hers, f"cup {n}")) for n in range(6)]
    await until(lambda: observer.fetchval("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
    await _pay(charlie, his, "cup")  # needs the other connection
    waiting[3].cancel()  # has no turn yet
    waiting[0].cancel()  # has the turn, and waits for the row
    with monkeypatch.context() as patch, pytest.raises(NoAnswer):
        patch.setattr(paying, "FREE_SECONDS", 0.01)
        await _pay(alice, hers, "cup")
    await held.rollback()
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert [n for n, end in enumerate(ends) if end is None] == [1, 2, 4, 5]
    assert (await balance(alice), await balance(charlie)) == (60, 90)
    await asyncio.gather(holder.close(), observer.close())
    del waiting, ends
    gc.collect()
    assert not any(paying._turns.values())  # of users who are gone nothing is kept
