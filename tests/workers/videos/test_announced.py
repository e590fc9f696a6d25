"""Signed webhooks: who signs is believed that something has ended, and nothing else; polling goes on without them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlmodel import col, update

from core.database.session import session
from core.models import User, Video, now
from core.redis import queue
from core.redis.client import close_redis
from core.videos import claims, looks
from tests.environment import forget_settings
from tests.people import ask, ledger, reread
from tests.servers.videos import VideosServer, signed
from tests.waiting import until
from tests.worker import running_worker
from ui.routes import webhooks

pytestmark = pytest.mark.both_databases

SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS10ZXN0cw=="
OTHER = "whsec_" + "YW5vdGhlci1zZWNyZXQtYWx0b2dldGhlcg=="


@pytest.fixture
async def web(place: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The address that takes webhooks: the route alone, in the loop of the test, whose database it uses."""
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", SECRET)
    forget_settings()
    app, listening = FastAPI(), socket.create_server(("127.0.0.1", 0))
    app.include_router(webhooks.router)
    running = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    task = asyncio.create_task(running.serve(sockets=[listening]))
    await until(lambda: running.started)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/webhooks/videos"
    running.should_exit = True
    await task


@pytest.fixture
def server(web: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[VideosServer]:
    """A Videos server that sends webhooks, and is polled so seldom that without them nothing would happen.

    Its jobs end when a test sets the latency to 0.
    """
    with VideosServer(latency=3600, webhook=web, webhook_secret=SECRET) as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        monkeypatch.setattr("workers.videos.pace.Pace.first_look", lambda _: 600.0)
        forget_settings()
        yield running


def event(provider_id: object, kind: str = "video.completed") -> str:
    """As OpenAI writes it."""
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"id": provider_id}})


async def at_the_provider(user: User, provider_id: str = "video_1") -> Video:
    """A video that a provider has, and that is due in an hour."""
    video = await ask(user, model="sora-2")
    async with session() as db:
        claimed = await claims.claim_submit(db, video.id)
        assert claimed is not None
        assert await claims.intend(db, claimed)
        await claims.mark_submitted(db, claimed, provider_id, 3600)
    return video


async def is_due(video: Video) -> bool:
    """Whether its look or its file is due now."""
    return (await reread(video)).next_look_at <= now()


async def send(web: str, body: str, headers: dict[str, str]) -> int:
    """The status of the answer; what was announced is noted, as the watcher does it."""
    async with httpx.AsyncClient(timeout=60) as client:
        status = (await client.post(web, content=body, headers=headers)).status_code
    async with session() as db:
        await looks.mark_ended(db, await queue.take_announced())
    return status


@pytest.mark.parametrize("kind", ["video.completed", "video.failed"])
async def test_a_signed_event_makes_the_video_due_and_a_replay_changes_nothing(
    alice: User, web: str, kind: str
) -> None:
    video = await at_the_provider(alice)
    assert not await is_due(video)
    body = event("video_1", kind)
    headers = signed(SECRET, body)
    for _ in range(3):
        assert await send(web, body, headers) == 200
        assert await is_due(video)
    row = await reread(video)
    assert (row.status, row.ready) == ("processing", kind == "video.completed")


