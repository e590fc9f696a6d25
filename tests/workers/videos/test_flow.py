"""The flow: a real arq worker, a real Videos server; asked once, charged once, settled once."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import av
import pytest
from redis import Redis
from sqlmodel import col, update

from core.database.session import session
from core.models import User, Video, now
from core.redis.client import redis
from core.redis.news import News, last_or_none, publish
from core.storage import store
from core.videos import claims, recipe, states
from tests.environment import forget_settings
from tests.people import ask, balance, ledger, reread
from tests.servers import Call
from tests.servers.runway import RunwayServer
from tests.servers.videos import Mode, VideosServer
from tests.waiting import until
from tests.worker import running_worker
from workers.videos.steps import Reporter

CHARGED = [("grant", 100), ("charge", -10)]
RETURNED = [*CHARGED, ("refund", 10)]


@pytest.fixture
def runway(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunwayServer]:
    """A Runway that the app has a key for; it is looked at more often than the real one allows."""
    with RunwayServer() as running:
        monkeypatch.setenv("RUNWAYML_BASE_URL", running.url)
        monkeypatch.setenv("RUNWAYML_API_SECRET", "key_test")
        monkeypatch.setattr("workers.engines.runway.Runway.min_poll_seconds", 0.1)
        forget_settings()
        yield running


async def ended(video: Video, status: str, seconds: float = 120) -> Video:
    """The video once it has that status."""

    async def check() -> bool:
        row = await reread(video)
        assert row.status in ("pending", "processing", status), (row.status, row.error_code, row.error_detail)
        return row.status == status

    await until(check, seconds)
    return await reread(video)


async def test_the_built_in_camera_makes_a_video_of_the_size_asked(alice: User) -> None:
    video = await ask(alice, seconds=4, size="720x1280")
    async with running_worker():
        done = await ended(video, "completed")
    assert (done.width, done.height) == (720, 1280)
    assert done.duration == pytest.approx(4.0, abs=0.05)
    assert done.started_at and done.completed_at and done.started_at <= done.completed_at
    with av.open(store.path(done.key or ""), "r") as container:
        assert container.streams.video[0].frames == 96
    assert (store.path(done.poster_key or "") or Path()).is_file()
    assert list(store.workspace().iterdir()) == []
    assert await ledger(alice) == CHARGED


async def test_several_local_videos_are_made_in_their_order(alice: User) -> None:
    videos = [await ask(alice, seconds=4) for _ in range(3)]
    async with running_worker():
        done = [await ended(video, "completed") for video in videos]
    finished = [video.completed_at for video in done]
    assert finished == sorted(finished)  # type: ignore[type-var]


async def test_a_local_video_canceled_in_the_middle_stops_and_is_paid_back(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    video, rendering, go_on, tell = await ask(alice, seconds=10), [], threading.Event(), Reporter.__call__

    def held(reporter: Reporter, percent: int) -> None:
        """The render, in its thread, goes no further than here before the test lets it."""
        rendering.append(reporter)
        go_on.wait(120)
        tell(reporter, percent)

    monkeypatch.setattr(Reporter, "__call__", held)
    async with running_worker():
        await until(lambda: rendering)
        async with session() as db:
            await states.cancel(db, alice.id, video.id)
        await until(lambda: rendering[0].stopped)
        assert list(store.workspace().iterdir()) != []
        go_on.set()
        await until(lambda: list(store.workspace().iterdir()) == [])
    assert await ledger(alice) == RETURNED
    assert (await reread(video)).key is None


async def test_a_providers_video_comes_home(alice: User, server: VideosServer) -> None:
    video = await ask(alice, "A cup turns", model="sora-2", seconds=4)
    async with running_worker():
        done = await ended(video, "completed")
    assert (done.width, done.height, done.label) == (1280, 720, "Sora 2")
    assert server.creates == 1
    form = server.received("POST")[0].fields
    assert (form["model"], form["prompt"], form["seconds"], form["size"]) == ("sora-2", "A cup turns", "4", "1280x720")
    with av.open(store.path(done.key or ""), "r") as container:
        assert container.metadata["adsvideo_prompt"] == "A cup turns"
        assert container.metadata["adsvideo_ai_generated"] == "true"
    settings = recipe.read(settings_in(store.path(done.key or "") or Path()))
    assert settings and settings.whole
    assert (settings.recipe.prompt, settings.recipe.model, settings.recipe.seconds) == ("A cup turns", "sora-2", 4)
    assert await ledger(alice) == CHARGED


def settings_in(path: Path) -> str:
    """What a browser finds in the first megabyte: the last place that begins as settings do."""
    return recipe.MARK + path.read_bytes()[: 2**20].decode("latin-1").rpartition(recipe.MARK)[2]


async def test_many_at_once_are_one_question_to_a_server_that_lists(alice: User, server: VideosServer) -> None:
    server.latency = 600
    videos = [await ask(alice, f"cup {n}", model="sora-2", seconds=4) for n in range(10)]

    def questions() -> list[str]:
        return [c.path for c in server.received("GET") if not c.path.endswith("/content")]

    async with running_worker():
        await asyncio.gather(*(ended(video, "processing") for video in videos))
        before = len(questions())
        await until(lambda: len(questions()) > before)  # what was asked before all of them ran may come in late
        server.calls.clear()
        started = time.monotonic()
        await until(lambda: len(questions()) >= 3)
        assert len(questions()) <= time.monotonic() - started + 2, "more than one question a second"
        server.latency = 0
        await asyncio.gather(*(ended(video, "completed") for video in videos))
    assert set(questions()) == {"/v1/videos"}
    assert server.creates == 10


async def test_a_failure_at_the_provider_is_paid_back_once(alice: User, server: VideosServer) -> None:
    video = await ask(alice, "A cup [moderation]", model="sora-2")
    async with running_worker():
        failed = await ended(video, "failed")
    assert failed.error_code == "moderation"
    assert await ledger(alice) == RETURNED


async def test_what_the_provider_spoiled_itself_is_made_once_more_for_the_same_price(
    alice: User, runway: RunwayServer
) -> None:
    runway.failures = ["INTERNAL.BAD_OUTPUT.CODE01"]
    video = await ask(alice, model="runway", seconds=5)
    async with running_worker():
        done = await ended(video, "completed")
    assert (runway.creates, done.retried) == (2, True)
    assert await ledger(alice) == CHARGED


async def test_what_the_provider_spoils_twice_has_failed_and_is_paid_back(alice: User, runway: RunwayServer) -> None:
    runway.failure = "INTERNAL.BAD_OUTPUT.CODE01"
    video = await ask(alice, model="runway", seconds=5)
    async with running_worker():
        failed = await ended(video, "failed")
    assert (runway.creates, failed.error_code) == (2, "provider_failed")
    assert await ledger(alice) == RETURNED


async def test_a_refusal_by_the_providers_safety_is_not_tried_again(alice: User, runway: RunwayServer) -> None:
    video = await ask(alice, "A cup [moderation]", model="runway", seconds=5)
    async with running_worker():
        failed = await ended(video, "failed")
    assert (runway.creates, failed.error_code) == (1, "moderation")
    assert await ledger(alice) == RETURNED


async def test_a_refused_request_is_paid_back_and_says_why(alice: User, server: VideosServer) -> None:
    video = await ask(alice, "[refuse]", model="sora-2")
    async with running_worker():
        failed = await ended(video, "failed")
    assert failed.error_code == "request_refused"
    assert failed.error_detail == "This prompt is not to our taste"
    assert await balance(alice) == 100


async def test_a_busy_server_is_asked_again_when_it_says(alice: User, server: VideosServer) -> None:
    server.script = [(429, {"error": {"message": "slow down"}}, {"Retry-After": "1"}), (503, {}, {"Retry-After": "1"})]
    video = await ask(alice, model="sora-2", seconds=4)
    async with running_worker():
        await until(lambda: server.creates >= 1)

        async def waits() -> bool:
            waiting = await reread(video)
            return (waiting.status, waiting.submitted_at) == ("pending", None) or server.creates > 1

        await until(waits)
        await ended(video, "completed")
    assert server.creates == 3
    assert await ledger(alice) == CHARGED


async def test_a_broken_create_that_was_taken_is_found_and_not_sent_again(alice: User, server: VideosServer) -> None:
    server.script = ["break-taken"]
    video = await ask(alice, "Only once", model="sora-2", seconds=4)
    async with running_worker():
        await ended(video, "completed")
    assert server.creates == 1
    assert await ledger(alice) == CHARGED


async def test_a_broken_create_that_was_not_taken_is_settled_and_not_sent_again(
    alice: User, server: VideosServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.videos.settle.ABSENT_SECONDS", 2.0)
    server.script = ["break"]
    video = await ask(alice, model="sora-2")
    async with running_worker():
        failed = await ended(video, "failed")
    assert (failed.error_code, server.creates) == ("not_taken", 1)
    assert await ledger(alice) == RETURNED


async def test_a_worker_that_died_during_create_is_resolved_by_the_next_one(alice: User, server: VideosServer) -> None:
    video = await ask(alice, "Died in the middle", model="sora-2", seconds=4)
    async with session() as db:  # the intent is written, and then nothing: what kill -9 leaves behind
        claimed = await claims.claim_submit(db, video.id)
        assert claimed is not None
        assert await claims.intend(db, claimed)
        later = now() - timedelta(seconds=1)
        await db.exec(update(Video).where(col(Video.id) == video.id).values(next_look_at=later))
    fields = {"model": "sora-2", "prompt": "Died in the middle", "seconds": "4", "size": "1280x720"}
    server._make(Call("POST", "/v1/videos", {}, fields=fields))
    async with running_worker():
        await ended(video, "completed")
    assert server.creates == 0
    assert await ledger(alice) == CHARGED


async def test_a_provider_that_forgot_its_jobs_loses_the_video_not_the_money(alice: User, server: VideosServer) -> None:
    server.latency = 600
    video = await ask(alice, model="sora-2")
    async with running_worker():
        await ended(video, "processing")
        await until(lambda: len(server.received("GET", "/videos/")) >= 1)
        server.forget()
        failed = await ended(video, "failed")
    assert failed.error_code == "lost"
    assert await ledger(alice) == RETURNED


async def test_a_provider_that_is_away_for_a_while_costs_nothing(alice: User, server: VideosServer) -> None:
    server.latency = 600
    video = await ask(alice, model="sora-2", seconds=4)
    async with running_worker():
        await ended(video, "processing")
        server.stop()
        await asyncio.sleep(1.5)
        server.latency = 0
        server.start()
        await ended(video, "completed")
    assert await ledger(alice) == CHARGED


async def test_the_deadline_ends_a_video_that_never_does(alice: User, server: VideosServer) -> None:
    server.latency = 600
    video = await ask(alice, model="sora-2")
    async with running_worker():
        await ended(video, "processing")
        async with session() as db:
            long_ago = now() - timedelta(seconds=1300)
            values = {"created_at": long_ago, "next_look_at": now()}
            await db.exec(update(Video).where(col(Video.id) == video.id).values(**values))
        failed = await ended(video, "failed")
    assert failed.error_code == "timeout"
    assert len(server.received("DELETE")) == 1
    assert await ledger(alice) == RETURNED


async def test_a_cancel_before_the_provider_started_is_paid_back(alice: User, server: VideosServer) -> None:
    server.kind = Mode(words=("queued", "queued", "completed", "failed"))
    server.latency = 600
    video = await ask(alice, model="sora-2")
    async with running_worker():
        await ended(video, "processing")
        async with session() as db:
            await states.cancel(db, alice.id, video.id)
        await ended(video, "canceled")
    assert len(server.received("DELETE")) == 1
    assert await ledger(alice) == RETURNED


async def test_a_cancel_after_the_provider_started_is_not_paid_back(alice: User, server: VideosServer) -> None:
    server.latency = 600
    video = await ask(alice, model="sora-2")
    async with running_worker():
        await ended(video, "processing")
        await until(lambda: len(server.received("GET", "/videos/")) >= 1)
        async with session() as db:
            await states.cancel(db, alice.id, video.id)
        canceled = await ended(video, "canceled")
    assert canceled.note == "started"
    assert await ledger(alice) == CHARGED


async def test_with_redis_wiped_every_video_still_ends(
    alice: User, server: VideosServer, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.videos.claims.SWEEP_GRACE", timedelta(seconds=0))
    videos = [await ask(alice, f"wiped {n}", model="sora-2", seconds=4) for n in range(4)]
    with Redis.from_url(redis_url) as client:
        client.flushall()
    async with running_worker():
        await asyncio.gather(*(ended(video, "completed") for video in videos))
    assert server.creates == 4
    assert await balance(alice) == 60


async def test_progress_never_goes_backwards_and_is_forgotten_at_the_end(alice: User) -> None:
    video = await ask(alice)
    for percent in (10, 40, 30):
        await publish(News(alice.id, video.id, stage="processing", progress=percent))
    last = await last_or_none(video.id)
    assert last is not None
    assert last.progress == 40
    async with session() as db:
        await states.cancel(db, alice.id, video.id)
    assert await last_or_none(video.id) is None
    assert await (await redis()).exists(f"adsvideo:video:{video.id}") == 0
