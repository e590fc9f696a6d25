"""The folder's path may have any characters; one that can't be made is said in one sentence."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import select

from core.accounts import users
from core.database.migrate import migrate
from core.database.session import close_database, reading, session
from core.errors import Misconfigured
from core.models import User
from core.ops import startup
from core.security import secret
from core.settings import ROOT, settings
from tests.environment import forget_settings


def _use(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/adsvideo.db")
    forget_settings()


@pytest.mark.parametrize("name", ["50% off", "%(here)s", "a%20b", "%%", "a b", "é鞋", "a#b", "a&b=c", "a@b:c"])
async def test_a_path_may_have_any_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _use(monkeypatch, tmp_path / name)
    for _ in range(2):  # made, then seen to be the newest
        await asyncio.to_thread(migrate)
    async with session() as db:
        await users.find_or_create(db, "alice@example.com")
    async with reading() as db:
        assert len((await db.exec(select(User))).all()) == 1
    await close_database()
    assert (tmp_path / name / "adsvideo.db").stat().st_size > 0
    assert settings().data_folder == tmp_path / name
    assert [file.name for file in tmp_path.iterdir()] == [name]


async def test_the_app_itself_may_stand_in_such_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "50% %(off)s").symlink_to(ROOT)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/adsvideo.db")
    done = subprocess.run(
        [sys.executable, "-c", "from core.database import migrate; print(migrate.__file__); migrate.migrate()"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "50% %(off)s"), "DATABASE_URL": f"sqlite:///{tmp_path}/adsvideo.db"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "%(off)s" in done.stdout


def _lock() -> None:
    startup.take_lock("app")


@pytest.mark.parametrize("start", [_lock, migrate, startup.prepare, secret.storage_secret])
@pytest.mark.parametrize("below", ["file", "file/deeper", "/proc/nothing", "x" * 300])
def test_a_folder_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: object, below: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    _use(monkeypatch, tmp_path / below)
    assert callable(start)
    with pytest.raises(Misconfigured, match=r"folder .* can't be made or used"):
        start()
