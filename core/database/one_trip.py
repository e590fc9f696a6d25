"""A transaction of statements that are known beforehand in one trip to the database, without a session."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import postgresql, sqlite
from core.database.statements import Found, Values, compiled, in_one_trip, in_turn
from core.errors import NoAnswer
from core.phrase import Phrase


class OneTrip:
    """Stands for a session in functions that only `run`: each run is a transaction of its own, in one trip.

    It reads if all its statements do. On PostgreSQL one statement is one trip, more are one each, and BEGIN and COMMIT.
    """

    def __init__(self, writing: AsyncEngine, reading: AsyncEngine) -> None:
        self.info: dict[str, Any] = {}
        self._writing, self._reading = writing, reading

    async def run(self, statements: Sequence[Any], values: Values) -> Found:
        """For `run` and `rows`."""
        only_reads = all(statement.is_select for statement in statements)
        engine = self._reading if only_reads else self._writing
        steps = [compiled(statement, engine.dialect.name) for statement in statements]
        found = Found()
        if engine.dialect.name == "sqlite":

            def run_all(own: sqlite3.Connection, given_up: threading.Event) -> None:
                own.execute(sqlite.READ if only_reads else sqlite.WRITE)
                in_turn(own, steps, values, found)
                own.execute("ROLLBACK" if given_up.is_set() else "COMMIT")

            async with engine.connect() as connection:
                await in_one_trip(connection, run_all)
            return found
        async with _driver(engine) as driver, driver.transaction() if len(steps) > 1 else nullcontext():
            for step in steps:
                if not found.has(step, await driver.fetch(step.sql, *step.arguments(values, found.columns))):
                    break
        return found


@asynccontextmanager
async def _driver(engine: AsyncEngine) -> AsyncIterator[Any]:
    """asyncpg's own connection. Waits for a server that restarts; raises NotAvailable if it stays or goes away.

    Other errors are SQLAlchemy's.
    """
    connection = engine.connect()
    await postgresql.connect_when_up(connection.start)
    try:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        try:
            yield driver
        except asyncio.CancelledError:
            # it may be inside a transaction, of which the pool knows nothing: whoever got it next would commit nothing
            await asyncio.shield(connection.invalidate())
            raise
        except Exception as error:
            if driver.is_closed() or postgresql.is_away(error):
                raise NoAnswer(Phrase("The database")) from error
            if not isinstance(error, asyncpg.PostgresError):
                raise
            kind = IntegrityError if isinstance(error, asyncpg.IntegrityConstraintViolationError) else DBAPIError
            raise kind(None, None, error, hide_parameters=True) from error
    finally:
        await asyncio.shield(connection.close())
