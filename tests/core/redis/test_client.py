"""REDIS_URL in all its forms, on real servers; and a Redis that hangs holds nobody up."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest
from redis.exceptions import RedisError

from core import limits
from core.errors import Misconfigured
from core.redis import client as redis_client
from core.redis import embedded, news, queue
from core.redis.client import Place, read
from core.redis.news import News
from tests.environment import forget_settings
from tests.servers.valkey import Valkey, behind_tls, sentinel
from tests.waiting import until

Use = Callable[..., None]


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """A server of its own."""
    server = Valkey()
    yield server
    server.close()


@pytest.fixture
async def at(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Use]:
    """Makes an address that of Redis."""

    def use(url: str, authority: Path | None = None) -> None:
        monkeypatch.setenv("REDIS_URL", url)
        monkeypatch.setenv("REDIS_CA_FILE", str(authority or ""))
        forget_settings()

    yield use
    await redis_client.close_redis()
    monkeypatch.undo()
    forget_settings()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://cache", Place((("cache", 6379),))),
        ("redis://:p%40ss@cache:7000/3", Place((("cache", 7000),), database=3, password="p@ss")),
        ("rediss://ann:s@cache/1", Place((("cache", 6379),), database=1, username="ann", password="s", tls=True)),
        ("unix:///run/valkey.sock?db=2", Place(socket="/run/valkey.sock", database=2)),
        (
            "redis+sentinel://:secret@one,two:7001,[::1]:7002/2?name=ads&sentinel_password=other",
            Place(
                (("one", 26379), ("two", 7001), ("::1", 7002)),
                database=2,
                password="secret",
                master="ads",
                sentinel_password="other",
            ),
        ),
        ("rediss+sentinel://one", Place((("one", 26379),), tls=True, master="mymaster")),
    ],
)
def test_every_form_is_read(url: str, place: Place) -> None:
    assert read(url) == place


@pytest.mark.parametrize("url", ["http://cache", "redis://one,two/0", "redis://cache/first", "redis://cache:port"])
def test_nonsense_is_refused_with_the_variables_name(at: Use, url: str) -> None:
    at(url)
    with pytest.raises(Misconfigured, match="REDIS_URL"):
        redis_client.place()


async def _works() -> None:
    """Queue, counting, news and the last of it."""
    heard: list[News] = []
    started = asyncio.Event()

    async def listen() -> None:
        async with aclosing(news.listen(started.set)) as told:
            heard.append(await anext(told))

    listening = asyncio.create_task(listen())
    await asyncio.wait_for(started.wait(), 30)
    assert await news.publish(News(1, 2, stage="processing", progress=7))
    await until(lambda: heard)
    assert heard == [await news.last_or_none(2)]
    await queue.put("submit", 2, 0)
    assert await queue.waiting() == 1
    await limits.count_upload(1)
    await listening


async def test_behind_tls_and_only_with_a_certificate_that_is_trusted(at: Use, valkey: Valkey, tmp_path: Path) -> None:
    async with behind_tls(valkey, tmp_path) as (port, authority):
        at(f"rediss://127.0.0.1:{port}/0", authority)
        await _works()
        with valkey.client() as client:
            assert client.zcard(queue.QUEUE) == 1
        await redis_client.close_redis()
        at(f"rediss://127.0.0.1:{port}/0")
        with pytest.raises(RedisError, match="certificate"):
            await (await redis_client.redis()).ping()


async def test_sentinels_tell_where_it_is_the_first_of_them_being_away(at: Use, valkey: Valkey) -> None:
    gone, there = sentinel(valkey), sentinel(valkey)
    gone.close()
    try:
        at(f"redis+sentinel://127.0.0.1:{gone.port},127.0.0.1:{there.port}/0?name=mymaster")
        await _works()
    finally:
        there.close()


async def test_one_that_hangs_is_waited_for_once_and_used_again_when_it_goes_on(
    at: Use, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(valkey.url)
    redis = await redis_client.redis()
    assert await redis.ping()
    monkeypatch.setattr(redis_client, "PAUSE_SECONDS", 600.0)
    valkey.hang()
    with pytest.raises(RedisError, match="Timeout reading"):
        await redis.ping()
    # whoever comes now is told at once, however many there are
    told = await asyncio.gather(*(redis.ping() for _ in range(20)), return_exceptions=True)
    assert {str(error) for error in told} == {"Redis does not answer"}
    assert not await news.publish(News(1, 2, stage="processing"))
    assert await news.last_or_none(2) is None
    await limits.count_upload(1)
    valkey.go_on()
    redis.connection_pool.connection_kwargs["retry"].next_try_at = 0.0  # so long later

    async def answers() -> bool:
        return await news.publish(News(1, 2, stage="processing"))

    await until(answers)
    assert await redis.ping()


async def test_a_subscription_notices_that_nothing_can_come_any_more(at: Use, valkey: Valkey) -> None:
    at(valkey.url)
    started = asyncio.Event()

    async def listen() -> None:
        async for _ in news.listen(started.set):
            pass

    listening = asyncio.create_task(listen())
    await asyncio.wait_for(started.wait(), 30)
    valkey.hang()
    with pytest.raises(RedisError):
        await asyncio.wait_for(listening, 60)


def test_an_embedded_server_that_hangs_is_replaced_and_never_doubled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/adsvideo.db")
    monkeypatch.delenv("REDIS_URL", raising=False)
    forget_settings()
    try:
        embedded.ensure()
        process = psutil.Process(int((embedded.folder() / "valkey.pid").read_text()))
        process.suspend()
        monkeypatch.setattr(embedded, "HUNG_SECONDS", 0.5)
        embedded.ensure()
        monkeypatch.setattr(embedded, "HUNG_SECONDS", 60.0)  # a slow one does not hang
        assert embedded.answers()
        assert not process.is_running()
        embedded.ensure()
        assert embedded.answers()
        embedded.stop()
        assert not embedded.answers()
    finally:
        monkeypatch.undo()
        forget_settings()


async def test_a_pipeline_that_is_canceled_gives_its_connection_back(valkey: Valkey, at: Use) -> None:
    at(valkey.url)
    pool = await redis_client.redis()
    pipe = pool.pipeline()
    await pipe.watch("something")  # what is watched is let go first, which asks the server
    valkey.hang()
    try:
        leaving = asyncio.create_task(pipe.reset())  # type: ignore[no-untyped-call]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert pipe.connection is not None
    finally:
        valkey.go_on()
    await until(lambda: pipe.connection is None)
    assert await pool.ping()
