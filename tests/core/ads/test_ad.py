"""An ad: all of its shots are paid for at once; it is put together when they are there, and goes on after a failure."""

import asyncio
from typing import Any

import pytest
from sqlmodel import col, select, update

from core.admin import own_data
from core.ads import ad as ads
from core.ads import brand as brands
from core.ads import compose
from core.ads.ad import Made
from core.ads.ask import ask
from core.ads.brand import BrandIn
from core.billing import credits
from core.database.session import reading, session
from core.edits import timeline
from core.errors import (
    Conflict,
    IdempotencyConflict,
    ModelUnavailable,
    NotEnoughForAd,
    NotFound,
    OverBudget,
    ProviderFailed,
    SourceGone,
    TooManyAds,
    UnknownModel,
    WrongInput,
)
from core.models import User, Video
from core.videos import claims, library, queries
from core.videos.ask import ask as ask_one
from core.videos.library import Filter
from core.videos.recipe import Recipe
from tests.environment import forget_settings
from tests.people import balance, fail, finish, ledger, picture_of, reread

pytestmark = pytest.mark.both_databases
BOTH = ["720x1280", "1280x720"]


async def body(user: User, **more: Any) -> dict[str, Any]:
    """A launch of one picture: three shots."""
    picture = await picture_of(user)
    return {"template": "launch", "image_ids": [picture.id], "fields": {"name": "Cup", "price": "9 €"}, **more}


async def read(user: User, number: int) -> Made:
    """As the database has it now."""
    async with reading() as db:
        return await ads.owned(db, user.id, number)


async def compose_all() -> list[Video]:
    """What the worker's loop does once."""
    async with reading() as db:
        due = await compose.due(db)
    for video in due:
        async with session() as db:
            await compose.begin(db, video)
    return [await reread(video) for video in due]


async def test_every_shot_is_an_ordinary_video_of_each_format_and_all_are_paid_at_once(alice: User) -> None:
    ad = await ask(alice, await body(alice, sizes=BOTH))
    made = await read(alice, ad.id)
    assert (made.status, ad.cost_credits) == ("processing", 60)
    assert [(shot.size, shot.position) for shot, _ in made.shots] == [(size, n) for size in BOTH for n in range(3)]
    assert [(video.size, video.kind, video.status, video.cost_credits) for video in made.videos] == [
        (size, "ad", "pending", 0) for size in BOTH
    ]
    first = made.shots[0][1]
    assert (first.kind, first.model, first.size, first.seconds) == ("generated", "camera", "720x1280", 4)
    assert first.options == {"move": "drift", "strength": "strong"}
    assert "Cup" in first.prompt
    assert await ledger(alice) == [("grant", 100), *[("charge", -10)] * 6]
    async with reading() as db:
        assert await credits.wrong_balances(db) == []


async def test_too_few_credits_write_nothing_and_name_price_and_balance(alice: User) -> None:
    asked = await body(alice, sizes=["720x1280", "1280x720", "1080x1080", "1080x1920"])
    with pytest.raises(NotEnoughForAd, match="this ad costs 120, you have 100"):
        await ask(alice, asked)
    async with reading() as db:
        assert await queries.page(db, alice.id, None, 9) == []
        assert await ads.page(db, alice.id, None, 9) == []


async def test_the_same_key_is_the_same_ad_and_two_race_for_one_balance(alice: User) -> None:
    asked = await body(alice, sizes=BOTH)
    both = await asyncio.gather(*(ask(alice, asked, idempotency_key="k") for _ in range(3)))
    assert len({one.id for one in both}) == 1
    with pytest.raises(IdempotencyConflict):
        await ask(alice, {**asked, "sizes": BOTH[:1]}, idempotency_key="k")
    with pytest.raises(NotEnoughForAd):
        await ask(alice, asked)
    assert await balance(alice) == 40


