"""Whose video is begun next: by lane, then in turn between users, however many one of them has asked for.

And how many at once: `max_jobs` of a server holds over all workers.
"""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlmodel import col, select

from core.accounts import groups
from core.billing import credits
from core.catalog import entries
from core.database.session import reading, session
from core.models import User, Video
from core.redis import queue
from core.videos import claims, looks
from tests.environment import forget_settings
from tests.people import ask, reread
from tests.servers.videos import VideosServer
from tests.waiting import until
from tests.worker import running_worker

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
async def plenty(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have credits and may ask for as many as they like."""
    monkeypatch.setenv("GENERATIONS_PER_HOUR", "1000")
    forget_settings()
    async with session() as db:
        for user in (alice, bob):
            await credits.move(db, user.id, 1000, "grant", f"test:{user.id}")


async def _completed() -> list[int]:
    """Whose videos are done, by when."""
    async with reading() as db:
        query = select(Video.user_id).where(Video.status == "completed").order_by(col(Video.completed_at))
        return list((await db.exec(query)).all())


async def _begun(*videos: Video) -> list[Video]:
    """What the submit jobs of these videos begin, one job after another."""
    claimed_videos = []
    for video in videos:
        async with session() as db:
            if claimed := await claims.claim_submit(db, video.id):
                claimed_videos.append(claimed)
    return claimed_videos


async def test_one_users_thirty_local_videos_do_not_hold_up_anothers_one(alice: User, bob: User) -> None:
    for n in range(30):
        await ask(alice, f"cup {n}", seconds=4, size="720x1280")
    video = await ask(bob, seconds=4, size="720x1280")
    async with running_worker():

        async def is_done() -> bool:
            return (await reread(video)).status == "completed"

        await until(is_done, 200)
    assert bob.id in (await _completed())[:4]


async def test_one_users_thirty_videos_at_a_provider_do_not_hold_up_anothers_one(
    alice: User, bob: User, server: VideosServer
) -> None:
    for n in range(30):
        await ask(alice, f"cup {n}", model="sora-2", seconds=4)
    await ask(bob, "bottle", model="sora-2", seconds=4)
    async with running_worker(max_jobs=1):
        await until(lambda: len(server.jobs) == 31, 200)
    async with reading() as db:
        query = select(Video.user_id).order_by(col(Video.submitted_at))
        begun = list((await db.exec(query)).all())
    assert bob.id in begun[:3]
    assert (server.creates, len({job.prompt for job in server.jobs.values()})) == (31, 31)


async def test_users_take_turns_from_when_they_join(alice: User, bob: User, server: VideosServer) -> None:
    alices = [await ask(alice, model="sora-2", seconds=4) for _ in range(6)]
    begun = await _begun(*alices[:3])
    bobs = [await ask(bob, model="sora-2", seconds=4) for _ in range(2)]
    begun += await _begun(*alices[3:], *bobs)
    expected = [*alices[:4], bobs[0], alices[4], bobs[1], alices[5]]
    assert [video.id for video in begun] == [video.id for video in expected]
    assert await _begun(*alices, *bobs) == []


async def test_what_waits_for_one_model_costs_no_turn_at_another(alice: User, bob: User) -> None:
    for _ in range(3):
        await ask(alice, model="sora-2", seconds=4)
    bobs = [await ask(bob) for _ in range(2)]
    alices = await ask(alice)
    async with session() as db:
        waiting = await claims.waiting_local(db)
    assert [video.id for video in waiting] == [bobs[0].id, alices.id, bobs[1].id]


async def test_subscribers_come_first_and_batches_last(alice: User, bob: User) -> None:
    batch = [await ask(alice, lane=1) for _ in range(2)]
    normal = [await ask(alice) for _ in range(2)]
    first = [await ask(bob, lane=-1) for _ in range(2)]
    async with session() as db:
        begun = [await claims.claim_local(db) for _ in range(6)]
    assert [video.id for video in begun if video] == [video.id for video in (*first, *normal, *batch)]


async def test_one_that_goes_back_keeps_its_turn(alice: User, bob: User, server: VideosServer) -> None:
    alices = [await ask(alice, model="sora-2", seconds=4) for _ in range(3)]
    (claimed,) = await _begun(alices[0])
    async with session() as db:
        await claims.release_submit(db, claimed, 0, "busy")
    first, following = await _begun(*alices[1:])
    assert (first.id, first.attempts, following.id) == (alices[0].id, 2, alices[1].id)


async def test_a_group_with_priority_comes_first_as_long_as_it_has_it(alice: User, bob: User) -> None:
    normal = await ask(alice)
    async with session() as db:
        group = await groups.make_group(db, "Subscribers", None, priority=True)
        user = await db.get_one(User, bob.id)
        user.group_id = group.id
    first = await ask(user)
    assert (normal.lane, first.lane, (await ask(user, lane=1)).lane) == (0, -1, 1)
    async with session() as db:
        claimed = await claims.claim_local(db)
        await groups.change_group(db, group.id, "Subscribers", None, priority=False)
    assert claimed is not None
    assert claimed.id == first.id
    assert (await ask(user)).lane == 0


@pytest.fixture
def two_at_once(place: Path, server: VideosServer, monkeypatch: pytest.MonkeyPatch) -> VideosServer:
    """A server that may have two of our videos at a time."""
    (place / "models.toml").write_text("[servers.openai]\nmax_jobs = 2\n")
    monkeypatch.setenv("CATALOG_FILE", str(place / "models.toml"))
    forget_settings()
    return server


async def test_of_many_who_claim_at_once_only_so_many_get_a_place(alice: User, two_at_once: VideosServer) -> None:
    models = ("sora-2", "sora-1")  # on the same server
    videos = [await ask(alice, model=models[n % 2], seconds=(4, 5)[n % 2]) for n in range(8)]
    begun = [claimed for claims in await asyncio.gather(*(_begun(video) for video in videos)) for claimed in claims]
    assert len(begun) == 2
    assert await _begun(*videos) == []
    async with session() as db:
        assert await claims.intend(db, begun[0])
        await claims.mark_submitted(db, begun[0], "video_1", 1)
        assert await claims.overdue_submits(db) == []
    assert await _begun(*videos) == []
    async with session() as db:
        await looks.mark_ready(db, {begun[0].id: None})
    assert len(await _begun(*videos)) == 1


async def test_one_that_waits_for_another_try_holds_no_place(alice: User, two_at_once: VideosServer) -> None:
    videos = [await ask(alice, model="sora-2", seconds=4) for _ in range(4)]
    begun = await _begun(*videos)
    async with session() as db:
        assert await claims.intend(db, begun[0])
        await claims.release_submit(db, begun[0], 60, "busy")
        server = entries.get("sora-2").server
        assert await claims.free_places(db, server) == 1
    assert [video.id for video in await _begun(*videos)] == [videos[2].id]


async def test_two_workers_never_give_a_server_more_than_it_may_have(
    alice: User, bob: User, two_at_once: VideosServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.redis.queue.WORKER_SECONDS", 600.0)  # none is forgotten, however slow this machine is
    two_at_once.latency = 1.5
    videos = [await ask((alice, bob)[n % 2], f"cup {n}", model="sora-2", seconds=4) for n in range(6)]
    async with AsyncExitStack() as workers:
        for _ in range(2):
            await workers.enter_async_context(running_worker())

        async def all_done() -> bool:
            return len(await _completed()) == len(videos)

        await until(all_done, 200)
        assert await queue.count_workers("a third") == 3
    times = sorted(job.created_at for job in two_at_once.jobs.values())
    assert len(times) == len(videos)
    assert all(later - sooner >= 1.5 for sooner, later in zip(times, times[2:], strict=False))
    assert await queue.count_workers("another") == 2
