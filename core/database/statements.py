"""Runs statements that are known beforehand in turn; on SQLite all of them in one trip to the connection's thread.

For what happens to every video: there SQLAlchemy's own way of running a statement costs more than the statement.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Float, bindparam
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgresql_dialect
from sqlalchemy.dialects.sqlite.aiosqlite import dialect as sqlite_dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database import sqlite
from core.models import UTCDateTime, now

_DIALECTS: Any = {"sqlite": sqlite_dialect(), "postgresql": postgresql_dialect()}  # type: ignore[no-untyped-call]
T = TypeVar("T")
Values = Mapping[str, Any]


def moment(ahead: timedelta = timedelta()) -> ColumnElement[datetime]:
    """Now plus `ahead` as SQL, whenever the statement runs: one that is built once has no other."""
    return bindparam(None, type_=UTCDateTime(), callable_=lambda: now() + ahead)


def loaded(entity: type[T], columns: Mapping[str, Any]) -> T:
    """A row as its class, as if it had been read in a session that is closed; what else `columns` has is left out."""
    names = entity.__mapper__.columns  # type: ignore[attr-defined]
    row = made(entity, {name: columns[name] for name, _column in names.items()})
    make_transient_to_detached(row)
    return row


def made(entity: type[T], columns: Mapping[str, Any]) -> T:
    """As `entity(**columns)` with all its columns, which would set one after the other: as dear as to write them."""
    row: T = entity.__mapper__.class_manager.new_instance()  # type: ignore[attr-defined]
    vars(row).update(columns)
    return row


class Runs(Protocol):
    """What stands for a session here."""

    async def run(self, statements: Sequence[Any], values: Values) -> "Found":
        """Run statements in turn; see `run`."""


async def run(session: AsyncSession | Runs, steps: Sequence[Any], values: Values) -> dict[str, Any]:
    """Run statements in turn, each with `values` and the columns that those before it returned; returns all columns.

    Stops after one that asks for a row and gets none. The statements are built once, since they are compiled once. A
    parameter has the name of its value.
    """
    return (await _found(session, steps, values)).columns


async def rows(session: AsyncSession | Runs, statement: Any, values: Values) -> list[dict[str, Any]]:
    """`run` one statement; the columns of all its rows."""
    return (await _found(session, (statement,), values)).all_rows()


async def _found(session: AsyncSession | Runs, statements: Sequence[Any], values: Values) -> "Found":
    if not isinstance(session, AsyncSession):
        return await session.run(statements, values)
    connection = await session.connection()
    steps = [compiled(statement, connection.dialect.name) for statement in statements]
    found = Found()
    if connection.dialect.name == "sqlite":
        await in_one_trip(connection, lambda own, _given_up: in_turn(own, steps, values, found))
        return found
    for step in steps:
        result = await connection.exec_driver_sql(step.sql, tuple(step.arguments(values, found.columns)))
        if not found.has(step, result.all() if result.returns_rows else []):
            break
    return found


def in_turn(own: sqlite3.Connection, steps: Sequence["Compiled"], values: Values, found: "Found") -> None:
    """Run them in the connection's thread."""
    for step in steps:
        if not found.has(step, own.execute(step.sql, step.arguments(values, found.columns)).fetchall()):
            return


class Found:
    """What statements have returned."""

    def __init__(self) -> None:
        self.columns: dict[str, Any] = {}
        """Of the first row of each."""
        self._step: Compiled
        self._rows: Sequence[Sequence[Any]] = ()

    def has(self, step: "Compiled", rows: Sequence[Sequence[Any]]) -> bool:
        """Take what a step has returned. False if it asked for a row and got none."""
        self._step, self._rows = step, rows
        if rows:
            self.columns.update(step.columns(rows[0]))
        return bool(rows) or not step.asks

    def all_rows(self) -> list[dict[str, Any]]:
        """The rows of the last step."""
        return [self._step.columns(row) for row in self._rows]


async def in_one_trip(connection: AsyncConnection, work: Callable[[sqlite3.Connection, threading.Event], None]) -> None:
    """Errors and a cancel are treated as by SQLAlchemy: the thread of who has given up may still wait for the lock."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, sqlite.Connection)
    given_up = threading.Event()
    try:
        await driver.run(lambda own: work(own, given_up))
    except sqlite3.Error as error:
        raise DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True) from error
    except asyncio.CancelledError:
        given_up.set()
        await connection.invalidate()
        raise


class Compiled:
    """A statement as the driver's text, with what turns values into the driver's and back."""

    def __init__(self, statement: Any, dialect: Any) -> None:
        compiled = statement.compile(dialect=dialect)
        given = dict.fromkeys(name for name, parameter in compiled.binds.items() if parameter.required)
        written = compiled.construct_expanded_state(given)  # with a parameter for each value of an IN
        of_list = {one: name for name, each in written.parameter_expansion.items() for one in each}
        self.sql = written.statement
        self._arguments = [
            _argument(compiled.binds[of_list.get(name, name)], written.parameters[name], dialect)
            for name in written.positiontup
        ]
        columns = [(column.name, column.type.dialect_impl(dialect)) for column in statement.exported_columns]
        self._from_driver = [  # a float is the driver's own; what PostgreSQL's would do depends on an answer's type
            (name, None if isinstance(kind, Float) else kind.result_processor(dialect, None)) for name, kind in columns
        ]

    def arguments(self, values: Mapping[str, Any], found: Mapping[str, Any]) -> list[Any]:
        """Its parameters in their order; what was found goes before what was given."""
        given = {**values, **found}
        return [argument(given) for argument in self._arguments]

    @property
    def asks(self) -> bool:
        """Whether it returns rows."""
        return bool(self._from_driver)

    def columns(self, row: Sequence[Any]) -> dict[str, Any]:
        """A row of its by the names of the columns."""
        columns = zip(self._from_driver, row, strict=True)
        return {name: process(value) if process else value for (name, process), value in columns}


def _argument(parameter: Any, value: object, dialect: Any) -> Callable[[Mapping[str, Any]], Any]:
    """What gives the driver's value of a parameter, from all values: a known one is made the driver's once."""
    process = parameter.type.dialect_impl(dialect).bind_processor(dialect) or (lambda same: same)
    if parameter.required:
        return lambda values: process(values[parameter.key])
    if parameter.callable:
        return lambda _values: process(parameter.callable())
    known = process(value)
    return lambda _values: known


@lru_cache(100)
def compiled(statement: Any, dialect: str) -> Compiled:
    """The statement for `sqlite` or `postgresql`, compiled once."""
    return Compiled(statement, _DIALECTS[dialect])
