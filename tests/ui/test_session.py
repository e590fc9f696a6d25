"""Whoever only reads waits for no writer, and who has left is no error."""

import asyncio
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from nicegui.testing import User as Visitor
from sqlmodel import select
from starlette.types import Message

from core.accounts import api_keys
from core.database.session import reading, session
from core.models import ApiKey, User
from tests.waiting import until
from ui import api


async def _last_used() -> object:
    async with reading() as db:
        return (await db.exec(select(ApiKey.last_used_at))).one()


async def test_a_key_is_good_while_somebody_else_writes(visitor: Visitor, alice: User, place: Path) -> None:
    async with session() as db:
        key = await api_keys.make_key(db, alice, "tests")
    asking = {"Authorization": f"Bearer {key}"}
    with closing(sqlite3.connect(place / "adsvideo.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        answer = await asyncio.wait_for(visitor.http_client.get("/api/v1/me", headers=asking), 10)
        assert answer.status_code == 200  # and not after SQLite's 15 seconds
        assert await _last_used() is None
        db.execute("ROLLBACK")
    await until(_last_used)


async def test_a_client_that_leaves_in_the_middle_is_no_error(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        pass

    scope = {"type": "http", "method": "GET", "path": "/me", "headers": [], "query_string": b"", "session": {}}
    with caplog.at_level(logging.INFO):
        await api.create()(scope, receive, send)
    assert not caplog.records
