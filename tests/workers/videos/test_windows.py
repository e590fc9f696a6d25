"""Whatever breaks at whatever moment: every video ends, is asked for once, and is paid back at most once.

kill -9 with real processes is in tests/e2e/test_provider.py; here are the moments that can be chosen exactly.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from arq.constants import in_progress_key_prefix
from arq.worker import create_worker
from redis import Redis
from sqlmodel import col, update

from core.catalog import entries
from core.database.session import session
from core.models import User, Video, now
from core.videos import claims, looks, states
from tests.people import ask, balance, ledger, reread
from tests.servers import Call
from tests.servers.videos import Mode, VideosServer
from tests.waiting import until
from tests.worker import running_worker
from workers import main as worker_main
from workers.videos.collect import Collects
from workers.videos.settle import Settling
from workers.videos.steps import Engines

pytestmark = pytest.mark.both_databases

CHARGED = [("grant", 100), ("charge", -10)]
RETURNED = [*CHARGED, ("refund", 10)]


async def has(video: Video, *statuses: str, seconds: float = 120) -> Video:
    """The video once it has one of these statuses."""

    async def check() -> bool:
        return (await reread(video)).status in statuses

    await until(check, seconds)
    return await reread(video)


async def at_the_provider(video: Video, provider_id: str) -> None:
    """The provider has it, and its look is due."""
    async with session() as db:
        claimed = await claims.claim_submit(db, video.id)
        assert claimed is not None
        assert await claims.intend(db, claimed)
        await claims.mark_submitted(db, claimed, provider_id, -1)


async def unknown(video: Video, since: float = 0) -> None:
    """What a worker leaves behind that dies during create, `since` seconds ago."""
    async with session() as db:
        claimed = await claims.claim_submit(db, video.id)
        assert claimed is not None
        assert await claims.intend(db, claimed)
        values = {"next_look_at": now() - timedelta(seconds=1), "submitted_at": now() - timedelta(seconds=since)}
        await db.exec(update(Video).where(col(Video.id) == video.id).values(**values))


def job(server: VideosServer, prompt: str) -> None:
    """A job that the server has taken, whoever asked for it."""
    server._make(
        Call("POST", "/v1/videos", {}, fields={"model": "sora-2", "prompt": prompt, "seconds": "4", "size": "1280x720"})
    )


async def test_a_worker_that_died_before_it_wrote_its_intent_down_keeps_nobody_waiting(
    alice: User, server: VideosServer, redis_url: str
) -> None:
    video = await ask(alice, model="sora-2", seconds=4)
    with Redis.from_url(redis_url) as client:  # arq marks a job under way so, for as long as it may take
        client.psetex(f"{in_progress_key_prefix}submit:{video.id}:0", 600_000, b"1")
    async with running_worker():
        await has(video, "completed")
    assert server.creates == 1


async def test_a_cancel_during_create_reaches_the_provider_and_is_paid_back(alice: User, server: VideosServer) -> None:
    server.held, server.latency = True, 600
    server.kind = Mode(words=("queued", "queued", "completed", "failed"))
    video = await ask(alice, model="sora-2", seconds=4)
    async with running_worker():
        await until(lambda: server.received("POST"))
        async with session() as db:
            assert (await states.cancel(db, alice.id, video.id)).cancel_requested
        server.held = False
        await has(video, "canceled")
    assert (server.creates, len(server.received("DELETE"))) == (1, 1)
    assert server.jobs == {}
    assert await ledger(alice) == RETURNED


async def test_a_cancel_while_the_server_is_busy_is_not_submitted_again(alice: User, server: VideosServer) -> None:
    server.held = True
    server.script = [(429, {}, {"Retry-After": "1"})]
    video = await ask(alice, model="sora-2", seconds=4)
    async with running_worker():
        await until(lambda: server.received("POST"))
        async with session() as db:
            await states.cancel(db, alice.id, video.id)
        server.held = False
        await has(video, "canceled")
        await asyncio.sleep(1.5)
    assert server.creates == 1
    assert await ledger(alice) == RETURNED


@pytest.mark.parametrize("taken", [True, False])
async def test_a_cancel_while_the_outcome_is_unknown_is_settled(
    alice: User, server: VideosServer, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    monkeypatch.setattr("workers.videos.settle.ABSENT_SECONDS", 2.0)
    server.latency = 600
    server.kind = Mode(words=("queued", "queued", "completed", "failed"))
    video = await ask(alice, "broken off", model="sora-2", seconds=4)
    await unknown(video)
    if taken:
        job(server, "broken off")
    async with session() as db:
        await states.cancel(db, alice.id, video.id)
    async with running_worker():
        await has(video, "canceled")
    assert (server.creates, server.jobs) == (0, {})
    assert await ledger(alice) == RETURNED


async def test_a_cancel_where_the_server_can_not_tell_is_settled_within_a_minute(
    alice: User, server: VideosServer
) -> None:
    server.list_fault = (404, {})
    video = await ask(alice, model="sora-2", seconds=4)
    await unknown(video, since=50)
    async with session() as db:
        await states.cancel(db, alice.id, video.id)
    async with running_worker():
        await has(video, "canceled")
    assert server.creates == 0
    assert await ledger(alice) == RETURNED


async def test_a_worker_that_died_after_it_canceled_at_the_provider_pays_back_once(
    alice: User, server: VideosServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.engines.videos_api.engine.OpenAIVideos.grace_seconds", 0.1)
    video = await ask(alice, model="sora-2", seconds=4)
    await at_the_provider(video, "video_deleted_already")
    async with session() as db:
        await states.cancel(db, alice.id, video.id)
    async with running_worker():
        await has(video, "canceled")
    assert await ledger(alice) == RETURNED


async def test_the_deadline_comes_also_while_the_outcome_is_unknown(alice: User, server: VideosServer) -> None:
    video = await ask(alice, model="sora-2", seconds=4)
    await unknown(video)
    async with session() as db:
        long_ago = now() - timedelta(seconds=1300)
        await db.exec(update(Video).where(col(Video.id) == video.id).values(created_at=long_ago))
    async with running_worker():
        failed = await has(video, "failed")
    assert failed.error_code == "timeout"
    assert await ledger(alice) == RETURNED


async def test_a_job_that_two_videos_may_be_is_given_to_neither(
    alice: User, charlie: User, server: VideosServer
) -> None:
    server.latency = 600
    first, second = [await ask(user, "the same words", model="sora-2", seconds=4) for user in (alice, charlie)]
    await unknown(first, since=50)
    await unknown(second, since=50)
    job(server, "the same words")
    async with running_worker():
        ended = [await has(video, "failed") for video in (first, second)]
    assert [video.error_code for video in ended] == ["not_taken", "not_taken"]
    assert [video.provider_id for video in ended] == [None, None]
    assert await ledger(alice) == RETURNED
    assert await ledger(charlie) == RETURNED


async def test_a_job_that_is_another_videos_already_is_not_taken_from_it(alice: User, server: VideosServer) -> None:
    server.latency = 600
    job(server, "the same words")
    adopted, lost = [await ask(alice, "the same words", model="sora-2", seconds=4) for _ in range(2)]
    await at_the_provider(adopted, next(iter(server.jobs)))
    await unknown(lost, since=50)
    async with running_worker():
        assert (await has(lost, "failed")).error_code == "not_taken"
        assert (await reread(adopted)).status == "processing"


async def test_a_server_that_hangs_holds_up_no_other_outcome(
    alice: User, server: VideosServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.videos.settle.PATIENCE", 0.5)
    server.slow = 30
    video = await ask(alice, model="sora-2", seconds=4)
    await unknown(video, since=50)
    async with running_worker():
        assert (await has(video, "failed")).error_code == "not_taken"
    assert await ledger(alice) == RETURNED


async def test_a_model_that_has_left_the_catalogue_fails_in_every_state(alice: User, server: VideosServer) -> None:
    videos = [await ask(alice, f"gone {n}", model="sora-2", seconds=4) for n in range(3)]
    await unknown(videos[0])
    await at_the_provider(videos[1], "video_1")
    async with session() as db:
        await db.exec(update(Video).values(model="no-longer"))
    async with running_worker():
        ended = [await has(video, "failed") for video in videos]
    assert {video.error_code for video in ended} == {"unknown_model"}
    assert await balance(alice) == 100


async def test_redis_emptied_in_the_middle_loses_nothing(
    alice: User, server: VideosServer, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.videos.claims.SWEEP_GRACE", timedelta(seconds=0))
    server.latency = 3
    videos = [await ask(alice, f"emptied {n}", model="sora-2", seconds=4) for n in range(4)]
    async with running_worker():
        with Redis.from_url(redis_url) as client:
            for _ in range(8):
                client.flushall()
                await asyncio.sleep(0.5)
        for video in videos:
            await has(video, "completed")
    assert server.creates == 4
    assert await balance(alice) == 60


async def test_a_provider_that_restarts_and_forgets_loses_what_ran_and_takes_what_comes(
    alice: User, server: VideosServer
) -> None:
    server.latency = 600
    before = [await ask(alice, f"before {n}", model="sora-2", seconds=4) for n in range(3)]
    async with running_worker():
        for video in before:
            await has(video, "processing")
        await until(lambda: server.received("GET"))
        server.stop()
        server.forget()
        server.latency = 1
        server.start()
        after = await ask(alice, "after", model="sora-2", seconds=4)
        await has(after, "completed")
        ended = [await has(video, "failed") for video in before]
    assert {video.error_code for video in ended} == {"lost"}
    assert server.creates == 4
    assert await balance(alice) == 90


async def test_two_workers_share_everything_and_do_nothing_twice(alice: User, server: VideosServer) -> None:
    server.latency = 2
    prompts = [f"shared {n}" + (" [fail]" if n % 2 else "") for n in range(8)]
    videos = [await ask(alice, prompt, model="sora-2", seconds=4) for prompt in prompts]
    async with running_worker(), running_worker():
        ended = [await has(video, "completed", "failed") for video in videos]
    assert [video.status for video in ended] == ["completed", "failed"] * 4
    assert server.creates == 8
    lines = await ledger(alice)
    assert lines.count(("charge", -10)) == 8
    assert lines.count(("refund", 10)) == 4


async def test_two_collects_fetch_a_file_once(alice: User, server: VideosServer) -> None:
    server.latency = 0
    videos = [await ask(alice, f"file {n}", model="sora-2", seconds=4) for n in range(6)]
    for video in videos:
        job(server, video.prompt)
        await at_the_provider(video, list(server.jobs)[-1])
    async with session() as db:
        await looks.mark_ready(db, {video.id: None for video in videos})
    engines = [Engines(), Engines()]
    tasks = [asyncio.create_task(Collects(each, at_once=2).run()) for each in engines]
    for video in videos:
        await has(video, "completed")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for each in engines:
        await each.close()
    assert len(server.received("GET", "/content")) == 6


async def test_two_that_settle_the_same_video_refund_it_once(alice: User, server: VideosServer) -> None:
    video = await ask(alice, model="sora-2", seconds=4)
    await unknown(video, since=50)
    async with session() as db:
        (watched,) = await looks.claim_unsettled(db, 10)
        assert await looks.claim_unsettled(db, 10) == []
    engines = Engines()
    await asyncio.gather(*(Settling(engines).settle(watched, entries.get("sora-2")) for _ in range(3)))
    await engines.close()
    assert (await reread(video)).status == "failed"
    assert await ledger(alice) == RETURNED


async def test_a_second_attempt_is_given_once(alice: User) -> None:
    video = await ask(alice, model="sora-2", seconds=4)
    await at_the_provider(video, "video_spoiled")

    async def take_over() -> bool:
        async with session() as db:
            return await claims.resubmit(db, video, "video_spoiled")

    assert sorted(await asyncio.gather(*(take_over() for _ in range(5)))) == [False] * 4 + [True]
    assert await ledger(alice) == CHARGED
    await at_the_provider(video, "video_spoiled_again")
    async with session() as db:
        assert not await claims.resubmit(db, video, "video_spoiled_again")


async def test_a_cancel_or_a_webhook_during_a_look_is_not_forgotten(alice: User) -> None:
    video = await ask(alice, model="sora-2", seconds=4)
    await at_the_provider(video, "video_1")
    async with session() as db:
        assert len(await looks.claim_looks(db, ["sora-2"], 10)) == 1
    async with session() as db:
        await looks.mark_ended(db, {"video_1": "failed"})
    async with session() as db:
        await looks.schedule_looks(db, {video.id: 60.0})  # what the look that was under way says
    assert (await reread(video)).next_look_at < now()


async def test_closing_a_worker_does_not_stop_at_a_step_that_had_to_be_canceled(place: Path) -> None:
    settings = {"handle_signals": False, "redis_settings": worker_main.redis_settings(), "job_completion_wait": 0}
    worker = create_worker(worker_main.WorkerSettings, **settings)  # type: ignore[arg-type]
    running = asyncio.create_task(worker.async_run())
    await until(lambda: worker.ctx.get("watcher"))
    worker.tasks["submit:0:0"] = asyncio.create_task(asyncio.sleep(60))
    await worker_main.close(worker)
    assert worker._pool is None, "its last line has been reached"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