async def test_what_can_not_be_made_costs_nothing(alice: User, bob: User) -> None:
    asked, his = await body(alice), await picture_of(bob)
    for wrong, error in (
        ({"image_ids": [his.id]}, NotFound),
        ({"shots": [{}, {"image_id": his.id}]}, NotFound),
        ({"brand_id": 99}, NotFound),
        ({"model": "nope"}, UnknownModel),
        ({"model": "runway"}, ModelUnavailable),
    ):
        with pytest.raises(error):
            await ask(alice, {**asked, **wrong})
    assert await ledger(alice) == [("grant", 100)]


async def test_it_is_put_together_once_all_shots_of_a_format_are_there(alice: User) -> None:
    ad = await ask(alice, await body(alice, sizes=BOTH))
    made = await read(alice, ad.id)
    for _, video in made.shots[:3]:
        await finish(video)
    await finish(made.shots[3][1])
    composed = await compose_all()
    assert [video.size for video in composed] == ["720x1280"]
    assert await compose_all() == []
    video = composed[0]
    assert video.made_from == [shot.id for _, shot in made.shots[:3]]
    edit = timeline.read(video.edit)
    assert [clip.video_id for clip in edit.clips] == video.made_from
    assert (edit.size, edit.end_card and edit.end_card.price, edit.music and edit.music.track) == (
        "720x1280", "9 €", "bright-side",
    )  # fmt: skip
    assert video.has_ai is False
    async with session() as db:
        claimed = [await claims.claim_local(db) for _ in range(3)]
    assert video.id in {one.id for one in claimed if one}
    await finish(video)
    assert (await read(alice, ad.id)).status == "processing"
    for _, shot in made.shots[4:]:
        await finish(shot)
    await finish((await compose_all())[0])
    assert (await read(alice, ad.id)).status == "completed"
    with pytest.raises(Conflict):
        async with session() as db:
            await ads.cancel(db, alice.id, ad.id)


async def test_what_waits_for_its_shots_is_not_rendered(alice: User) -> None:
    ad = await ask(alice, await body(alice))
    shots = {video.id for _, video in (await read(alice, ad.id)).shots}
    async with session() as db:
        claimed = [await claims.claim_local(db) for _ in range(4)]
    assert {video.id for video in claimed if video} == shots
    assert claimed[3] is None


