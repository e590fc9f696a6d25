"""A provider's file that eats time or memory: its video fails and is paid back, and nobody else waits for it."""

import asyncio
import time

import pytest

from core.accounts import users
from core.database.session import session
from core.models import User
from tests.environment import forget_settings
from tests.people import ask, ledger, reread
from tests.servers import hostile
from tests.servers.videos import VideosServer
from tests.waiting import until
from tests.worker import running_worker
from tests.workers.videos.test_flow import CHARGED, RETURNED, ended

DECODE_SECONDS = 10.0


@pytest.fixture
async def dora(place: object) -> User:
    """Has nothing to do with it."""
    async with session() as db:
        return await users.find_or_create(db, "dora@example.com", "Dora")


async def test_files_that_eat_the_decoder_fail_and_nobody_waits_for_them(
    alice: User, dora: User, server: VideosServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECODE_SECONDS", str(DECODE_SECONDS))
    forget_settings()
    slow = hostile.frames(4000, times=2500)  # within every bound but that of the clock, on a fast machine too
    server.films = {f"slow {n}": slow for n in range(5)}
    server.films["huge"] = hostile.frames(8192, times=20)
    bad = [await ask(alice, prompt, model="sora-2", seconds=4) for prompt in server.films]
    async with running_worker():
        await until(lambda: len(server.received("GET", "/content")) >= len(bad))
        began = time.monotonic()
        good = await ask(dora, "A cup turns", model="sora-2", seconds=4)
        await ended(good, "completed")
        took = time.monotonic() - began
        waiting = [video for video in bad if (await reread(video)).status == "processing"]
        failed = await asyncio.gather(*(ended(video, "failed") for video in bad))
    assert waiting, "the hostile files were over before it was seen that nobody waits for them"
    assert took < 2 * DECODE_SECONDS  # five times as long if it had to wait for them; a busy machine takes its time
    assert {video.error_code for video in failed} == {"too_heavy"}
    assert failed[0].error_detail == f"> {DECODE_SECONDS:g} s"
    assert failed[-1].error_detail == "8192x8192 > 16 MP"
    assert await ledger(dora) == CHARGED
    assert sorted(await ledger(alice)) == sorted([("grant", 100), *(("charge", -10), ("refund", 10)) * len(bad)])


async def test_a_file_that_takes_too_much_memory_is_ended_alone(
    alice: User, server: VideosServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECODE_MEMORY_MB", "128")
    monkeypatch.setenv("VIDEO_MAX_MEGAPIXELS", "100")
    forget_settings()
    server.films = {"huge": hostile.frames(8192, times=20)}
    video = await ask(alice, "huge", model="sora-2", seconds=4)
    async with running_worker():
        failed = await ended(video, "failed")
    assert (failed.error_code, failed.error_detail) == ("too_heavy", "> 128 MB RAM")
    assert await ledger(alice) == RETURNED
