"""Connections to PostgreSQL."""

import asyncio
import gc
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import postgresql
from core.database.session import reading
from core.settings import settings
from tests.waiting import until

SLOW = "SELECT pg_sleep(60)"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_connection_given_up_while_it_is_set_up_is_closed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def set_up() -> int:
        async with reading() as db:
            query = text("SELECT count(*) FROM pg_stat_activity WHERE query = :query")
            found = await (await db.connection()).execute(query, {"query": SLOW})
            return int(found.scalar_one())

    assert await set_up() == 0  # the observer's own connection is there now
    monkeypatch.setattr(postgresql, "SESSION", SLOW)
    connecting = asyncio.ensure_future(postgresql._connect(settings().database_url, patient=False)())
    await until(set_up)
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    del connecting
    gc.collect()  # a connection that was forgotten open complains here, and every warning is an error


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("trusted", [0.0, 3600.0])
async def test_a_connection_that_the_server_has_closed_is_replaced(
    place: Path, monkeypatch: pytest.MonkeyPatch, trusted: float
) -> None:
    monkeypatch.setattr(postgresql, "TRUSTED_SECONDS", trusted)

    async def number(db: AsyncSession) -> int:
        return int((await (await db.connection()).execute(text("SELECT pg_backend_pid()"))).scalar_one())

    async with reading() as db:
        first = await number(db)
        driver = (await (await db.connection()).get_raw_connection()).driver_connection
    other = await postgresql._connect(settings().database_url, patient=True)()
    await other.fetchval("SELECT pg_terminate_backend($1)", first)
    await other.close()
    assert driver is not None
    await until(driver.is_closed)
    async with reading() as db:
        assert await number(db) != first
