"""Runs statements that are known beforehand in turn; on SQLite all of them in one trip to the connection's thread.

For what happens to every video: there SQLAlchemy's own way of running a statement costs more than the statement.
"""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgresql_dialect
from sqlalchemy.dialects.sqlite.aiosqlite import dialect as sqlite_dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import sqlite

_DIALECTS: Any = {"sqlite": sqlite_dialect(), "postgresql": postgresql_dialect()}  # type: ignore[no-untyped-call]


async def run(session: AsyncSession, steps: Sequence[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Run statements in turn, each with `values` and the columns that those before it returned; returns all columns.

    Stops after one that returns no row; none may return more than one. The statements are built once, since they are
    compiled once. A parameter has the name of its value, and a list of literals is written `in_(map(literal, ...))`.
    """
    connection = await session.connection()
    compiled = [_compiled(step, connection.dialect.name) for step in steps]
    found: dict[str, Any] = {}
    if connection.dialect.name == "sqlite":

        def run_all(own: sqlite3.Connection) -> None:
            for step in compiled:
                row = own.execute(step.sql, step.arguments({**values, **found})).fetchone()
                if row is None:
                    return
                found.update(step.columns(row))

        await _in_one_trip(connection, run_all)
        return found
    for step in compiled:
        row = (await connection.exec_driver_sql(step.sql, tuple(step.arguments({**values, **found})))).first()
        if row is None:
            break
        found.update(step.columns(row))
    return found


async def _in_one_trip(connection: AsyncConnection, work: Any) -> None:
    """Errors and a cancel are treated as by SQLAlchemy: the thread of who is canceled may still wait for the lock."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, sqlite.Connection)
    try:
        await driver.run(work)
    except sqlite3.Error as error:
        raise DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True) from error
    except asyncio.CancelledError:
        await connection.invalidate()
        raise


class _Compiled:
    """A statement as the driver's text, with what turns values into the driver's and back."""

    def __init__(self, statement: Any, dialect: Any) -> None:
        compiled = statement.compile(dialect=dialect)
        parameters = {name: parameter.type.dialect_impl(dialect) for name, parameter in compiled.binds.items()}
        columns = {column.name: column.type.dialect_impl(dialect) for column in statement.exported_columns}
        self.sql = str(compiled)
        self._literals = {name: parameter.value for name, parameter in compiled.binds.items() if not parameter.required}
        self._to_driver = [(name, parameters[name].bind_processor(dialect)) for name in compiled.positiontup]
        self._from_driver = [(name, kind.result_processor(dialect, None)) for name, kind in columns.items()]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Its parameters in their order."""
        given = {**self._literals, **values}
        return [process(given[name]) if process else given[name] for name, process in self._to_driver]

    def columns(self, row: Sequence[Any]) -> dict[str, Any]:
        """A row of its by the names of the columns."""
        columns = zip(self._from_driver, row, strict=True)
        return {name: process(value) if process else value for (name, process), value in columns}


@lru_cache(100)
def _compiled(statement: Any, dialect: str) -> _Compiled:
    return _Compiled(statement, _DIALECTS[dialect])
