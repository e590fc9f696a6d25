"""Files on disk and in a bucket: the same promises, and a way from one to the other."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.database.session import session
from core.errors import NoRoom, NotAvailable
from core.models import User
from core.storage import store
from core.storage.disk import Disk
from core.videos import claims, states
from tests.environment import forget_settings
from tests.people import ask, reread
from tests.servers.s3 import S3Server

MIB = 1024 * 1024


@pytest.fixture(params=["disk", "bucket", "bucket/with/a/prefix"])
def kept(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clean_environment: None
) -> Iterator[str]:
    """The app keeps its files in one of these."""
    monkeypatch.setenv("STORAGE_URL", str(tmp_path / "files"))
    kind, _, prefix = request.param.partition("/")
    if kind == "bucket":
        server: S3Server = request.getfixturevalue("s3")
        for name, value in server.variables(prefix).items():
            monkeypatch.setenv(name, value)
    forget_settings()
    yield request.param
    forget_settings()


async def test_a_full_disk_is_said_so_and_leaves_no_half_file(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # as a disk with that much left
    try:
        with pytest.raises(NoRoom, match="disk is full"):
            await Disk(tmp_path).put(b"x" * 2000, "pictures/a.jpg")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


async def test_what_is_put_is_got_back_until_it_is_deleted(kept: str) -> None:
    await store.put(b"a picture", "pictures/1/a.jpg")
    assert await store.get("pictures/1/a.jpg") == b"a picture"
    await store.delete("pictures/1/a.jpg", None, "pictures/1/never.jpg")
    with pytest.raises(FileNotFoundError):
        await store.get("pictures/1/a.jpg")
    assert await store.place().size("pictures/1/a.jpg") is None


async def test_a_large_file_is_moved_there_whole_and_is_gone_here(kept: str) -> None:
    content = os.urandom(MIB) * 17  # several parts of an upload
    source = store.workspace() / "made.mp4"
    source.write_bytes(content)
    await store.keep(source, "videos/1/a.mp4")
    assert not source.exists()
    assert await store.place().size("videos/1/a.mp4") == len(content)
    assert await store.get("videos/1/a.mp4") == content


async def test_it_says_whether_it_can_be_written_to(kept: str) -> None:
    assert not await store.trouble()


async def test_it_says_without_writing_whether_it_is_there(kept: str) -> None:
    store.workspace()  # as a start does
    assert not await store.absence()
    assert [key async for part in store.place().files("tmp") for key in part] == []


async def test_a_folder_that_is_gone_is_said_to_be(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_URL", str(place / "gone"))
    forget_settings()
    assert "gone" in await store.absence()
    assert not (place / "gone").exists()


async def test_a_bucket_hands_out_parts_by_an_address_that_expires(kept: str) -> None:
    await store.put(b"0123456789", "videos/1/a.mp4")
    url = await store.url("videos/1/a.mp4")
    if kept == "disk":
        assert url is None
        return
    assert url
    assert "X-Amz-Expires=3600" in url
    async with httpx.AsyncClient(timeout=60) as browser:
        part = await browser.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["content-type"]) == (206, b"234", "video/mp4")


async def test_a_cdn_in_front_takes_the_place_of_signed_addresses(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**s3.variables(), "CDN_URL": "https://cdn.example.com/"}.items():
        monkeypatch.setenv(name, value)
    forget_settings()
    assert await store.url("videos/1/a.mp4") == "https://cdn.example.com/videos/1/a.mp4"


async def test_a_bucket_that_is_not_there_is_said_to_be_away(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**s3.variables(), "STORAGE_URL": "s3://nowhere"}.items():
        monkeypatch.setenv(name, value)
    forget_settings()
    assert await store.trouble()
    assert await store.absence()
    with pytest.raises(NotAvailable, match="The storage does not answer"):
        await store.put(b"", "a")


async def test_files_move_from_one_to_the_other_and_their_rows_stay_valid(
    alice: User, s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = await ask(alice)
    async with session() as db:
        await claims.claim_local(db)
    async with session() as db:
        await states.finish(
            db, video, key="videos/1/a.mp4", poster_key="videos/1/a.webp", width=1, height=1, duration=1, size_bytes=2
        )
    await store.put(b"video", "videos/1/a.mp4")
    await store.put(b"poster", "videos/1/a.webp")
    disk = store.place()
    assert isinstance(disk, Disk)
    for name, value in s3.variables().items():
        monkeypatch.setenv(name, value)
    forget_settings()

    # broken off between the copy and the removal
    await store.put(b"poster", "videos/1/a.webp")
    done = await reread(video)
    moved = [await store.move(key or "", disk, store.place()) for key in (done.key, done.poster_key)]
    assert moved == [True, True]
    assert await store.get(done.key or "") == b"video"
    assert [await disk.size(key or "") for key in (done.key, done.poster_key)] == [None, None]
    assert not await store.move(done.key or "", disk, store.place())
    with pytest.raises(FileNotFoundError):
        await store.move("videos/1/never.mp4", disk, store.place())
