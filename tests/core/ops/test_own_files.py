"""Database, storage and logs are for our own user alone, whoever else is on the machine."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.ops import own_files, startup
from core.settings import ROOT


@pytest.fixture(autouse=True)
def careless() -> Iterator[None]:
    """A start as most systems start us: new files are for all to read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def _open_to_others(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if stat.S_IMODE(path.lstat().st_mode) & 0o077
    )


def _kept_before(folder: Path) -> None:
    """What an older version has left."""
    for name in ("adsvideo.db", "adsvideo.db-wal", "adsvideo.db-shm", "valkey-1/dump.rdb", "videos/17/a.mp4"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def _command(folder: Path, *arguments: str) -> None:
    variables = {"DATABASE_URL": f"sqlite:///{folder}/adsvideo.db", "STORAGE_URL": f"{folder}/files"}
    subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *arguments],
        env={**os.environ, **variables},
        cwd=folder,
        capture_output=True,
        timeout=120,
        check=True,
    )


def test_what_a_command_makes_is_for_us_alone(tmp_path: Path) -> None:
    _command(tmp_path, "key", "ann@example.com")
    assert (tmp_path / "adsvideo.db").is_file()
    assert _open_to_others(tmp_path) == []


def test_what_was_there_before_is_closed_to_others(place: Path) -> None:
    _kept_before(place)
    own_files.close_to_others()
    assert _open_to_others(place) == []
    assert _mode(place / "videos/17/a.mp4") == "0o600"
    assert _mode(place / "videos/17") == "0o700"


def test_a_start_closes_what_was_there_before(place: Path) -> None:
    (place / "videos").mkdir()
    (place / "videos/a.mp4").write_bytes(b"x")
    assert {"adsvideo.db", "videos", "videos/a.mp4"} <= set(_open_to_others(place))
    startup.prepare()
    assert _open_to_others(place) == []


def test_what_is_not_ours_is_left_as_it_is(place: Path) -> None:
    """The folder may be a home or /tmp: only what we make in it is ours. A link leads elsewhere."""
    elsewhere = place.parent / f"{place.name}-elsewhere.txt"
    (place / "notes.txt").write_text("x")
    (place / "videos").mkdir()
    elsewhere.write_text("x")
    (place / "videos/link.mp4").symlink_to(elsewhere)
    place.chmod(0o755)
    own_files.close_to_others()
    assert [_mode(path) for path in (place, place / "notes.txt", elsewhere)] == ["0o755", "0o644", "0o644"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_another_user_owns_is_left_as_it_is(place: Path) -> None:
    _kept_before(place)
    os.chown(place / "videos/17/a.mp4", 65534, 65534)
    own_files.close_to_others()
    assert _open_to_others(place) == ["videos/17/a.mp4"]


@pytest.mark.both_databases
def test_at_debug_no_value_of_a_query_is_in_the_log(place: Path) -> None:
    script = (
        "import asyncio; from core.ops.logs import set_up_logging; set_up_logging('web')\n"
        "from core.accounts import users; from core.database.session import close_database, session\n"
        "async def main():\n"
        "    async with session() as db:\n"
        "        await users.find_or_create(db, 'secret.person@example.com', 'Ann')\n"
        "    async with session() as db:\n"
        "        await users.find_or_create(db, 'secret.person@example.com', 'Ann')\n"
        "    await close_database()\n"
        "asyncio.run(main()); import logging; logging.getLogger('x').debug('at the end')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "LOG_LEVEL": "DEBUG"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "at the end" in done.stderr
    assert "secret.person" not in done.stderr
