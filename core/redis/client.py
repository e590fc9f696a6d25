"""Makes Redis clients for REDIS_URL: a server, with or without TLS, or sentinels that know the server."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from arq.connections import ArqRedis, RedisSettings
from redis.asyncio.client import Pipeline, PubSub
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from core.errors import Misconfigured
from core.redis import embedded, job_json
from core.settings import settings

log = logging.getLogger(__name__)
QUEUE = "adsvideo:queue"
CONNECT_SECONDS = 2
ANSWER_SECONDS = 3
PAUSE_SECONDS = 2.0
PORT, SENTINEL_PORT = 6379, 26379
AWAY = (RedisConnectionError, RedisTimeoutError, OSError)
"""What is raised if Redis can't be reached."""
T = TypeVar("T")


class AtOnce(Retry):
    """Tries once; while Redis is away calls fail at once, and one caller per PAUSE_SECONDS tries it.

    So a caller that can do without Redis does not wait for it, even if it hangs instead of refusing.
    """

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 0)
        self._away = False
        self.next_try_at = 0.0
        self._inside: ContextVar[bool] = ContextVar("inside", default=False)
        self._trying: ContextVar[float] = ContextVar("trying", default=-1.0)

    def __deepcopy__(self, _memo: object) -> "AtOnce":
        return self  # each connection copies its retry, but the state of Redis is the same for all

    async def call_with_retry(self, do: Callable[[], Awaitable[T]], fail: Callable[[Any], Any]) -> T:
        """Call `do`, which may connect and so call this again. Raises RedisConnectionError."""
        if self._inside.get():
            return await self._once(do, fail)
        if self._away:
            self._let_one_try()
        entered = self._inside.set(True)
        try:
            answer = await self._once(do, fail)
        except AWAY as error:
            if not self._away:
                log.warning("Redis does not answer: %s", error)
            self._away, self.next_try_at = True, time.monotonic() + PAUSE_SECONDS
            raise
        finally:
            self._inside.reset(entered)
        if self._away and answer is not None:  # a connection alone proves nothing: a server that hangs accepts it too
            log.info("Redis answers again")
            self._away = False
        return answer

    def _let_one_try(self) -> None:
        """Let one caller per PAUSE_SECONDS through, to connect and to ask. Raises RedisConnectionError."""
        if self._trying.get() == self.next_try_at:
            return
        if time.monotonic() < self.next_try_at:
            raise RedisConnectionError("Redis does not answer")
        self.next_try_at = time.monotonic() + PAUSE_SECONDS
        self._trying.set(self.next_try_at)

    async def _once(self, do: Callable[[], Awaitable[T]], fail: Callable[[Any], Any]) -> T:
        try:
            return await do()
        except self._supported_errors as error:
            await fail(error)
            raise


class _Pipeline(Pipeline):
    """Gives its connection back whole: canceled meanwhile, redis-py's would keep it open and out of its pool."""

    async def reset(self) -> None:
        """See Pipeline; goes on by itself if its caller is canceled."""
        await asyncio.shield(super().reset())  # type: ignore[no-untyped-call]


class _Redis(ArqRedis):
    """arq's client with our pipelines; arq's own calls use them too."""

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """See Redis."""
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


@dataclass(frozen=True)
class Place:
    """A parsed REDIS_URL. With `master`, `hosts` are the sentinels that watch it; else one host, or a `socket`."""

    hosts: tuple[tuple[str, int], ...] = ()
    socket: str | None = None
    database: int = 0
    username: str | None = None
    password: str | None = None
    tls: bool = False
    master: str = ""
    sentinel_password: str | None = None


