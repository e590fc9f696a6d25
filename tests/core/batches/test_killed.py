"""Killed while a batch is accepted: there is nothing of it, or all of its rows, paid for."""

import os
import signal
import subprocess
import sys

import pytest
from sqlmodel import col, func, select

from core.batches.ask import ask
from core.billing import credits
from core.database.session import reading, session
from core.models import Batch, LedgerEntry, User, Video
from core.settings import settings
from tests.people import balance, picture_of

pytestmark = pytest.mark.both_databases

COUNT = 60
ACCEPTING = """
import asyncio, sys, time
from sqlalchemy import event
from core.batches.ask import ask
from core.database.session import engines, reading
from core.models import User

async def main(statement, user_id, picture_id, count):
    async with reading() as db:
        user = await db.get(User, user_id)

    def stop(_connection, _cursor, text, *_more):
        if text.startswith(statement):
            print("here", flush=True)
            time.sleep(600)

    when = "after_cursor_execute"
    event.listen(engines().writing.sync_engine, when, stop)
    rows = [{"image_id": picture_id, "prompt": f"cup {n}"} for n in range(count)]
    await ask(user, rows, idempotency_key="once")
    print("done", flush=True)

asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
"""


async def written(user: User) -> tuple[int, int, int]:
    """How many batches, videos and charges of the user's there are."""
    async with reading() as db:
        counts = [
            (await db.exec(select(func.count()).where(condition))).one()
            for condition in (
                col(Batch.user_id) == user.id,
                col(Video.user_id) == user.id,
                (col(LedgerEntry.user_id) == user.id) & (col(LedgerEntry.kind) == "charge"),
            )
        ]
    return counts[0], counts[1], counts[2]


@pytest.mark.parametrize("statement", ["INSERT INTO videos", "INSERT INTO ledger"])
async def test_a_kill_leaves_nothing_and_the_same_call_then_makes_all(alice: User, statement: str) -> None:
    async with session() as db:
        await credits.move(db, alice.id, 1000, "grant", "rich")
    picture = await picture_of(alice)
    arguments = [statement, str(alice.id), str(picture.id), str(COUNT)]
    environment = {**os.environ, "DATABASE_URL": settings().database_url}
    child = subprocess.Popen(
        [sys.executable, "-c", ACCEPTING, *arguments], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "here\n"
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    assert await written(alice) == (0, 0, 0)
    assert await balance(alice) == 1100
    rows = [{"image_id": picture.id, "prompt": f"cup {n}"} for n in range(COUNT)]
    made = await ask(alice, rows, idempotency_key="once")
    assert await written(alice) == (1, COUNT, COUNT)
    assert (await balance(alice), made.cost_credits) == (500, 600)
    async with reading() as db:
        assert await credits.wrong_balances(db) == []
