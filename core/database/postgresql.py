"""Connects to PostgreSQL: engines, time limits, and waiting for a server that restarts."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from core.errors import NoAnswer
from core.phrase import Phrase

LIBPQ_ONLY = {
    *("channel_binding", "connect_timeout", "fallback_application_name", "gssdelegation", "gssencmode", "keepalives"),
    *("keepalives_count", "keepalives_idle", "keepalives_interval", "load_balance_hosts", "require_auth"),
    *("sslcertmode", "sslcompression", "sslsni", "tcp_user_timeout"),
}
"""URL parameters of libpq that asyncpg does not know: it would send them to the server, which refuses them."""

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
FREE_SECONDS = 15.0
RECYCLE_SECONDS = 1800
TRUSTED_SECONDS = 1.0
"""So long after its last use a connection needs no test: nothing on the way drops it so soon."""
RESTART_SECONDS = 10.0
PAUSE_SECONDS = 0.1

SESSION = """
SET application_name = 'adsvideo';
SET default_transaction_isolation = 'read committed';
SET lock_timeout = '15s';
SET statement_timeout = '60s';
SET idle_in_transaction_session_timeout = '60s';
SET jit = off
"""
"""Run on every new connection. Locks are short, so waiting longer than these limits means a fault; a process that hangs
loses its locks. As statements, since a pooler refuses most of them as start parameters."""


def without_libpq_only(url: str) -> str:
    """The URL without parameters that asyncpg does not know; it reads `sslmode` and certificates itself."""
    parts = urlsplit(url)
    options = [(name, value) for name, value in parse_qsl(parts.query) if name not in LIBPQ_ONLY]
    return urlunsplit(parts._replace(query=urlencode(options)))


def _connect(url: str, *, patient: bool) -> Callable[..., Awaitable[Any]]:
    plain = without_libpq_only(url)

    async def connect(*_: object, **__: object) -> Any:
        connection = await asyncpg.connect(
            plain, timeout=CONNECT_SECONDS, command_timeout=None if patient else ANSWER_SECONDS
        )
        if not patient:
            try:
                await connection.execute(SESSION)
            except BaseException:  # given up, too: nobody else knows of this connection
                connection.terminate()
                raise
        return connection

    return connect


def engine(url: str, size: int) -> AsyncEngine:
    """A pool of `size` connections, each tested before use, so that a dead one causes no error.

    A test is three trips. One that was in use a moment ago is only asked whether the server has closed it since.
    """
    new = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=_connect(url, patient=False),
        hide_parameters=True,
        pool_size=size,
        max_overflow=0,
        pool_timeout=FREE_SECONDS,
        pool_recycle=RECYCLE_SECONDS,
        pool_use_lifo=True,
    )

    @event.listens_for(new.sync_engine, "checkin")
    def _used(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(new.sync_engine, "checkout")
    def _test(connection: Any, record: ConnectionPoolEntry, _holder: object) -> None:
        idle = time.monotonic() - record.info.get("used_at", time.monotonic())
        try:
            if idle > TRUSTED_SECONDS:
                new.dialect.do_ping(connection)
        except new.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError() from error
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError()

    return new


def patient_engine(url: str) -> AsyncEngine:
    """An engine without time limits and pool, for migrations."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=_connect(url, patient=True),
        poolclass=NullPool,
        hide_parameters=True,
    )


def is_away(error: BaseException) -> bool:
    """Whether the server is down, restarting, full, has closed the connection, or gave others the way (a deadlock).

    Nothing was written, and the same may work a moment later.
    """
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig else None
        return error.connection_invalidated or (cause is not None and is_away(cause))
    lost_connection = (
        OSError,
        asyncpg.PostgresConnectionError,
        asyncpg.CannotConnectNowError,
        asyncpg.TooManyConnectionsError,
    )
    ended = asyncpg.AdminShutdownError, asyncpg.CrashShutdownError, asyncpg.DeadlockDetectedError
    return isinstance(error, (*lost_connection, *ended))


async def connect_when_up(connect: Callable[[], Awaitable[object]], seconds: float | None = None) -> None:
    """Connect, retrying for `seconds` (default RESTART_SECONDS) while the server is away.

    So a restart is a pause, not an error. Raises NotAvailable.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + (RESTART_SECONDS if seconds is None else seconds)
    while True:
        try:
            await connect()
        except PoolTimeout as error:
            raise NoAnswer(Phrase("The database")) from error
        except Exception as error:
            if not is_away(error):
                raise
            if clock() > end:
                raise NoAnswer(Phrase("The database")) from error
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return
