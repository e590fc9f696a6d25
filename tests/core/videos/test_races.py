"""What two do at the same moment, on both databases: the database decides, and nobody gets an error or pays twice."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from core import webhooks
from core.accounts import identities
from core.accounts.identities import Identity
from core.billing import credits
from core.catalog import entries
from core.database.session import one_trip, reading, session
from core.errors import EngineError, NotEnoughCredits
from core.models import User, Video, WebhookEndpoint, now
from core.pictures import framing, presets, uploads
from core.social import sharing
from core.videos import claims, looks, queries, states
from core.videos import request as videos_request
from core.videos.recipe import Recipe
from tests.people import ask, balance, ledger, photo, picture_of, reread
from tests.waiting import until

pytestmark = pytest.mark.both_databases

ANN = Identity("https://id.example.com", "ann", "ann@example.com", email_verified=True)


async def test_forty_requests_at_once_with_credits_for_three_give_three_videos(alice: User) -> None:
    async with session() as db:
        await credits.take_at_most(db, alice.id, 70, "test:three", "")
    picture = await picture_of(alice)

    async def request(number: int) -> bool:
        try:
            async with session() as db:
                await videos_request.request(
                    db, alice, Recipe(picture_id=picture.id, prompt=f"cup {number}"), entries.get("camera")
                )
        except NotEnoughCredits:
            return False
        return True

    assert (await asyncio.gather(*(request(n) for n in range(40)))).count(True) == 3
    assert await balance(alice) == 0
    assert await ledger(alice) == [("grant", 100), ("adjustment", -70), *[("charge", -10)] * 3]
    async with reading() as db:
        assert len(await queries.page(db, alice.id, None, 50)) == 3
        assert await credits.wrong_balances(db) == []


async def test_one_who_signs_in_twice_at_once_for_the_first_time_is_one_user(alice: User) -> None:
    async def sign_in() -> int:
        async with session() as db:
            return (await identities.by_identity(db, ANN)).id

    found = await asyncio.gather(*(sign_in() for _ in range(8)))
    assert len(set(found)) == 1
    async with reading() as db:
        assert await credits.balance(db, found[0]) == 100


async def test_the_same_picture_twice_at_once_is_one_picture(alice: User) -> None:
    prepared = framing.clean(photo())

    async def upload(preset: str) -> int:
        async with session() as db:
            if preset:
                return (await uploads.from_preset(db, alice.id, preset)).id
            return (await uploads.accept(db, alice.id, prepared)).id

    name = presets.presets()[0].name
    found = await asyncio.gather(*(upload(preset) for preset in ("", name) * 6))
    assert len(set(found)) == 2


async def test_a_video_shared_twice_at_once_has_one_link(alice: User) -> None:
    video = await ask(alice)
    async with session() as db:
        await claims.claim_local(db)
    async with session() as db:
        assert await states.finish(db, video, key="k", poster_key="p", width=1, height=1, duration=1.0, size_bytes=1)

    async def share() -> str:
        async with session() as db:
            return await sharing.share(db, alice.id, video.id)

    links = await asyncio.gather(*(share() for _ in range(8)))
    assert set(links) == {(await reread(video)).slug}


async def test_workers_that_claim_at_once_share_the_videos_and_take_no_more_than_they_asked_for(alice: User) -> None:
    asked = [(await ask(alice, f"cup {n}")).id for n in range(10)]

    async def claim() -> int | None:
        async with session() as db:
            claimed = await claims.claim_local(db)
            await asyncio.sleep(0)
            return claimed.id if claimed else None

    found = [*await asyncio.gather(*(claim() for _ in range(7)))]
    assert len(set(found)) == 7
    assert None not in found
    while (more := await claim()) is not None:
        found.append(more)
    assert sorted(n for n in found if n) == asked


async def test_two_who_write_the_same_rows_in_opposite_order_both_get_through(alice: User) -> None:
    asked = [(await ask(alice, f"cup {n}")).id for n in range(10)]
    async with session() as db:
        for _ in asked:
            await claims.claim_local(db)

    async def write(ids: list[int]) -> None:
        for _ in range(10):
            async with session() as db:
                await looks.schedule_looks(db, dict.fromkeys(ids, 30.0))

    await asyncio.gather(*(write(asked[:: 1 if n % 2 else -1]) for n in range(6)))


async def test_a_lease_renewed_as_the_step_ends_does_not_hold_up_the_next(alice: User) -> None:
    video = await ask(alice, model="sora-2", seconds=4)
    async with session() as db:
        claimed = await claims.claim_submit(db, video.id)
        assert claimed
        assert await claims.renew_lease(db, claimed, until_canceled=False)
        assert await claims.intend(db, claimed)
        assert await claims.mark_submitted(db, claimed, "video_1", first_look=0)
    async with session() as db:  # it waited for the one who wrote that
        assert not await claims.renew_lease(db, claimed, until_canceled=False)
        assert [watched.id for watched in await looks.claim_looks(db, ["sora-2"], 9)] == [video.id]


async def test_a_look_that_is_written_after_the_end_was_announced_does_not_put_the_file_off(alice: User) -> None:
    video = await ask(alice, model="sora-2", seconds=4)
    async with session() as db:
        claimed = await claims.claim_submit(db, video.id)
        assert claimed and await claims.intend(db, claimed)
        await claims.mark_submitted(db, claimed, "video_1", first_look=0)
    async with session() as db:
        await looks.mark_ended(db, {"video_1": "completed"})
        later = now() + timedelta(seconds=1)  # than the moment at which the look was to be written
        await states.change(db, col(Video.id) == video.id, next_look_at=later)
        await looks.schedule_looks(db, {video.id: 20}, unless_ready=True)
    assert (await reread(video)).next_look_at == later


async def _endpoint(db: AsyncSession, user: User) -> int:
    endpoint = WebhookEndpoint(user_id=user.id, url="https://example.com/hook", sealed_secret="")
    db.add(endpoint)
    await db.flush()
    return endpoint.id


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_video_that_is_completed_while_a_webhook_is_deleted_is_completed(alice: User) -> None:
    video = await ask(alice)
    async with session() as db:
        endpoint_id = await _endpoint(db, alice)
        await claims.claim_local(db)

    async def finish() -> bool:
        async with one_trip() as db:
            return await states.finish(
                db, video, key="k", poster_key="p", width=1, height=1, duration=1.0, size_bytes=1
            )

    async def waits() -> bool:
        async with reading() as db:
            waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            return bool((await (await db.connection()).execute(waiting)).scalar())

    async with session() as holder:
        await states.change(holder, col(Video.id) == video.id, title="Cup")
        finishing = asyncio.create_task(finish())
        await until(waits)
        async with session() as db:
            await webhooks.delete(db, alice.id, endpoint_id)
    assert await finishing


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_refund_waits_for_nobody_who_only_names_the_user(alice: User) -> None:
    video = await ask(alice)
    async with session() as other:
        await _endpoint(other, alice)
        async with one_trip() as db, asyncio.timeout(60):
            assert await states.fail(db, video, EngineError())
    assert await balance(alice) == 100
