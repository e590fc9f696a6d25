"""What goes by itself: past its age, over a user's room, known to nobody. On disk and in a bucket."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.database.session import reading, session
from core.models import User, Video, now
from core.settings import ROOT
from core.social import sharing
from core.storage import store
from core.videos.retention import GB
from tests.environment import forget_settings
from tests.people import picture_of
from tests.servers.s3 import S3Server
from workers.cron import cleanup

DAY = timedelta(days=1)


@pytest.fixture(autouse=True, params=["disk", "bucket/with/a/prefix"])
def storage(request: pytest.FixtureRequest, place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the files are."""
    kind, _, prefix = request.param.partition("/")
    if kind == "bucket":
        server: S3Server = request.getfixturevalue("s3")
        for name, value in server.variables(prefix).items():
            monkeypatch.setenv(name, value)
    monkeypatch.setattr("core.settings.ROOT", place)  # with a bucket and PostgreSQL the workspace would be our own
    forget_settings()
    yield kind


def _set(monkeypatch: pytest.MonkeyPatch, **values: object) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, str(value))
    forget_settings()


async def _made(user: User, days: float = 0, gigabytes: float = 0, **values: Any) -> Video:
    """A completed video, so old, said to be so large."""
    picture = await picture_of(user)
    video = Video(
        user_id=user.id,
        picture_id=picture.id,
        prompt="A film",
        model="camera",
        label="Camera",
        seconds=4,
        size="1280x720",
        cost_credits=10,
        status="completed",
        completed_at=now() - DAY * days,
        bytes=int(gigabytes * GB),
        **values,
    )
    async with session() as db:
        db.add(video)
        await db.flush()
        video.key, video.poster_key = f"videos/{video.id}/a.mp4", f"videos/{video.id}/a.webp"
        await store.put(b"film", video.key)
        await store.put(b"poster", video.poster_key)
    return video


async def _there(*keys: str | None) -> list[bool]:
    return [await store.place().size(key or "") is not None for key in keys]


async def _clean(**options: Any) -> list[str]:
    """What it says."""
    lines: list[str] = []
    assert await cleanup.run(lines.append, **options) == len(lines)
    return lines


async def test_without_a_setting_everything_is_kept(alice: User) -> None:
    video = await _made(alice, days=5000, gigabytes=2)
    assert await _clean() == []
    assert await _there(video.key) == [True]


@pytest.mark.both_databases
async def test_what_is_too_old_goes_unless_favourite_or_shared(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, RETENTION_DAYS=30)
    old, young = await _made(alice, days=31), await _made(alice, days=29)
    favorite, shared = await _made(alice, days=31, favorite=True), await _made(alice, days=31)
    async with session() as db:
        await sharing.share(db, alice.id, shared.id, in_gallery=False)
    assert await _clean(dry=True) == [f"video {old.id} of user {alice.id}, 0 bytes: too old"]
    assert await _there(old.key) == [True]

    assert len(await _clean()) == 1
    assert await _there(old.key, old.poster_key) == [False, False]
    assert await _there(young.key, favorite.key, shared.key) == [True, True, True]
    async with reading() as db:
        gone = await db.get(Video, old.id)
        assert gone and gone.deleted_at and gone.key is None
    assert await _clean() == []


@pytest.mark.both_databases
async def test_the_oldest_go_until_a_user_is_below_the_quota(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, STORAGE_QUOTA_GB=2.5)
    favorite = await _made(alice, gigabytes=1, favorite=True)
    first, second, third = [await _made(alice, gigabytes=1) for _ in range(3)]
    bobs = [await _made(bob, gigabytes=1) for _ in range(2)]
    assert len(await _clean(dry=True)) == 2
    assert len(await _clean()) == 2
    assert await _there(first.key, second.key) == [False, False]
    assert await _there(favorite.key, third.key, *(video.key for video in bobs)) == [True] * 4
    assert await _clean() == []


async def test_what_goes_by_its_age_makes_room(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, STORAGE_QUOTA_GB=2, RETENTION_DAYS=30)
    old, *young = [await _made(alice, days=days, gigabytes=1) for days in (40, 2, 1)]
    assert await _clean() == [f"video {old.id} of user {alice.id}, {GB} bytes: too old"]
    assert await _there(*(video.key for video in young)) == [True, True]


@pytest.mark.both_databases
async def test_in_batches_of_a_few_all_go(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, STORAGE_QUOTA_GB=1, RETENTION_DAYS=30)
    for days in (40, 40, 40, 1, 1, 1, 1):
        await _made(alice, days=days, gigabytes=1)
    assert len(await _clean(at_once=2)) == 6


async def test_files_that_no_row_knows_go_once_they_are_a_day_old(
    alice: User, storage: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = await _made(alice)
    picture = await picture_of(alice)
    lost = ["pictures/9/lost.jpg", "tmp/lost.mp4", f"videos/{video.id}/lost.mp4"]
    others = ["else/lost.jpg", "videos.txt"]
    for key in (*lost, *others):
        await store.put(b"lost", key)
    assert await _clean() == [], "their rows may not be written yet"

    monkeypatch.setattr("core.videos.retention.ORPHAN_AGE", -DAY)
    work = store.workspace() / "video-9-x"
    work.mkdir()
    (work / "raw.mp4").write_bytes(b"half")
    assert len(await _clean(dry=True)) == 4
    assert await _there(*lost) == [True, True, True]
    lines = sorted(line.split(" in ")[0] for line in await _clean())
    assert lines == sorted([*lost, "tmp/video-9-x/raw.mp4"])
    assert await _there(*lost) == [False, False, False]
    assert await _there(video.key, video.poster_key, picture.key, *others) == [True] * 5
    assert not (work / "raw.mp4").exists()


async def test_a_row_whose_file_is_missing_is_left_alone(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.videos.retention.ORPHAN_AGE", -DAY)
    video = await _made(alice)
    await store.delete(video.key)
    assert await _clean() == []
    async with reading() as db:
        row = await db.get(Video, video.id)
        assert row and row.key == video.key and row.deleted_at is None


async def test_the_command_says_what_would_go_and_removes_it(
    alice: User, storage: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if storage == "bucket":
        pytest.skip("the command is the same")
    _set(monkeypatch, RETENTION_DAYS=30)
    video = await _made(alice, days=31)
    orphan = place / "videos" / "lost.mp4"
    orphan.write_bytes(b"lost")
    os.utime(orphan, (time.time() - 2 * 86400,) * 2)

    def command(*words: str) -> list[str]:
        run = [sys.executable, str(ROOT / "main.py"), "cleanup", *words]
        done = subprocess.run(run, check=False, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    lines = [
        f"video {video.id} of user {alice.id}, 0 bytes: too old",
        f"videos/lost.mp4 in {place}: no video or picture knows it",
    ]
    assert command("--dry-run") == [*lines, "2 videos and files would be removed."]
    assert orphan.exists()
    assert command() == [*lines, "2 videos and files are removed."]
    assert not orphan.exists()
    assert await _there(video.key) == [False]
    assert command() == ["0 videos and files are removed."]