def read(url: str) -> Place:
    """Parse a REDIS_URL. Raises ValueError."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if parts.scheme == "unix":
        return Place(socket=parts.path, database=int(query.get("db", 0)), password=parts.password or None)
    sentinel = parts.scheme.endswith("+sentinel")
    who, _, where = parts.netloc.rpartition("@")
    username, _, password = who.partition(":")
    hosts = tuple(_host(host, SENTINEL_PORT if sentinel else PORT) for host in where.split(","))
    if not sentinel and len(hosts) > 1:
        raise ValueError("several hosts are sentinels: redis+sentinel://host1,host2/0?name=mymaster")
    return Place(
        hosts=hosts,
        database=int(query.get("db", 0) or parts.path.strip("/") or 0),
        username=unquote(username) or None,
        password=unquote(password) or None,
        tls=parts.scheme.startswith("rediss"),
        master=query.get("name", "mymaster") if sentinel else "",
        sentinel_password=query.get("sentinel_password"),
    )


def _host(text: str, port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    return parts.hostname or "localhost", parts.port or port


def place() -> Place:
    """The parsed REDIS_URL of this installation. Raises Misconfigured."""
    try:
        return read(embedded.redis_url())
    except ValueError as error:
        raise Misconfigured(f"REDIS_URL: {error}") from None


def _tls() -> dict[str, Any]:
    authority = settings().redis_ca_file
    return {"ssl": True, "ssl_check_hostname": True, "ssl_ca_certs": str(authority) if authority else None}


def client() -> ArqRedis:
    """A client with its own connections, opened when needed; does not wait for Redis. Raises Misconfigured."""
    where = place()
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        **(_tls() if where.tls else {}),
    }
    login = {"username": where.username, "password": where.password}
    ours = {**options, **login, "db": where.database, "retry": AtOnce()}
    if where.master:
        sentinel_options = {**options, "password": where.sentinel_password}
        sentinel = Sentinel(where.hosts, sentinel_kwargs=sentinel_options, **ours)  # type: ignore[no-untyped-call]
        redis_client: ArqRedis = sentinel.master_for(where.master, _Redis)
    elif where.socket:
        redis_client = _Redis(unix_socket_path=where.socket, **ours)
    else:
        host, port = where.hosts[0]
        redis_client = _Redis(host=host, port=port, **ours)
    redis_client.default_queue_name = QUEUE
    redis_client.job_serializer, redis_client.job_deserializer = job_json.write, job_json.read
    return redis_client


async def close(redis_client: ArqRedis) -> None:
    """Close a client's connections, those to sentinels too."""
    await redis_client.aclose()
    if isinstance(redis_client.connection_pool, SentinelConnectionPool):
        for sentinel in redis_client.connection_pool.sentinel_manager.sentinels:
            await sentinel.aclose()


def arq_settings() -> RedisSettings:
    """The same for arq's own command line, which makes its own connections."""
    where = place()
    host, port = where.hosts[0] if where.hosts else ("localhost", PORT)
    tls = _tls() if where.tls else {}
    return RedisSettings(
        host=list(where.hosts) if where.master else host,
        port=port,
        unix_socket_path=where.socket,
        database=where.database,
        username=where.username,
        password=where.password,
        sentinel=bool(where.master),
        sentinel_master=where.master or "mymaster",
        conn_timeout=CONNECT_SECONDS,
        **tls,
    )


PING_SECONDS = 3.0
_pools: dict[asyncio.AbstractEventLoop, ArqRedis] = {}


async def redis() -> ArqRedis:
    """The running loop's client. While Redis is away its calls fail at once: see AtOnce."""
    loop = asyncio.get_running_loop()
    if loop not in _pools:
        _pools[loop] = client()
    return _pools[loop]


async def close_redis() -> None:
    """Close the running loop's connections."""
    if pool := _pools.pop(asyncio.get_running_loop(), None):
        await close(pool)


async def subscribe(channel: str) -> AsyncGenerator[bytes | None]:
    """Messages of a channel, after a first None that says the subscription is active. Close it with `aclosing`.

    Raises what redis raises if the connection is lost, or if the server stops answering pings.
    """
    listener = client()
    pubsub = listener.pubsub()
    pinged = False
    try:
        await pubsub.subscribe(channel)
        while True:
            message = await pubsub.get_message(timeout=PING_SECONDS)
            if message is None and pinged:
                raise RedisTimeoutError("Redis has not answered a ping")
            if message is None:
                await pubsub.ping()
            elif message["type"] == "subscribe":
                yield None
            elif message["type"] == "message":
                yield message["data"]
            pinged = message is None
    finally:
        await asyncio.shield(_close(pubsub, listener))  # to its end, though who listens is canceled once more


async def _close(pubsub: PubSub, listener: ArqRedis) -> None:
    await pubsub.aclose()  # type: ignore[no-untyped-call]
    await close(listener)
