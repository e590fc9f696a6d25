"""Units of work, and how the database is closed under them."""

import asyncio
import gc

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from core.database import session
from core.errors import NoRoom
from core.models import StripeCustomer, User

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("unit", [session.session, session.reading])
async def test_closing_waits_for_who_is_at_work_and_leaves_no_connection_open(alice: User, unit: object) -> None:
    begun = asyncio.Event()

    async def work() -> int:
        async with unit() as db:  # type: ignore[operator]
            first: int = (await db.exec(select(User.credits).where(User.id == alice.id))).one()
            begun.set()
            await asyncio.sleep(0.1)
            second: int = (await db.exec(select(User.credits).where(User.id == alice.id))).one()
            return first + second

    working = asyncio.create_task(work())
    await begun.wait()
    await session.close_database()
    assert await working == 200
    del working
    gc.collect()  # a connection that was forgotten open complains here, and every warning is an error


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_whoever_never_ends_does_not_hold_up_the_end(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CLOSE_SECONDS", 0.05)
    begun, leave = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        async with session.reading():
            begun.set()
            await leave.wait()

    hanging = asyncio.create_task(hang())
    await begun.wait()
    await asyncio.wait_for(session.close_database(), 60)
    leave.set()
    await hanging


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_full_disk_is_said_so_and_what_is_there_stays(alice: User) -> None:
    async with session.session() as db:
        await (await db.connection()).execute(text("PRAGMA max_page_count = 1"))  # not one more
    with pytest.raises(NoRoom):
        async with session.session() as db:
            for n in range(500):
                db.add(User(email=f"{n}@example.com", name="x" * 200))
            await db.flush()
    async with session.reading() as db:
        assert len((await db.exec(select(User))).all()) == 1


async def test_many_at_once_write_one_row_of_several_uniques(alice: User) -> None:
    """By one of the uniques alone PostgreSQL raised in one of some 150 rounds: both came between look and write."""
    adding = session.insert_once(StripeCustomer.__table__)  # type: ignore[attr-defined]

    async def add(customer: str) -> None:
        async with session.session() as db:
            await (await db.connection()).execute(adding, {"user_id": alice.id, "id": customer})

    for n in range(50):
        await asyncio.gather(*(add(f"cus_{n}") for _ in range(8)))
        async with session.session() as db:
            (kept,) = (await db.exec(select(StripeCustomer).where(col(StripeCustomer.user_id) == alice.id))).all()
            await db.delete(kept)
