"""A video's life: asked for with its price or not at all, every change once, the price returned exactly once."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, update

from core.catalog import entries
from core.database.session import reading, session
from core.errors import (
    Conflict,
    JobLost,
    NoPrompt,
    NotEnoughCredits,
    NotFound,
    PromptTooLong,
    TooManyRequests,
    WrongOption,
)
from core.models import User, Video
from core.notes import from_code
from core.social import gallery, sharing
from core.videos import library, queries, states
from core.videos.claims import claim_local, claim_submit, intend, mark_submitted, overdue_submits
from core.videos.recipe import Recipe
from core.videos.request import request
from tests.environment import forget_settings
from tests.people import ask, balance, ledger, picture_of, reread

pytestmark = pytest.mark.both_databases


async def test_asking_takes_the_price_and_makes_a_pending_video(alice: User) -> None:
    video = await ask(alice)
    assert (video.status, video.size, video.seconds, video.cost_credits) == ("pending", "1280x720", 6, 10)
    assert video.label == "Studio camera (built in)"
    assert await balance(alice) == 90


@pytest.mark.parametrize(
    ("prompt", "error"),
    [("", NoPrompt), ("  \n ", NoPrompt), ("\x00", NoPrompt), ("x" * 501, PromptTooLong)],
)
async def test_a_bad_prompt_costs_nothing(alice: User, prompt: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await ask(alice, prompt)
    assert await balance(alice) == 100


async def test_500_characters_are_allowed_in_any_script(alice: User) -> None:
    assert len((await ask(alice, "拍" * 500)).prompt) == 500


async def test_a_length_or_size_the_model_does_not_offer_is_refused(alice: User) -> None:
    with pytest.raises(WrongOption, match="4 s, 5 s, 6 s, 8 s, 10 s, not 7 s"):
        await ask(alice, seconds=7)
    with pytest.raises(WrongOption, match="1280x720"):
        await ask(alice, size="1x1")
    assert await balance(alice) == 100


async def test_without_credits_there_is_neither_video_nor_charge(bob: User) -> None:
    with pytest.raises(NotEnoughCredits):
        await ask(bob)
    async with reading() as db:
        assert await queries.page(db, bob.id, None, 10) == []


async def test_somebody_elses_picture_and_video_do_not_exist(alice: User, charlie: User) -> None:
    video, picture = await ask(alice), await picture_of(alice)
    async with session() as db:
        with pytest.raises(NotFound):
            await request(db, charlie, Recipe(picture_id=picture.id, prompt="mine now"), entries.get("camera"))
        for attempt in (queries.owned, states.cancel, library.delete_one, sharing.share):
            with pytest.raises(NotFound):
                await attempt(db, charlie.id, video.id)
    assert (await reread(video)).status == "pending"


async def test_the_hourly_limit_says_when_the_next_slot_is_free(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENERATIONS_PER_HOUR", "3")
    forget_settings()
    first = await ask(alice)
    for _ in range(2):
        await ask(alice)
    async with session() as db:
        fifty_minutes_ago = first.created_at - timedelta(minutes=50)
        await db.exec(update(Video).where(col(Video.id) == first.id).values(created_at=fifty_minutes_ago))
    with pytest.raises(TooManyRequests) as refused:
        await ask(alice)
    assert 500 < refused.value.retry_after <= 600
    assert await balance(alice) == 70


async def test_a_failed_or_deleted_video_still_counts_for_the_limit(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENERATIONS_PER_HOUR", "1")
    forget_settings()
    video = await ask(alice)
    async with session() as db:
        await states.cancel(db, alice.id, video.id)
        await library.delete_one(db, alice.id, video.id)
    with pytest.raises(TooManyRequests):
        await ask(alice)


async def test_the_limit_holds_for_many_at_once(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENERATIONS_PER_HOUR", "4")
    forget_settings()
    await picture_of(alice)
    outcomes = await asyncio.gather(*(ask(alice) for _ in range(9)), return_exceptions=True)
    assert sum(isinstance(o, Video) for o in outcomes) == 4
    assert await balance(alice) == 60


async def test_the_same_idempotency_key_is_one_video_and_one_charge(alice: User) -> None:
    await picture_of(alice)
    found = await asyncio.gather(*(ask(alice, idempotency_key="k1") for _ in range(5)))
    assert len({video.id for video in found}) == 1
    assert await balance(alice) == 90


async def test_only_one_worker_gets_a_step(alice: User) -> None:
    video = await ask(alice, model="sora-2")

    async def claim() -> Video | None:
        async with session() as db:
            return await claim_submit(db, video.id)

    claims = await asyncio.gather(*(claim() for _ in range(8)))
    assert sum(c is not None for c in claims) == 1


async def test_a_video_fails_once_and_is_refunded_once(alice: User) -> None:
    video = await ask(alice)

    async def fail() -> bool:
        async with session() as db:
            return await states.fail(db, video, JobLost("gone"))

    assert sorted(await asyncio.gather(*(fail() for _ in range(5)))) == [False] * 4 + [True]
    assert await ledger(alice) == [("grant", 100), ("charge", -10), ("refund", 10)]
    failed = await reread(video)
    assert (failed.status, failed.error_code) == ("failed", "lost")
    assert "no longer knows" in from_code(failed.error_code or "").message


async def test_a_completed_video_can_neither_fail_nor_be_canceled(alice: User) -> None:
    video = await ask(alice)
    async with session() as db:
        assert await claim_local(db)
        assert await states.finish(
            db, video, key="k", poster_key="p", width=1280, height=720, duration=6.0, size_bytes=9
        )
    async with session() as db:
        assert not await states.fail(db, video, JobLost())
        with pytest.raises(Conflict, match="already ended"):
            await states.cancel(db, alice.id, video.id)
    assert await balance(alice) == 90


async def test_a_local_video_is_canceled_at_once_and_paid_back(alice: User) -> None:
    video = await ask(alice)
    async with session() as db:
        await claim_local(db)
        assert (await states.cancel(db, alice.id, video.id)).status == "canceled"
    assert await balance(alice) == 100


async def test_a_video_at_a_provider_is_asked_to_stop_and_settled_by_what_the_provider_says(alice: User) -> None:
    video = await ask(alice, model="sora-2")
    async with session() as db:
        claimed = await claim_submit(db, video.id)
        assert claimed is not None
        assert await intend(db, claimed)
        await mark_submitted(db, claimed, "video_1", 1)
        waiting = await states.cancel(db, alice.id, video.id)
    assert (waiting.status, waiting.cancel_requested) == ("processing", True)
    async with session() as db:
        assert await states.mark_canceled(db, video, had_started=True)
    assert await balance(alice) == 90
    assert (await reread(video)).note == "started"


async def test_what_the_queue_lost_is_found_again(alice: User) -> None:
    video = await ask(alice, model="sora-2")
    async with session() as db:
        assert await overdue_submits(db) == []
        long_ago = video.created_at - timedelta(minutes=5)
        await db.exec(update(Video).where(col(Video.id) == video.id).values(next_look_at=long_ago))
        assert await overdue_submits(db) == [(video.id, 0)]


async def test_a_link_works_until_it_is_withdrawn(alice: User) -> None:
    video = await ask(alice)
    async with session() as db:
        with pytest.raises(Conflict):
            await sharing.share(db, alice.id, video.id)
        await claim_local(db)
        await states.finish(db, video, key="k", poster_key="p", width=1, height=1, duration=1, size_bytes=1)
        slug = await sharing.share(db, alice.id, video.id, in_gallery=True)
        assert slug == await sharing.share(db, alice.id, video.id, in_gallery=True)
        assert (await sharing.shared(db, slug)).id == video.id
        assert [s.video.id for s in await gallery.page(db, "new", None, 9)] == [video.id]
        await sharing.unshare(db, alice.id, video.id)
    async with reading() as db:
        with pytest.raises(NotFound):
            await sharing.shared(db, slug)
        assert await gallery.page(db, "new", None, 9) == []
