"""The connections to SQLite: how often they go to their thread, and what is left when somebody stops in the middle."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import text
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from core.catalog import entries
from core.database import sqlite, statements
from core.database.session import one_trip, reading, session
from core.errors import EngineError
from core.models import User, Video
from core.settings import settings
from core.videos import claims, states
from core.videos.recipe import Recipe
from core.videos.request import request
from tests.people import ask, balance, picture_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the connections have had done in their threads."""
    done: list[str] = []

    def count(kind: type, method: str) -> None:
        go = getattr(kind, method)

        async def counted(self: Any, *arguments: Any) -> None:
            done.append(method)
            await go(self, *arguments)

        monkeypatch.setattr(kind, method, counted)

    count(sqlite.Connection, "run")
    for method in ("commit", "rollback", "execute", "executemany", "executescript"):
        count(aiosqlite.Connection, method)  # ours goes this far only if there is something to do
    return done


async def test_a_statement_is_one_trip_and_what_changes_nothing_none(alice: User, trips: list[str]) -> None:
    for unit in (session, reading):
        async with unit() as db:  # the connections are there
            (await db.exec(select(User.credits))).all()
    trips.clear()
    async with session() as db:
        (await db.exec(select(User.credits))).all()
    assert trips == ["run", "commit"]
    trips.clear()
    async with reading() as db:
        (await db.exec(select(User.credits))).all()
    assert trips == ["run", "rollback"]
    trips.clear()
    async with session():
        pass
    assert trips == []


async def test_a_charge_is_one_trip_and_its_commit_another(alice: User, trips: list[str]) -> None:
    picture = await picture_of(alice)
    trips.clear()
    async with session() as db:
        recipe = Recipe(picture_id=picture.id, prompt="push in")
        await request(db, alice, recipe, entries.get("camera"))
    assert trips == ["run", "commit"]


async def test_what_happens_to_every_video_is_one_trip_each_with_begin_and_commit(
    alice: User, trips: list[str]
) -> None:
    first, second = await ask(alice, model="sora-2"), await ask(alice, model="sora-2")
    async with one_trip() as db:
        claimed = await claims.claim_submit(db, first.id)
        other = await claims.claim_submit(db, second.id)
        assert claimed and other
        trips.clear()
        assert await claims.intend(db, claimed)
        assert await claims.mark_submitted(db, claimed, "video_1", first_look=0)
        assert await states.finish(db, claimed, key="k", poster_key="p", width=1, height=1, duration=1.0, size_bytes=1)
        assert await states.fail(db, other, EngineError())
    assert trips == ["run"] * 4
    async with reading() as db:
        assert (await db.exec(select(Video.status).order_by(col(Video.id)))).all() == ["completed", "failed"]
    assert await balance(alice) == 100 - first.cost_credits


async def _one_statement(db: AsyncSession) -> None:
    await db.exec(text("UPDATE users SET credits = 0"))  # type: ignore[call-overload]


async def _steps(db: AsyncSession) -> None:
    await statements.run(db, [update(User).values(credits=0).returning(col(User.id))], {})


@pytest.mark.parametrize(("unit", "work"), [(session, _one_statement), (session, _steps), (one_trip, _steps)])
async def test_who_is_canceled_while_waiting_for_the_lock_leaves_none_behind(
    alice: User, unit: Callable[[], Any], work: Callable[[AsyncSession], Awaitable[None]]
) -> None:
    path = Path(settings().database_url.removeprefix("sqlite:///"))
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")

        async def write() -> None:
            async with unit() as db:
                await work(db)

        writing = asyncio.create_task(write())
        await asyncio.sleep(0.2)
        writing.cancel()
        other.execute("COMMIT")
        with pytest.raises(asyncio.CancelledError):
            await writing
        other.execute("BEGIN IMMEDIATE")  # nobody else holds it
        assert other.execute("SELECT credits FROM users").fetchall() == [(100,)]
        other.execute("COMMIT")
    other.close()
    async with session() as db:
        assert (await db.exec(select(User.credits))).one() == 100
