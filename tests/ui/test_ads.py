"""The ad maker as its visitor sees it: pictures, words, storyboard, price; then the ad's own page."""

import pytest
from nicegui.testing import User as Visitor
from sqlalchemy import update
from sqlmodel import col

from core.ads import ad as ads
from core.ads.ad import Made
from core.database.session import reading, session
from core.errors import ProviderFailed
from core.models import User, Video
from tests.people import balance, fail, finish
from tests.waiting import until


async def newest(user: User) -> Made:
    """The user's newest ad."""
    async with reading() as db:
        return (await ads.page(db, user.id, None, 1))[0]


async def choose(visitor: Visitor, *keys: str) -> None:
    """Click on pictures."""
    for key in keys:
        visitor.find(marker="pictures").trigger("choose", {"detail": key})


async def test_a_stranger_is_asked_to_log_in(visitor: Visitor, place: object) -> None:
    await visitor.open("/ads")
    await visitor.should_see("Ads are made in your account")


async def test_from_a_picture_to_an_ad(visitor: Visitor, me: User) -> None:
    await visitor.open("/ads")
    await visitor.should_see("the storyboard appears here")
    await choose(visitor, "preset:perfume")
    await visitor.should_see("Make the ad · 30 credits")
    await visitor.should_see("Something new")
    visitor.find(marker="make-ad").click()
    await visitor.should_see("(fields.name) must not be empty")
    assert await balance(me) == 100
    visitor.find(marker="ad-name").trigger("input", "Ambre")
    await until(lambda: "Ambre" in str([one.props for one in visitor.find(marker="ad-shots").elements]))
    visitor.find(marker="make-ad").click()
    await visitor.should_see("Being made")
    assert await balance(me) == 70
    made = await newest(me)
    assert (made.ad.template, made.status, made.videos[0].title) == ("launch", "processing", "Ambre")


async def test_more_than_one_has_is_said(visitor: Visitor, me: User) -> None:
    await visitor.open("/ads")
    await choose(visitor, "preset:soda")
    visitor.find(marker="ad-name").trigger("input", "Fizzy")
    for ratio in ("1:1", "16:9"):
        visitor.find(marker="ad-formats").trigger("choose", {"detail": ratio})
    visitor.find(marker="ad-templates").trigger("choose", {"detail": "unboxing"})
    await visitor.should_see("Make the ad · 120 credits")
    visitor.find(marker="make-ad").click()
    await visitor.should_see("Not enough credits: this ad costs 120, you have 100.")
    await visitor.should_see("Get credits")


async def test_a_failed_shot_waits_for_its_owner_and_a_finished_ad_is_shown(visitor: Visitor, me: User) -> None:
    await visitor.open("/ads")
    await choose(visitor, "preset:watch")
    visitor.find(marker="ad-name").trigger("input", "Watch")
    await visitor.should_see("Make the ad · 30 credits")
    visitor.find(marker="make-ad").click()
    await visitor.should_see("Being made")
    made = await newest(me)
    await finish(made.shots[0][1])
    await fail(made.shots[1][1], ProviderFailed("out of paint"))
    await visitor.open(f"/ads/{made.ad.id}")
    await visitor.should_see("Needs you: a shot has failed")
    await visitor.should_see("out of paint")
    visitor.find("Try again").click()
    await visitor.should_see("Being made")
    for _, video in (await newest(me)).shots:
        if video.status == "pending":
            await finish(video)
    await finish((await newest(me)).videos[0])
    await visitor.open(f"/ads/{made.ad.id}")
    await visitor.should_see("Download all")
    await visitor.should_see("Other music")


async def test_a_format_that_is_not_there_yet_shows_its_first_shot(visitor: Visitor, me: User) -> None:
    await visitor.open("/ads")
    await choose(visitor, "preset:watch")
    visitor.find(marker="ad-name").trigger("input", "Watch")
    visitor.find(marker="ad-formats").trigger("choose", {"detail": "1:1"})
    await visitor.should_see("Make the ad · 60 credits")
    visitor.find(marker="make-ad").click()
    await visitor.should_see("Being made")
    made = await newest(me)
    await finish(made.videos[0])
    async with session() as db:  # as with a model that has no clips in the format's own size
        square = (col(Video.size) == "1080x1080", col(Video.kind) == "generated")
        await db.exec(update(Video).where(*square).values(size="960x960"))
    await visitor.open(f"/ads/{made.ad.id}")
    await visitor.should_see("1:1 · Waits for its shots")
    place = visitor.find(marker="ad-waits").elements.pop()
    assert "size=1080x1080" in str([child.props.get("src") for child in place.default_slot.children])


@pytest.mark.parametrize("vary", ["template", "music", "words"])
async def test_a_variant_begins_with_what_there_was(visitor: Visitor, me: User, vary: str) -> None:
    await visitor.open("/ads")
    await choose(visitor, "preset:watch")
    visitor.find(marker="ad-name").trigger("input", "Watch")
    await visitor.should_see("Make the ad · 30 credits")
    visitor.find(marker="make-ad").click()
    await visitor.should_see("Being made")
    await visitor.open(f"/ads?like={(await newest(me)).ad.id}&vary={vary}")
    await visitor.should_see("Make the ad · 30 credits")
