"""Library, gallery, shared video, pricing, and what is shown where there is nothing."""

import asyncio
import html
import re

import pytest
from nicegui.testing import User as Visitor

from core.database.session import session
from core.errors import NotFound
from core.models import User, Video
from core.social import gallery, sharing
from core.social.gallery import Shown
from core.videos import library
from tests.people import ask, finish
from ui.components.video.video_card import VideoCard


async def share(video: Video, *, in_gallery: bool = False) -> str:
    """As its owner does."""
    async with session() as db:
        return await sharing.share(db, video.user_id, video.id, in_gallery=in_gallery)


async def test_the_library_asks_a_stranger_to_log_in(visitor: Visitor) -> None:
    await visitor.open("/library")
    await visitor.should_see("Please log in to see them.")


async def test_an_empty_library_leads_to_the_studio(visitor: Visitor, me: User) -> None:
    await visitor.open("/library")
    await visitor.should_see("No videos yet")
    await visitor.should_see("Make a video")


async def test_the_library_shows_mine_and_only_mine(visitor: Visitor, me: User, alice: User) -> None:
    await finish(await ask(me, "My own film"))
    await ask(me, "One that is being made")
    await finish(await ask(alice, "Not yours to see"))
    await visitor.open("/library")
    await visitor.should_see("My own film")
    await visitor.should_see("One that is being made")
    await visitor.should_see("Ready")
    await visitor.should_not_see("Not yours to see")


async def test_the_library_follows_the_news(visitor: Visitor, me: User) -> None:
    await visitor.open("/library")
    await visitor.should_see("No videos yet")
    video = await ask(me, "Made in another tab")
    await visitor.should_see("Made in another tab")
    await visitor.should_not_see("No videos yet")
    await finish(video)
    await visitor.should_see("Ready")


async def test_the_library_comes_in_pages(visitor: Visitor, me: User) -> None:
    video = await ask(me)
    async with session() as db:
        for _ in range(29):
            db.add(Video(**{**video.model_dump(exclude={"id"}), "status": "canceled"}))
    await visitor.open("/library")
    await visitor.should_see("Load more")
    assert len(visitor.find(VideoCard).elements) == 24


async def test_the_gallery_shows_what_owners_chose_to_show(visitor: Visitor, me: User, alice: User) -> None:
    shown, hidden = await ask(alice, "For everybody"), await ask(me, "Only by its link")
    for video in (shown, hidden):
        await finish(video)
    await share(shown, in_gallery=True)
    await share(hidden)
    await visitor.open("/gallery")
    await visitor.should_see("For everybody")
    await visitor.should_not_see("Only by its link")


async def test_a_page_that_waits_for_the_database_comes_all_the_same(
    visitor: Visitor, me: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*_: object) -> list[Shown]:
        await asyncio.sleep(3.5)  # NiceGUI by itself gives a page 3 seconds
        return []

    monkeypatch.setattr(gallery, "page", slow)
    await visitor.open("/gallery")
    await visitor.should_see("Nothing is shown yet")


async def test_an_empty_gallery_says_how_to_fill_it(visitor: Visitor, me: User) -> None:
    await visitor.open("/gallery")
    await visitor.should_see("Nothing is shown yet")


async def test_a_shared_video_unfolds_where_its_link_is_posted(visitor: Visitor, alice: User) -> None:
    video = await ask(alice, 'Words with "quotes" & <b>markup</b>')
    await finish(video)
    slug = await share(video)
    page = (await visitor.http_client.get(f"/v/{slug}")).text
    assert "<b>markup" not in page
    page = html.unescape(page)
    tags = dict(re.findall(r'<meta property="(og:[\w:]+)" content="(.*)">', page))
    assert tags["og:video"].endswith(f"/v/{slug}/content")
    assert tags["og:image"].endswith(f"/v/{slug}/card.jpg")
    assert tags["og:image"].startswith("http://")
    assert tags["og:title"] == 'Words with "quotes" & <b>markup</b>'


async def test_a_link_that_was_taken_back_leads_nowhere(visitor: Visitor, alice: User) -> None:
    video = await ask(alice)
    await finish(video)
    slug = await share(video)
    async with session() as db:
        await sharing.unshare(db, alice.id, video.id)
    answer = await visitor.http_client.get(f"/v/{slug}")
    assert answer.status_code == 404
    assert "This video is not shared, or not any more." in answer.text


async def test_pricing_is_honest(visitor: Visitor, me: User) -> None:
    await visitor.open("/pricing")
    await visitor.should_see("A new account begins with 100 credits.")
    for words in ("Sora 2", "no key", "It is not set up here", "There is no shop here yet.", "credits left"):
        await visitor.should_see(words)


async def test_a_wrong_address_gets_our_page_and_a_program_gets_json(visitor: Visitor) -> None:
    person = await visitor.http_client.get("/nowhere", headers={"accept": "text/html"})
    assert (person.status_code, "There is nothing here" in person.text) == (404, True)
    program = await visitor.http_client.get("/nowhere", headers={"accept": "application/json"})
    assert program.json()["error"]["code"] == NotFound.code
    api = await visitor.http_client.get("/api/nowhere")
    assert api.json()["error"]["code"] == NotFound.code


async def test_the_theme_is_right_from_the_first_byte(visitor: Visitor) -> None:
    assert "data-theme" not in (await visitor.http_client.get("/login")).text.partition("<body")[0]
    visitor.http_client.cookies.set("theme", "light")
    page = (await visitor.http_client.get("/login")).text
    assert 'document.documentElement.dataset.theme = "light"' in page
    assert "const dark = False" in page
    visitor.http_client.cookies.set("theme", 'x";alert(1)//')
    assert "alert(1)" not in (await visitor.http_client.get("/login")).text


async def test_deleting_takes_a_video_out_of_sight(visitor: Visitor, me: User) -> None:
    video = await ask(me, "Goes away")
    await finish(video)
    await visitor.open("/library")
    await visitor.should_see("Goes away")
    async with session() as db:
        await library.delete_one(db, me.id, video.id)
    await visitor.open("/library")
    await visitor.should_see("No videos yet")
