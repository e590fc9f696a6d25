"""SQLite as the app uses it: WAL, patience, transactions that say at their beginning whether they will write."""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import aiosqlite
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

READ, WRITE = "BEGIN", "BEGIN IMMEDIATE"
"""A deferred transaction that turns into a writing one fails at once when somebody else writes, whatever busy_timeout
says; so writers say so at their beginning."""

PRAGMAS = ("journal_mode=WAL", "busy_timeout=15000", "synchronous=NORMAL", "foreign_keys=ON")


def engine(url: str, begin: str, connections: int) -> AsyncEngine:
    """For transactions that begin with `begin`, so many at once; further ones wait in line."""
    new = create_async_engine(
        url.replace("sqlite:", "sqlite+aiosqlite:", 1),
        pool_size=connections,
        max_overflow=0,  # a connection is a thread: one that is closed and opened again costs more than it holds
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
    """For migrations: every transaction writes, and no connection is kept."""
    new = create_engine(url, poolclass=NullPool)

    @event.listens_for(new, "connect")
    def _tune(connection: sqlite3.Connection, _record: object) -> None:
        tune(connection)

    @event.listens_for(new, "begin")
    def _begin(connection: SyncConnection) -> None:
        connection.exec_driver_sql(WRITE)

    return new


def tune(connection: sqlite3.Connection) -> sqlite3.Connection:
    """As every connection is set."""
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _connect(*arguments: Any, **options: Any) -> "Connection":
    return Connection(lambda: tune(sqlite3.connect(*arguments, **options)))


class Connection(aiosqlite.Connection):
    """aiosqlite's connection, with fewer trips to its thread: each costs about as much CPU as a small query.

    aiosqlite makes four for each statement (cursor, execute, fetch, close), BEGIN is a statement of its own, and a
    rollback of nothing one more trip. Here a statement is one trip, and BEGIN goes along with the first.
    """

    def __init__(self, connector: Any) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True
        self._begin: str | None = None

    def begin(self, statement: str) -> None:
        """The next statement begins a transaction with this one."""
        self._begin = statement

    def cursor(self) -> "Cursor":  # type: ignore[override]
        """One that lives for one statement."""
        return Cursor(self)

    async def commit(self) -> None:
        """Commit what there is."""
        self._begin = None
        if self._conn.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        """Undo what there is."""
        self._begin = None
        if self._conn.in_transaction:
            await super().rollback()

    async def run(self, statement: Callable[[sqlite3.Connection, str | None], None]) -> None:
        """Run a cursor's statement in our thread, after the BEGIN that is due."""
        begin, self._begin = self._begin, None
        await self._execute(statement, self._conn, begin)  # type: ignore[no-untyped-call]


class Cursor:
    """A statement and its rows, fetched on the same trip."""

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
        """Run it."""
        await self._connection.run(partial(self._run, sqlite3.Cursor.execute, sql, parameters))

    async def executemany(self, sql: str, parameters: Sequence[Any]) -> None:
        """Run it with each of these sets of parameters."""
        await self._connection.run(partial(self._run, sqlite3.Cursor.executemany, sql, parameters))

    def _run(
        self, method: Any, sql: str, parameters: Sequence[Any], connection: sqlite3.Connection, begin: str | None
    ) -> None:
        cursor = connection.cursor()
        try:
            if begin:
                cursor.execute(begin)
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
        """It has been closed already."""
