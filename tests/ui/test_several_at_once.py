"""The studio while several videos are on their way: some asked for here, some elsewhere, some before ours."""

import re

import pytest
from nicegui import ElementFilter
from nicegui.testing import User as Visitor

from core.database.session import reading, session
from core.models import User, Video, now
from core.redis.news import News, publish
from core.settings import settings
from core.videos import queries, states
from tests.environment import forget_settings
from tests.people import ask, balance, finish
from tests.ui.test_studio import choose, mine, write
from tests.waiting import until
from ui.components.studio.recent import Recent


def strip(visitor: Visitor) -> list[str]:
    """Where the thumbs of the strip lead to."""
    with visitor.client or pytest.fail("no page is open"):
        (recent,) = ElementFilter(kind=Recent)
        return re.findall('href="([^"]*)"', recent.props["html"])


async def test_a_video_that_starts_elsewhere_leaves_what_i_look_at_alone(visitor: Visitor, me: User) -> None:
    await finish(await ask(me, "Mine"))
    await visitor.open("/")
    await visitor.should_see("Generated with Studio camera (built in) · 1280x720 · 6.0 s")
    other = await ask(me, "From the API")
    await until(lambda: f"/videos/{other.id}" in strip(visitor))
    await visitor.should_see("Generated with Studio camera (built in) · 1280x720 · 6.0 s")
    await visitor.should_see("Generate · 10 credits")
    await visitor.should_not_see("Generating…")
    choose(visitor, "watch")
    visitor.find(marker="generate").click()
    await visitor.should_see("Generating…")
    assert await mine() == 3


async def test_without_anything_to_look_at_it_is_shown_and_locks_nothing(visitor: Visitor, me: User) -> None:
    await visitor.open("/")
    await visitor.should_see("Use it")
    await ask(me)
    await visitor.should_see("Starting…")
    await visitor.should_see("Generate · 10 credits")


async def test_a_changed_form_is_another_video_up_to_the_limit(
    visitor: Visitor, me: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPEN_VIDEOS_PER_USER", "2")
    forget_settings()
    assert settings().open_videos_per_user == 2
    await visitor.open("/")
    choose(visitor, "watch")
    for prompt, videos in (("First", 1), ("Second", 2)):
        write(visitor, prompt)
        await visitor.should_see("Generate · 10 credits")
        visitor.find(marker="generate").click()
        await visitor.should_see("Generating…")
        assert await mine() == videos
    visitor.find(marker="generate").click()  # the same once more
    assert (await balance(me), await mine()) == (80, 2)
    write(visitor, "Third")
    visitor.find(marker="generate").click()
    await visitor.should_see("2 of your videos are on their way already.")
    assert (await balance(me), await mine()) == (80, 2)


async def test_a_page_opened_in_the_middle_is_held_until_the_form_changes(visitor: Visitor, me: User) -> None:
    await ask(me)
    await visitor.open("/")
    await visitor.should_see("Generating…")
    choose(visitor, "watch")
    await visitor.should_see("Generate · 10 credits")


async def test_queued_is_not_starting(visitor: Visitor, me: User, alice: User) -> None:
    first, second = await ask(alice), await ask(me)
    await visitor.open("/")
    await visitor.should_see("Queued (1 ahead)")
    await visitor.should_not_see("Starting…")
    async with session() as db:
        await states.cancel(db, alice.id, first.id)
    await publish(News(user_id=me.id, video_id=second.id, status="pending", stage="starting"))
    await visitor.should_see("Starting…")


async def test_whoever_is_before_it_counts(place: object, me: User, alice: User) -> None:
    first = await ask(me)
    second, hers, cloud = await ask(me), await ask(alice), await ask(alice, model="runway")
    async with reading() as db:
        assert [await queries.ahead(db, video) for video in (first, hers, second, cloud)] == [0, 1, 2, 0]
    async with session() as db:
        started = {"status": "processing", "started_at": now()}
        await states.change(db, Video.id == first.id, **started)  # type: ignore[arg-type]
    async with reading() as db:
        assert [await queries.ahead(db, video) for video in (hers, second)] == [1, 2]
        assert await queries.ahead(db, await queries.owned(db, me.id, first.id)) == 0


async def test_a_cancel_that_costs_is_asked_about(visitor: Visitor, me: User) -> None:
    video = await ask(me, model="runway")
    async with session() as db:
        begun = {"status": "processing", "provider_id": "x", "submitted_at": now(), "started_at": now()}
        await states.change(db, Video.id == video.id, **begun)  # type: ignore[arg-type]
    await publish(News(user_id=me.id, video_id=video.id, stage="processing", progress=30))
    await visitor.open("/")
    await visitor.should_see("Processing… 30 %")
    visitor.find(marker="stage").trigger("do", {"detail": "cancel"})
    await visitor.should_see("Cancel and lose 10 credits")

    async def is_asked() -> bool:
        async with reading() as db:
            return (await queries.owned(db, me.id, video.id)).cancel_requested

    assert not await is_asked()
    visitor.find("Cancel and lose 10 credits").click()
    await until(is_asked)
