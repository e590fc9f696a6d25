"""Polls of the API cost no look at the database while nothing changes, and tell at once when something does."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from nicegui.testing import User as Visitor
from redis import Redis
from sqlalchemy import event

from core.accounts import api_keys
from core.database import session
from core.errors import EngineError
from core.models import User, Video
from core.redis.news import SIGNED_OUT, News, publish
from core.videos import claims, states
from tests.people import ask
from tests.waiting import until
from ui import poll_cache

POLLS = 50


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every SQL statement of this process meanwhile."""
    queries: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        queries.append(statement)

    engines = {engine.sync_engine for engine in (session.engines().writing, session.engines().reading)}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield queries
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def key_of(user: User) -> dict[str, str]:
    """A header that opens for that user."""
    async with session.session() as db:
        return {"Authorization": f"Bearer {await api_keys.make_key(db, user, 'test')}"}


@pytest.fixture
async def api(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    """The app in this process, which hears the news; nothing that it keeps is forgotten because it is slow."""
    monkeypatch.setattr(poll_cache, "KEPT_SECONDS", 3600.0)
    await until(lambda: poll_cache._state["on"])
    return visitor.http_client


@pytest.fixture
async def video(api: httpx.AsyncClient, alice: User) -> Video:
    """Alice's, which nobody makes: there is no worker."""
    return await ask(alice)


async def test_fifty_polls_while_nothing_changes_look_once(api: httpx.AsyncClient, alice: User, video: Video) -> None:
    address, key = f"/api/v1/videos/{video.id}", await key_of(alice)
    first = await api.get(address, headers=key)
    assert (first.status_code, first.json()["status"]) == (200, "pending")
    with statements() as queries:
        for _ in range(POLLS):
            assert (await api.get(address, headers=key)).json() == first.json()
        assert (await api.get(address, headers=key, params={"wait": 1})).json() == first.json()
    assert queries == []


async def test_a_change_is_told_at_once_and_progress_without_a_look(
    api: httpx.AsyncClient, alice: User, video: Video
) -> None:
    address, key = f"/api/v1/videos/{video.id}", await key_of(alice)
    await api.get(address, headers=key)
    async with session.session() as db:
        assert await claims.claim_local(db)
    assert (await _told(api, address, key, "status", "processing"))["stage"] == "processing"
    with statements() as queries:
        await publish(News(alice.id, video.id, stage="processing", progress=42))
        await _told(api, address, key, "progress", 42)
    assert queries == []
    waiting = asyncio.create_task(api.get(address, headers=key, params={"wait": 60}))
    await asyncio.sleep(0)
    async with session.session() as db:
        await states.fail(db, video, EngineError())
    assert (await waiting).json()["status"] == "failed"
    assert (await _told(api, address, key, "status", "failed"))["error"]


async def _told(api: httpx.AsyncClient, address: str, key: dict[str, str], name: str, value: object) -> dict[str, Any]:
    """The answer once it says so: news takes a moment to travel."""
    answer: dict[str, Any] = {}

    async def says() -> bool:
        answer.update((await api.get(address, headers=key)).json())
        return bool(answer[name] == value)

    await until(says)
    return answer


async def test_what_is_known_is_told_to_its_owner_only(
    api: httpx.AsyncClient, alice: User, charlie: User, video: Video
) -> None:
    address, key, other = f"/api/v1/videos/{video.id}", await key_of(alice), await key_of(charlie)
    for _ in range(2):
        assert (await api.get(address, headers=key)).status_code == 200
        assert (await api.get(address, headers=other)).status_code == 404
    # a header that reads like what is kept of a cookie is no key
    assert (await api.get(address, headers={"Authorization": f"{alice.id} {alice.epoch}"})).status_code == 401
    assert (await api.get(address)).status_code == 401


async def test_a_revoked_key_and_a_blocked_user_get_nothing(api: httpx.AsyncClient, alice: User, video: Video) -> None:
    address, key = f"/api/v1/videos/{video.id}", await key_of(alice)

    async def refused() -> bool:
        return (await api.get(address, headers=key)).status_code == 401

    assert not await refused()
    async with session.session() as db:
        (mine,) = await api_keys.keys(db, alice.id)
        await api_keys.revoke_key(db, alice.id, mine.id)
    assert await refused()

    key = await key_of(alice)
    assert not await refused()
    async with session.session() as db:
        (await db.get_one(User, alice.id)).blocked_at = video.created_at
        session.after_commit(db, lambda: publish(News(alice.id, status=SIGNED_OUT)))
    assert await refused()


async def test_without_news_every_poll_looks(api: httpx.AsyncClient, alice: User, video: Video) -> None:
    address, key = f"/api/v1/videos/{video.id}", await key_of(alice)
    await api.get(address, headers=key)
    poll_cache.off()
    with statements() as queries:
        await api.get(address, headers=key)
        first = len(queries)
        await api.get(address, headers=key)
    assert 0 < first < len(queries)


def _lookups(redis_url: str) -> int:
    """How many commands that look up a key Redis has had so far."""
    with Redis.from_url(redis_url) as client:
        stats = client.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("get", "mget"))


async def test_a_page_of_running_videos_asks_redis_once(api: httpx.AsyncClient, alice: User, redis_url: str) -> None:
    running = [await ask(alice) for _ in range(5)]
    for number, video in enumerate(running):
        await publish(News(alice.id, video.id, stage="processing", progress=10.0 + number))
    key = await key_of(alice)
    before = _lookups(redis_url)
    page = (await api.get("/api/v1/videos", headers=key)).json()["items"]
    assert [(item["stage"], item["progress"]) for item in page] == [("processing", 14.0 - n) for n in range(5)]
    assert _lookups(redis_url) == before + 1
