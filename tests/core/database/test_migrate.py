"""The migrations make exactly the tables of core/models.py, and undo them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from core.database.migrate import MIGRATIONS, in_migration, migrate
from core.settings import ROOT

pytestmark = [pytest.mark.both_databases, pytest.mark.changes_tables]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def _sql(*statements: str) -> list[tuple[Any, ...]]:
    """Run statements beside the app; the rows of the last one."""
    rows: list[tuple[Any, ...]] = []

    def run(connection: Connection) -> None:
        for statement in statements:
            found = connection.execute(text(statement))
        if found.returns_rows:
            rows.extend(tuple(row) for row in found)

    in_migration(run)
    return rows


def _tables() -> set[str]:
    found: set[str] = set()
    in_migration(lambda connection: found.update(inspect(connection).get_table_names()))
    return found


async def test_the_tables_are_what_the_models_say(place: Path) -> None:
    command.check(_config())


async def test_every_migration_can_be_undone_and_done_again(place: Path) -> None:
    command.downgrade(_config(), "base")
    assert _tables() == {"alembic_version"}
    migrate()
    assert "videos" in _tables()


async def test_processes_that_start_at_once_migrate_once(place: Path) -> None:
    command.downgrade(_config(), "base")
    starting = [sys.executable, "-c", "from core.database.migrate import migrate; migrate()"]
    processes = [subprocess.Popen(starting, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate(timeout=120)[1] for process in processes] == [b"", b""]
    assert [process.returncode for process in processes] == [0, 0]
    assert "videos" in _tables()


async def test_a_video_of_the_first_version_keeps_its_ledger_and_has_not_been_retried(place: Path) -> None:
    command.downgrade(_config(), "0001")
    at = "2026-11-24 10:00:00"
    columns = "id, user_id, picture_id, prompt, model, label, seconds, size, framing, cost_credits, status"
    more = "next_look_at, attempts, ready, cancel_requested, note, error_detail, favorite, in_gallery, created_at"
    _sql(
        f"INSERT INTO users VALUES (1, 'a@example.com', '', '', 'user', 90, '{at}')",
        f"INSERT INTO pictures VALUES (1, 1, 'x', 'k', 1, 1, 1, NULL, '{at}')",
        f"INSERT INTO videos ({columns}, {more}) VALUES (1, 1, 1, 'p', 'm', 'M', 4, '1x1', '{{}}', 10,"
        f" 'processing', '{at}', 1, false, false, '', '', false, false, '{at}')",
        f"INSERT INTO ledger VALUES (1, 1, -10, 'charge', 'a charge', 1, 90, '', '{at}')",
    )
    command.upgrade(_config(), "head")
    assert _sql("SELECT id, retried FROM videos") == [(1, False)]
    command.downgrade(_config(), "0001")
    assert _sql("SELECT video_id FROM ledger") == [(1,)]
