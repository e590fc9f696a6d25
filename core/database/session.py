"""The engine, and session(): one unit of work that commits on a clean exit."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import postgresql, sqlite
from core.errors import NoAnswer, NoRoom
from core.phrase import Phrase
from core.settings import settings

log = logging.getLogger(__name__)
CLOSE_SECONDS = 5.0
READERS = 16
AfterCommit = Callable[[], Awaitable[object]]


def is_postgresql() -> bool:
    """Which of the two databases this is."""
    return not settings().database_url.startswith("sqlite")


def insert_once(table: Any, *unique: str) -> Any:
    """An INSERT that does nothing, and returns nothing, where a row with the same `unique` columns is there already.

    Another transaction that has just written such a row is waited for: whether it counts is then known.
    """
    insert = postgresql_insert if is_postgresql() else sqlite_insert
    return insert(table).on_conflict_do_nothing(index_elements=unique)


async def one_by_one(session: AsyncSession, what: str) -> None:
    """Until the transaction ends nobody else goes on from here for the same `what`. SQLite has one writer anyway."""
    if is_postgresql():
        lock = text("SELECT pg_advisory_xact_lock(:kind, hashtext(:what))")
        await (await session.connection()).execute(lock, {"kind": 9, "what": what})


@dataclass
class Engines:
    """For units of work that write, and for looks; `idle` is set while none of them is under way."""

    writing: AsyncEngine
    reading: AsyncEngine
    under_way: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.count(0)

    def count(self, more: int) -> None:
        """So many units of work have begun, or ended."""
        self.under_way += more
        if self.under_way:
            self.idle.clear()
        else:
            self.idle.set()


_engines: dict[asyncio.AbstractEventLoop, Engines] = {}


def engines() -> Engines:
    """The engines of the running event loop (connections can't be shared between loops).

    SQLite has one writer at a time. Here they wait in line for the one connection that writes, which costs nothing;
    in SQLite they would poll, each with a thread of its own.
    """
    loop = asyncio.get_running_loop()
    if loop not in _engines:
        _engines[loop] = _new_engines()
    return _engines[loop]


def _new_engines() -> Engines:
    url = settings().database_url
    if is_postgresql():
        both = postgresql.engine(url, settings().database_pool_size)
        return Engines(both, both)
    settings().data_folder.mkdir(parents=True, exist_ok=True)
    return Engines(sqlite.engine(url, sqlite.WRITE, 1), sqlite.engine(url, sqlite.READ, READERS))


async def close_database() -> None:
    """Close the running loop's connections, once those who use one are done with it, at the latest after CLOSE_SECONDS.

    A connection that is given back to an engine that is closed already would stay open for good.
    """
    if loop_engines := _engines.pop(asyncio.get_running_loop(), None):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await loop_engines.idle.wait()
        await loop_engines.writing.dispose()
        await loop_engines.reading.dispose()


def after_commit(session: AsyncSession, action: AfterCommit) -> None:
    """Run `action` once the session's transaction has committed; its failure is logged and changes nothing.

    For news and queue jobs: both may be lost, the database and the sweep bring them back.
    """
    session.info.setdefault("after_commit", []).append(action)


@asynccontextmanager
async def _on(which: Literal["writing", "reading"]) -> AsyncIterator[AsyncSession]:
    loop_engines = engines()
    loop_engines.count(1)
    try:
        async with _opened(getattr(loop_engines, which)) as opened:
            yield opened
    finally:
        loop_engines.count(-1)


@asynccontextmanager
async def _opened(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as opened:
        if not is_postgresql():
            try:
                yield opened
            except OperationalError as error:
                if "disk is full" in str(error.orig):
                    raise NoRoom() from error
                raise
            return
        await postgresql.once_there(opened.connection)
        try:
            yield opened
        except DBAPIError as error:
            if postgresql.is_away(error):
                raise NoAnswer(Phrase("The database")) from error
            raise


@asynccontextmanager
async def session() -> AsyncIterator[AsyncSession]:
    """One unit of work that writes: commits on a clean exit, rolls back on an exception.

    A PostgreSQL that restarts is waited for. Raises NotAvailable if it stays away, or goes away in the middle: then
    nothing was written, except that a commit whose answer was lost may have gone through. Raises NoRoom.
    """
    async with _on("writing") as opened:
        yield opened
        await opened.commit()
    for action in opened.info.get("after_commit", []):
        try:
            await action()
        except Exception as error:
            log.warning("after a commit: %s: %s", type(error).__name__, error)


@asynccontextmanager
async def reading() -> AsyncIterator[AsyncSession]:
    """One look at the database, for reading only; never waits for a writer. Raises NotAvailable."""
    async with _on("reading") as opened:
        yield opened
