"""`storage move`: what is missing is what somebody still has, and no more."""

import asyncio
from pathlib import Path

import pytest
from sqlmodel import col, update

from core import commands
from core.database.session import close_database, session
from core.models import Picture, User, Video, now
from core.storage import store
from tests.environment import forget_settings
from tests.people import ask, finish, photo, picture_of


async def test_a_deleted_picture_whose_file_is_gone_is_not_missing(
    alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, removed, undone, lost = [await picture_of(alice, photo(64 + n, 64)) for n in range(4)]
    video = await ask(alice)
    await finish(video)  # its files were never there
    for picture in (removed, lost):
        await store.delete(picture.key)
    async with session() as db:
        await db.exec(update(Picture).where(col(Picture.id).in_([removed.id, undone.id])).values(deleted_at=now()))
        await db.exec(update(Video).where(col(Video.id) == video.id).values(deleted_at=now()))
    await close_database()
    monkeypatch.setenv("STORAGE_URL", str(tmp_path / "new"))
    forget_settings()

    assert not await asyncio.to_thread(commands.move_storage, str(tmp_path))
    said = capsys.readouterr()
    assert said.err == f"in neither place: {lost.key}\n"
    assert said.out.endswith(f"3 files moved to {tmp_path / 'new'}, 0 were there already, 1 are missing.\n")
    assert [await store.place().size(picture.key) is not None for picture in (kept, undone)] == [True, True]

    async with session() as db:
        await db.exec(update(Picture).where(col(Picture.id) == lost.id).values(deleted_at=now()))
    await close_database()
    assert await asyncio.to_thread(commands.move_storage, str(tmp_path))