async def test_without_redis_the_event_is_noted_at_once(alice: User, web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    video = await at_the_provider(alice)
    await close_redis()
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    forget_settings()
    body = event("video_1")
    async with httpx.AsyncClient(timeout=60) as client:
        assert (await client.post(web, content=body, headers=signed(SECRET, body))).status_code == 200
    assert await is_due(video)


async def test_an_event_that_comes_too_early_fails_nothing(alice: User, server: VideosServer) -> None:
    server.webhook = ""
    video = await ask(alice, model="sora-2", seconds=4)

    async def status() -> str:
        return (await reread(video)).status

    async def begun() -> bool:
        return await status() == "processing"

    async def completed() -> bool:
        return await status() == "completed"

    async with running_worker():
        await until(begun)
        await queue.announce((await reread(video)).provider_id or "", "completed")
        await until(lambda: server.received("GET", "/content"))
        assert await begun()
        server.latency = 0
        await until(completed)
    assert server.creates == 1


async def test_what_is_not_signed_by_us_or_too_old_is_refused_and_changes_nothing(alice: User, web: str) -> None:
    video = await at_the_provider(alice)
    body, good = event("video_1"), signed(SECRET, event("video_1"))
    for wrong in (
        {},
        signed(OTHER, body),
        signed(SECRET, event("video_2")),
        signed(SECRET, body, datetime.now(UTC) - timedelta(minutes=6)),
        signed(SECRET, body, datetime.now(UTC) + timedelta(minutes=6)),
        {**good, "webhook-id": "msg_other"},
        {**good, "webhook-timestamp": "soon"},
        {**good, "webhook-timestamp": "nan"},
        {**good, "webhook-signature": "garbage"},
        {**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v2,")},
        {**good, "webhook-signature": "v1,####"},
    ):
        assert await send(web, body, wrong) == 401, wrong
    assert not await is_due(video)


async def test_one_of_several_signatures_is_enough(alice: User, web: str) -> None:
    video = await at_the_provider(alice)
    body = event("video_1")
    good = signed(SECRET, body)
    good["webhook-signature"] = f"v1,{'A' * 43}= {good['webhook-signature']}"
    assert await send(web, body, good) == 200
    assert await is_due(video)


async def test_without_a_secret_nobody_is_believed(alice: User, web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_WEBHOOK_SECRET")
    forget_settings()
    body = event("video_1")
    assert await send(web, body, signed(SECRET, body)) == 401


@pytest.mark.parametrize(
    "body",
    [
        event("video_unknown"),
        event("video_1", "response.completed"),
        event(None),
        event(["video_1"]),
        event("x" * 5000),
        json.dumps({"type": "video.completed"}),
        "[]",
        "not json",
        "[" * 100_000,
        "",
    ],
)
async def test_what_we_do_not_know_is_answered_alike_and_changes_nothing(alice: User, web: str, body: str) -> None:
    video = await at_the_provider(alice)
    assert await send(web, body, signed(SECRET, body)) == 200
    assert not await is_due(video)


async def test_a_video_that_has_ended_stays_as_it_is(alice: User, web: str) -> None:
    video = await at_the_provider(alice)
    async with session() as db:
        await db.exec(update(Video).where(col(Video.id) == video.id).values(status="completed"))
    body = event("video_1")
    assert await send(web, body, signed(SECRET, body)) == 200
    assert not await is_due(video)


async def test_a_webhook_ends_the_wait(alice: User, server: VideosServer) -> None:
    good, bad = [await ask(alice, prompt, model="sora-2", seconds=4) for prompt in ("A cup", "A cup [fail]")]

    async def statuses() -> list[str]:
        return [(await reread(v)).status for v in (good, bad)]

    async def running() -> bool:
        return await statuses() == ["processing", "processing"]

    async def ended() -> bool:
        return await statuses() == ["completed", "failed"]

    async with running_worker():
        await until(running)  # a webhook of a job whose id is not written down yet is one that nobody knows
        server.latency = 0
        await until(ended)
    assert await ledger(alice) == [("grant", 100), ("charge", -10), ("charge", -10), ("refund", 10)]


async def test_without_its_webhooks_the_server_is_polled_all_the_same(
    alice: User, server: VideosServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.webhook, server.latency = "http://127.0.0.1:9/nobody", 1.5
    monkeypatch.setattr("workers.videos.pace.Pace.first_look", lambda _: 1.0)
    video = await ask(alice, model="sora-2", seconds=4)

    async def completed() -> bool:
        return (await reread(video)).status == "completed"

    async with running_worker():
        await until(completed)
