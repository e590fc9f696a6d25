"""Migrates the database to the newest revision; safe if several processes start at once."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Connection, text

from core import folders
from core.database import postgresql, sqlite
from core.database.session import is_postgresql
from core.settings import settings

MIGRATIONS = Path(__file__).with_name("migrations")
MIGRATION_LOCK = 4_162_026
MIGRATION_PATIENCE = 60.0


def _is_newest() -> bool:
    """Whether a SQLite file has the newest revision: takes a millisecond, loading Alembic a second."""
    url = settings().database_url
    path = Path(url.removeprefix("sqlite:///"))
    if not url.startswith("sqlite") or not path.is_file():
        return False
    newest = max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    try:
        with contextlib.closing(sqlite3.connect(path.absolute().as_uri() + "?mode=ro", uri=True)) as connection:
            versions: list[tuple[str]] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except sqlite3.Error:
        return False
    return versions == [(newest,)]


def migrate() -> None:
    """Migrate the database to the newest revision. Blocking; safe in several processes at once.

    Raises NotAvailable, and Misconfigured if the folder of the SQLite file can't be made.
    """
    if not is_postgresql():
        folders.make(settings().data_folder)
    if _is_newest():
        return
    from alembic import command  # noqa: PLC0415 - a slow import that most starts don't need
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))  # % is a variable's
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")


def in_migration(run: Callable[[Connection], None]) -> None:
    """Call `run` with a connection, in a transaction during which no other migration runs."""
    if is_postgresql():
        # in a thread, since the caller may run in an event loop
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _in_migration_on_postgresql(run)).result()
        return
    folders.make(settings().data_folder)
    with sqlite.blocking_engine(settings().database_url).begin() as connection:
        run(connection)


async def _in_migration_on_postgresql(run: Callable[[Connection], None]) -> None:
    engine = postgresql.patient_engine(settings().database_url)
    connection = engine.connect()
    try:
        await postgresql.connect_when_up(connection.start, MIGRATION_PATIENCE)
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        await connection.run_sync(run)
        await connection.commit()
    finally:
        await connection.close()
        await engine.dispose()
