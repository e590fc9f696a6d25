"""The unit of work in which a user pays. Whoever pays from the same balance at the same moment waits here."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakKeyDictionary, WeakValueDictionary

from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.postgresql import FREE_SECONDS
from core.database.session import after_commit, is_postgresql, session
from core.errors import NoAnswer
from core.phrase import Phrase

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakValueDictionary[int, asyncio.Lock]] = WeakKeyDictionary()
"""A lock for each user who pays just now, by event loop; the last who waits takes it along."""


@asynccontextmanager
async def paying(user_id: int) -> AsyncIterator[AsyncSession]:
    """A `session()` for a charge of that user; the caller holds no other one, and waits for no network in it.

    A charge locks the user's row until its commit. On PostgreSQL all who wait for it would hold a connection each and
    wake each other at every commit. So those of one process take turns, before they take a connection: else those who
    wait could hold all of them, and the one whose turn it is would get none. SQLite has one writer anyway.

    Raises NotAvailable after FREE_SECONDS without a turn, as without a connection.
    """
    async with AsyncExitStack() as turn:
        if is_postgresql():
            turn.callback(await _turn(user_id))
        async with session() as db:
            after_commit(db, turn.aclose)  # the first action: the next one waits for no news and no queue
            yield db


async def _turn(user_id: int) -> Callable[[], None]:
    """Wait for the user's turn; returns what ends it."""
    turns = _turns.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
    turn = turns.setdefault(user_id, asyncio.Lock())
    try:
        async with asyncio.timeout(FREE_SECONDS):
            await turn.acquire()
    except TimeoutError as error:
        raise NoAnswer(Phrase("The database")) from error
    return turn.release
