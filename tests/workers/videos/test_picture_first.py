"""The picture is made ready before the intent is written: what breaks there is ours, and no server has heard of it."""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import col, update

from core.database.session import reading, session
from core.models import Picture, User, Video, now
from core.notes import from_code, from_note
from core.storage import store
from core.videos import claims, states
from tests.environment import forget_settings
from tests.people import ask, ledger, photo, reread
from tests.running import RunningApp, free_port
from tests.servers.s3 import S3Server
from tests.servers.videos import VideosServer
from tests.waiting import until
from tests.worker import running_worker

CHARGED = [("grant", 100), ("charge", -10)]
RETURNED = [*CHARGED, ("refund", 10)]
both_ways = pytest.mark.parametrize("model", ["sora-2", "camera"])


async def has(video: Video, *statuses: str) -> Video:
    """The video once it has one of these statuses."""

    async def check() -> bool:
        return (await reread(video)).status in statuses

    await until(check, 120)
    return await reread(video)


async def picture_file(video: Video) -> Path:
    """Where the video's picture is kept."""
    async with reading() as db:
        path = store.path((await db.get_one(Picture, video.picture_id)).key)
    assert path is not None
    return path


class HeldPicture:
    """The file of a video's picture that is handed out only when the test says so: a named pipe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = path.read_bytes()
        path.unlink()
        os.mkfifo(path)
        self._end = -1

    async def is_read(self) -> None:
        """Until a worker has begun to read it."""

        def opened() -> bool:
            try:
                self._end = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # nobody is there
                return False
            return True

        await until(opened, 120)

    async def hand_out(self) -> None:
        """Give it to its reader, and to the next one: the studio camera reads it once more to cut the product out."""
        self.path.unlink()
        self.path.write_bytes(self.content)
        os.set_blocking(self._end, True)
        with os.fdopen(self._end, "wb") as end:
            await asyncio.to_thread(end.write, self.content)

    def put_back(self) -> None:
        """Again a file like any other."""
        os.close(self._end)
        self.path.unlink()
        self.path.write_bytes(self.content)


async def lease_over(video: Video) -> None:
    """So long later that whoever had taken it on has lost it."""
    async with session() as db:
        earlier = now() - timedelta(seconds=30)
        await db.exec(update(Video).where(col(Video.id) == video.id).values(next_look_at=earlier))


@both_ways
async def test_a_worker_killed_while_it_frames_the_picture_loses_nothing(
    alice: User, server: VideosServer, place: Path, model: str
) -> None:
    video = await ask(alice, model=model, seconds=4)
    held = HeldPicture(await picture_file(video))
    variables = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "STORAGE_URL")}
    worker = RunningApp(place, "worker", **variables).start(wait=False)
    assert worker.process is not None
    try:
        await held.is_read()
    finally:
        worker.process.kill()
        worker.process.wait()
    held.put_back()
    await lease_over(video)
    async with running_worker():
        ended = await has(video, "completed", "failed")
    assert (ended.status, ended.attempts) == ("completed", 2 if model == "camera" else 3)  # create, then the file
    assert len(server.received("POST")) == (model != "camera")
    assert await ledger(alice) == CHARGED


@both_ways
async def test_a_cancel_while_the_picture_is_framed_is_at_once_and_nothing_is_sent(
    alice: User, server: VideosServer, model: str
) -> None:
    video = await ask(alice, model=model, seconds=4)
    held = HeldPicture(await picture_file(video))
    async with running_worker():
        await held.is_read()
        async with session() as db:
            assert (await states.cancel(db, alice.id, video.id)).status == "canceled"
        await held.hand_out()  # the worker goes on
        await asyncio.sleep(1)
    assert (await reread(video)).status == "canceled"
    assert server.received("POST") == []
    assert await ledger(alice) == RETURNED


async def test_a_worker_that_stops_while_it_frames_the_picture_gives_the_video_back(
    alice: User, server: VideosServer
) -> None:
    video = await ask(alice, model="sora-2", seconds=4)
    held = HeldPicture(await picture_file(video))
    async with running_worker():
        await held.is_read()
    stopped = await reread(video)
    await held.hand_out()
    assert (stopped.status, stopped.submitted_at) == ("pending", None)
    assert stopped.next_look_at <= now()
    assert server.received("POST") == []


async def no_row(video: Video) -> None:
    """Its picture's row is gone, which the database itself does not let happen."""
    url = os.environ["DATABASE_URL"]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as rows:
            rows.execute("DELETE FROM pictures")
            rows.commit()
        return
    async with session() as db:
        await db.exec(text("SET LOCAL session_replication_role = replica"))  # type: ignore[call-overload]
        await db.exec(text("DELETE FROM pictures"))  # type: ignore[call-overload]