async def test_a_failed_shot_is_paid_back_and_made_again_once(alice: User, bob: User) -> None:
    ad = await ask(alice, await body(alice, sizes=BOTH))
    made = await read(alice, ad.id)
    for number, (_, video) in enumerate(made.shots):
        await (fail(video, ProviderFailed("out of paint")) if number in (1, 4) else finish(video))
    assert (await read(alice, ad.id)).status == "attention"
    assert await compose_all() == []
    assert await balance(alice) == 60
    for position, error in ((0, Conflict), (9, NotFound)):
        with pytest.raises(error):
            await ads.retry(alice, ad.id, position)
    with pytest.raises(NotFound):
        await ads.retry(bob, ad.id, 1)
    twice = await asyncio.gather(*(ads.retry(alice, ad.id, 1, "camera") for _ in range(3)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in twice) == ["Conflict", "Conflict", "Made"]
    assert await balance(alice) == 40
    again = await read(alice, ad.id)
    assert again.status == "processing"
    for _, video in again.shots:
        if video.status == "pending":
            await finish(video)
    assert len(await compose_all()) == 2


async def test_cancel_returns_what_has_not_started(alice: User) -> None:
    ad = await ask(alice, await body(alice))
    made = await read(alice, ad.id)
    await finish(made.shots[0][1])
    async with session() as db:
        canceled = await ads.cancel(db, alice.id, ad.id)
    assert canceled.status == "canceled"
    assert [video.status for video in canceled.videos] == ["canceled"]
    assert await balance(alice) == 90
    assert await compose_all() == []
    with pytest.raises(Conflict):
        await ads.retry(alice, ad.id, 1)
    with pytest.raises(Conflict):
        async with session() as db:
            await ads.cancel(db, alice.id, ad.id)


async def test_a_shot_that_was_deleted_meanwhile_ends_the_ad(alice: User) -> None:
    ad = await ask(alice, await body(alice))
    made = await read(alice, ad.id)
    for _, video in made.shots:
        await finish(video)
    async with session() as db:
        await library.delete_one(db, alice.id, made.shots[0][1].id)
    await compose_all()
    after = await read(alice, ad.id)
    assert (after.status, after.videos[0].error_code) == ("failed", SourceGone.code)


async def test_shots_have_a_limit_of_their_own_and_stay_out_of_the_library(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADS_PER_HOUR", "1")
    monkeypatch.setenv("GENERATIONS_PER_HOUR", "1")
    forget_settings()
    ad = await ask(alice, await body(alice))
    single = await ask_one(alice, Recipe(preset="watch", prompt="One by itself"))
    with pytest.raises(TooManyAds, match="limit of 1 ads an hour"):
        await ask(alice, await body(alice))
    made = await read(alice, ad.id)
    async with reading() as db:
        listed = await library.page(db, alice.id, Filter())
        alone = await queries.page(db, alice.id, None, 9, alone=True)
    assert [video.id for video in listed] == [single.id, made.videos[0].id]
    assert [video.id for video in alone] == [single.id]


async def test_a_brand_gives_logo_colours_font_and_words(alice: User, bob: User) -> None:
    logo = await picture_of(alice)
    wanted = BrandIn(
        name="Cups", logo_id=logo.id, colors=("#102030", "#ffcc00"), font="noto-sans-sc", call_to_action="Buy"
    )
    async with session() as db:
        brand = await brands.make(db, alice, wanted)
        with pytest.raises(NotFound, match="logo_id"):
            await brands.make(db, bob, wanted)
        with pytest.raises(WrongInput, match="Only administrators"):
            await brands.make(db, alice, BrandIn(name="x", shared=True))
    with pytest.raises(NotFound):
        await ask(bob, await body(bob, brand_id=brand.id))
    ad = await ask(alice, await body(alice, brand_id=brand.id))
    made = await read(alice, ad.id)
    for _, video in made.shots:
        await finish(video)
    edit = timeline.read((await compose_all())[0].edit)
    assert edit.logo is not None
    assert edit.end_card is not None
    assert (edit.logo.image_id, edit.font) == (logo.id, "noto-sans-sc")
    assert (edit.end_card.color, edit.end_card.accent, edit.end_card.button) == ("#102030", "#ffcc00", "Buy")
    assert {text.bar for text in edit.texts} == {None, "#ffcc00"}
    async with session() as db:
        changed = await brands.change(db, alice, brand.id, {"name": "Mugs"})
        assert (changed.name, changed.font) == ("Mugs", "noto-sans-sc")
        await brands.delete(db, alice, brand.id)
        assert await brands.of_user(db, alice) == []


async def test_an_ad_of_somebody_erased_is_forgotten(alice: User) -> None:
    await ask(alice, await body(alice))
    async with session() as db:
        exported = await own_data.collect(db, alice.id)
        assert exported.tables["ads"][0]["template"] == "launch"
        await own_data.erase(db, alice.id, alice.email)
    async with reading() as db:
        left = (await db.exec(select(Video).where(Video.user_id == alice.id))).all()
        assert {(video.status, video.ad_id, video.title) for video in left} == {("canceled", None, None)}
        assert await ads.page(db, alice.id, None, 9) == []


async def test_a_refusal_of_the_budget_speaks_of_the_ad(alice: User) -> None:
    async with session() as db:
        await db.exec(update(User).where(col(User.id) == alice.id).values(monthly_budget=5))
    with pytest.raises(OverBudget, match=r"^This ad costs 30 credits, and of your budget for this month 5 are left"):
        await ask(alice, await body(alice))
    assert await ledger(alice) == [("grant", 100)]


@pytest.mark.parametrize(
    ("colors", "said"),
    [
        (("#15171c", "#ff6a3d"), 0),
        (("#ffffff", "#fff4d0"), 1),
        (("#767676", "#7f7f7f"), 2),
        (("#ffffff", "#102030"), 0),
    ],
)
def test_a_poor_pair_of_colours_is_told(colors: tuple[str, str], said: int) -> None:
    assert len(brands.complaints(colors)) == said
