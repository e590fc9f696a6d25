"""PostgreSQL restarts or crashes in the middle: a pause, after which everything goes on by itself."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.accounts import users
from core.billing import credits
from core.database.session import reading, session
from core.errors import NotAvailable
from core.models import User
from tests.environment import forget_settings
from tests.people import ask, balance, ledger, reread
from tests.servers.postgresql import PostgreSQL
from tests.servers.videos import VideosServer
from tests.waiting import until
from tests.worker import running_worker

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def server(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VideosServer]:
    """A Videos server that the app is configured for."""
    with VideosServer() as running:
        running.latency = 3
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        forget_settings()
        yield running


async def _restart(postgresql: PostgreSQL, sign: int, pause: float) -> None:
    await asyncio.to_thread(postgresql.stop, sign)
    await asyncio.sleep(pause)
    await asyncio.to_thread(postgresql.start)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGQUIT])
async def test_whoever_asks_while_it_restarts_waits_and_gets_an_answer(
    alice: User, postgresql: PostgreSQL, sign: int
) -> None:
    assert await balance(alice) == 100
    restarting = asyncio.create_task(_restart(postgresql, sign, 1))
    await until(lambda: not postgresql.is_running)
    async with session() as db:
        await credits.move(db, alice.id, 5, "grant", "test:while-away")
    await restarting
    assert await balance(alice) == 105


async def test_one_who_is_cut_off_in_the_middle_gets_a_sentence_and_nothing_is_written(
    alice: User, postgresql: PostgreSQL
) -> None:
    with pytest.raises(NotAvailable, match="The database does not answer"):
        async with session() as db:
            await credits.move(db, alice.id, 5, "grant", "test:cut")
            await _restart(postgresql, signal.SIGINT, 0)
    assert await balance(alice) == 100


async def test_one_that_stays_away_is_said_to_be_away(
    place: Path, postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.database.postgresql.RESTART_SECONDS", 0.3)
    await asyncio.to_thread(postgresql.stop)
    try:
        with pytest.raises(NotAvailable):
            async with reading() as db:
                await users.get(db, 1)
    finally:
        await asyncio.to_thread(postgresql.start)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGQUIT])
async def test_videos_in_the_making_end_as_if_nothing_had_happened(
    alice: User, server: VideosServer, postgresql: PostgreSQL, sign: int
) -> None:
    videos = [await ask(alice, f"cup {n}", model="sora-2", seconds=4) for n in range(4)]
    videos.append(await ask(alice, "local", seconds=4))
    async with running_worker():
        await until(lambda: server.creates == 4)
        await _restart(postgresql, sign, 2)

        async def all_done() -> bool:
            rows = [await reread(video) for video in videos]
            assert all(v.status in ("pending", "processing", "completed") for v in rows), [v.error_code for v in rows]
            return all(video.status == "completed" for video in rows)

        await until(all_done, 200)
    assert server.creates == 4
    assert await ledger(alice) == [("grant", 100), *[("charge", -10)] * 5]