async def no_file(video: Video) -> None:
    """Its picture's file is gone."""
    (await picture_file(video)).unlink()


async def half_a_file(video: Video) -> None:
    """Its picture's file is cut off."""
    (await picture_file(video)).write_bytes(photo(800, 600)[:5000])


async def another_file(video: Video) -> None:
    """What is there is no picture."""
    (await picture_file(video)).write_bytes(b"hello, I am a text file")


async def a_bad_disk(video: Video) -> None:
    """The disk does not give the file out."""
    path = await picture_file(video)
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("broken", "code", "sentence"),
    [
        (no_row, "picture_gone", "The picture of this video is no longer there"),
        (no_file, "picture_gone", "The picture of this video is no longer there"),
        (half_a_file, "picture_damaged", "The picture of this video is damaged"),
        (another_file, "picture_damaged", "The picture of this video is damaged"),
        (a_bad_disk, "picture_unread", "The picture of this video could not be read from our storage"),
    ],
)
@both_ways
async def test_what_is_wrong_with_the_picture_is_said_at_once_and_paid_back(
    alice: User,
    server: VideosServer,
    *,
    model: str,
    broken: Callable[[Video], Awaitable[None]],
    code: str,
    sentence: str,
) -> None:
    video = await ask(alice, model=model, seconds=4)
    await broken(video)
    async with running_worker():
        failed = await has(video, "failed", "completed")
    assert failed.error_code == code
    assert from_code(code).message.startswith(sentence)
    assert failed.attempts == 1
    assert server.received("POST") == []
    assert await ledger(alice) == RETURNED


async def test_a_bucket_that_is_away_is_waited_for(
    alice: User, server: VideosServer, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3.variables().items():
        monkeypatch.setenv(name, value)
    forget_settings()
    video = await ask(alice, model="sora-2", seconds=4)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    forget_settings()

    async def waits() -> bool:
        return "The storage does not answer" in str(from_note((await reread(video)).note))

    async with running_worker():
        await until(waits)
        assert server.received("POST") == []
        monkeypatch.setenv("AWS_ENDPOINT_URL", s3.root)
        forget_settings()
        await has(video, "completed")
    assert server.creates == 1


async def test_one_who_has_lost_the_lease_sends_nothing_and_changes_nothing(alice: User, server: VideosServer) -> None:
    video = await ask(alice, model="sora-2", seconds=4)
    async with session() as db:
        late = await claims.claim_submit(db, video.id)
    assert late is not None
    await lease_over(video)
    async with session() as db:
        assert not await claims.intend(db, late)
        in_time = await claims.claim_submit(db, video.id)
        assert in_time is not None
        assert not await claims.intend(db, late)
        assert await claims.intend(db, in_time)
    async with session() as db:
        await claims.release_submit(db, late, 0, "busy")
        await claims.refuse(db, late, from_code("picture_gone"))
    row = await reread(video)
    assert (row.status, row.note, row.submitted_at) == ("pending", "", in_time.submitted_at)
    assert await ledger(alice) == CHARGED
