"""Connects to SQLite: WAL, a busy timeout, and transactions that declare at BEGIN whether they write."""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import aiosqlite
from sqlalchemy import URL, create_engine, event
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

READ, WRITE = "BEGIN", "BEGIN IMMEDIATE"
"""A deferred transaction that starts to write fails at once while another one writes, whatever busy_timeout says; so
writing transactions begin with IMMEDIATE."""

PRAGMAS = ("journal_mode=WAL", "busy_timeout=15000", "synchronous=NORMAL", "foreign_keys=ON")


def _address(driver: str, url: str) -> URL:
    """What stands after `sqlite:///` is the path as it is: SQLAlchemy would take `%20` in it for a space."""
    return URL.create(driver, database=url.removeprefix("sqlite:///"))


def engine(url: str, begin: str, connections: int) -> AsyncEngine:
    """An engine whose transactions begin with `begin`; with more than `connections` at once, the rest wait."""
    new = create_async_engine(
        _address("sqlite+aiosqlite", url),
        pool_size=connections,
        max_overflow=0,  # each connection is a thread; reopening costs more than keeping it
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={"async_creator_fn": _connect},
    )

    @event.listens_for(new.sync_engine, "begin")
    def _begin(connection: SyncConnection) -> None:
        own: Connection = connection.connection.driver_connection  # type: ignore[assignment]
        own.begin(begin)

    return new


def blocking_engine(url: str) -> Engine:
    """An engine for migrations: every transaction writes, no connection is pooled."""
    new = create_engine(_address("sqlite", url), poolclass=NullPool, hide_parameters=True)

    @event.listens_for(new, "connect")
    def _tune(connection: sqlite3.Connection, _record: object) -> None:
        tune(connection)

    @event.listens_for(new, "begin")
    def _begin(connection: SyncConnection) -> None:
        connection.exec_driver_sql(WRITE)

    return new


def tune(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Set the pragmas of a connection and return it."""
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _connect(*arguments: Any, **options: Any) -> "Connection":
    return Connection(lambda: tune(sqlite3.connect(*arguments, **options)))


class Connection(aiosqlite.Connection):
    """aiosqlite's connection, with fewer trips to its thread: each costs about as much CPU as a small query.

    aiosqlite makes four for each statement (cursor, execute, fetch, close), BEGIN included, and one for a rollback of
    nothing. Here a statement is one trip, and BEGIN travels with the first.
    """

    def __init__(self, connector: Any) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True
        self._begin: str | None = None

    def begin(self, statement: str) -> None:
        """Run this BEGIN before the next statement."""
        self._begin = statement

    def cursor(self) -> "Cursor":  # type: ignore[override]
        """A cursor for one statement."""
        return Cursor(self)

    async def commit(self) -> None:
        """Commit, if a transaction is open."""
        self._begin = None
        if self._conn.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        """Roll back, if a transaction is open."""
        self._begin = None
        if self._conn.in_transaction:
            await super().rollback()

    async def run(self, statements: Callable[[sqlite3.Connection], None]) -> None:
        """Run what executes statements in the connection's thread, after a pending BEGIN."""
        begin, self._begin = self._begin, None

        def trip() -> None:
            if begin:
                self._conn.execute(begin)
            statements(self._conn)

        await self._execute(trip)  # type: ignore[no-untyped-call]


class Cursor:
    """Runs a statement and fetches its rows on the same trip to the thread."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> "Cursor":
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run the statement and fetch its rows."""
        await self._connection.run(partial(self._run, sqlite3.Cursor.execute, sql, parameters))

    async def executemany(self, sql: str, parameters: Sequence[Any]) -> None:
        """Run the statement with each set of parameters."""
        await self._connection.run(partial(self._run, sqlite3.Cursor.executemany, sql, parameters))

    def _run(self, method: Any, sql: str, parameters: Sequence[Any], connection: sqlite3.Connection) -> None:
        cursor = connection.cursor()
        try:
            method(cursor, sql, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()

    async def fetchall(self) -> list[Any]:
        """All its rows."""
        return self._rows

    async def close(self) -> None:
        """Nothing to do: `execute` closes the SQLite cursor."""
