"""The engine, and session(): one unit of work that commits on a clean exit."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import String, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from core import folders
from core.database import postgresql, sqlite
from core.database.one_trip import OneTrip
from core.database.statements import run
from core.errors import NoAnswer, NoRoom
from core.phrase import Phrase
from core.settings import settings

log = logging.getLogger(__name__)
CLOSE_SECONDS = 5.0
READERS = 16
Unit = AsyncSession | OneTrip
"""Of work: what functions take whose statements are `run`. A `OneTrip` commits each run by itself."""
AfterCommit = Callable[[], Awaitable[object]]


def is_postgresql() -> bool:
    """Whether the database is PostgreSQL (else SQLite)."""
    return not settings().database_url.startswith("sqlite")


def insert_once(table: Any, *unique: str) -> Any:
    """An INSERT that does and returns nothing if a row with the same `unique` columns exists.

    Name none if rows written at the same moment can share the values of several unique indexes: all of them count
    then. PostgreSQL looks at the named one first and raises IntegrityError for another that was written meanwhile.

    It waits for another transaction that has just written such a row, until that one commits or rolls back.
    """
    insert = postgresql_insert if is_postgresql() else sqlite_insert
    return insert(table).on_conflict_do_nothing(index_elements=unique or None)


_LOCK = select(func.pg_advisory_xact_lock(9, func.hashtext(bindparam("lock", type_=String()))))


def locking() -> Sequence[Any]:
    """The steps that lock the name `lock` until the transaction ends; others wait. SQLite has one writer anyway."""
    return (_LOCK,) if is_postgresql() else ()


async def lock_until_commit(session: AsyncSession, what: str) -> None:
    """`locking` for a session."""
    await run(session, locking(), {"lock": what})


@dataclass
class Engines:
    """Engines for writing and for reading; `idle` is set while no session is open."""

    writing: AsyncEngine
    reading: AsyncEngine
    under_way: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.count(0)

    def count(self, more: int) -> None:
        """Add to the number of open sessions; negative when they end."""
        self.under_way += more
        if self.under_way:
            self.idle.clear()
        else:
            self.idle.set()


_engines: dict[asyncio.AbstractEventLoop, Engines] = {}


def engines() -> Engines:
    """The engines of the running event loop (connections can't be shared between loops).

    SQLite has one writer at a time. Writers queue here for the one writing connection, which costs nothing; inside
    SQLite they would poll, each with a thread of its own.
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
    folders.make(settings().data_folder)
    return Engines(sqlite.engine(url, sqlite.WRITE, 1), sqlite.engine(url, sqlite.READ, READERS))


async def close_database() -> None:
    """Close the running loop's connections once no session is open, at the latest after CLOSE_SECONDS.

    A connection returned to a closed engine would stay open for good.
    """
    if loop_engines := _engines.pop(asyncio.get_running_loop(), None):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await loop_engines.idle.wait()
        await loop_engines.writing.dispose()
        await loop_engines.reading.dispose()


def after_commit(session: Unit, action: AfterCommit) -> None:
    """Run `action` after the session's commit; if it fails, that is only logged.

    For news and queue jobs: both may be lost, since pages read the database and the sweep queues jobs again.
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
            with _no_room():
                yield opened
            return
        await postgresql.connect_when_up(opened.connection)
        try:
            yield opened
        except DBAPIError as error:
            if postgresql.is_away(error):
                raise NoAnswer(Phrase("The database")) from error
            raise


@contextlib.contextmanager
def _no_room() -> Iterator[None]:
    """Around SQLite: a full disk is NoRoom."""
    try:
        yield
    except OperationalError as error:
        if "disk is full" in str(error.orig):
            raise NoRoom() from error
        raise


@asynccontextmanager
async def session() -> AsyncIterator[AsyncSession]:
    """One unit of work that writes: commits on a clean exit, rolls back on an exception.

    Waits for a PostgreSQL that restarts. Raises NotAvailable if it stays away or goes away in the middle: then nothing
    was written, unless only the answer to the commit was lost. Raises NoRoom.
    """
    async with _on("writing") as opened:
        yield opened
        await opened.commit()
    await _do_after(opened.info)


async def _do_after(info: dict[Any, Any]) -> None:
    for action in info.get("after_commit", []):
        try:
            await action()
        except Exception as error:
            log.warning("after a commit: %s: %s", type(error).__name__, error)


@asynccontextmanager
async def one_trip() -> AsyncIterator[OneTrip]:
    """In place of `session` and `reading` for functions that take it: a tenth of their CPU.

    Each `statements.run` commits by itself. Raises what `session` raises.
    """
    loop_engines = engines()
    loop_engines.count(1)
    opened = OneTrip(loop_engines.writing, loop_engines.reading)
    try:
        with _no_room():
            yield opened
    finally:
        loop_engines.count(-1)
        await _do_after(opened.info)  # of what has been committed, whatever came then


@asynccontextmanager
async def reading() -> AsyncIterator[AsyncSession]:
    """A session for reading only; never waits for a writer. Raises NotAvailable."""
    async with _on("reading") as opened:
        yield opened
