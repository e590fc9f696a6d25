"""Likes, comments, reports and the gallery: each counts once, and rights and limits hold."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, select
from sqlmodel import update as sql_update

from core.accounts import users
from core.accounts.public_name import set_public_name
from core.admin import own_data
from core.database.session import reading, session
from core.errors import Conflict, NotFound, WrongInput
from core.models import AuditEntry, Comment, Like, Report, User, Video, WebhookDelivery, WebhookEndpoint, now
from core.prompts import templates
from core.prompts.camera_moves import MOVES, toggle_move
from core.social import comments, gallery, likes, plain, ranking, reports, sharing
from tests.people import ask, finish, reread
from tests.waiting import until

pytestmark = pytest.mark.both_databases


async def shown(user: User, prompt: str = "Slow push in", *, in_gallery: bool = True) -> tuple[Video, str]:
    """A video the user shares, and its slug."""
    video = await ask(user, prompt)
    await finish(video)
    async with session() as db:
        return video, await sharing.share(db, user.id, video.id, in_gallery=in_gallery)


async def people(number: int) -> list[User]:
    async with session() as db:
        return [await users.find_or_create(db, f"person{n}@example.com") for n in range(number)]


async def in_gallery(sort: gallery.Sort = "new") -> list[int]:
    async with reading() as db:
        return [one.video.id for one in await gallery.page(db, sort, None, 50)]


async def test_fifty_likes_at_once_are_one(alice: User, charlie: User) -> None:
    video, slug = await shown(alice)

    async def one() -> None:
        async with session() as db:
            await likes.like(db, charlie.id, slug)

    await asyncio.gather(*(one() for _ in range(50)))
    assert (await reread(video)).likes == 1
    async with session() as db:
        assert await likes.is_liked(db, charlie.id, video.id)
        assert await likes.unlike(db, charlie.id, slug) == 0
        assert await likes.unlike(db, charlie.id, slug) == 0


async def test_the_most_liked_of_the_week_come_first_page_by_page(alice: User) -> None:
    fans = await people(4)
    videos = [await shown(alice, f"Number {n}") for n in range(5)]
    for number, (_, slug) in enumerate(videos[:3], 1):
        for fan in fans[:number]:
            async with session() as db:
                await likes.like(db, fan.id, slug)
    old, slug = videos[3]
    async with session() as db:
        for fan in fans:
            await likes.like(db, fan.id, slug)
        past = sql_update(Like).where(col(Like.video_id) == old.id)
        await db.exec(past.values(created_at=now() - timedelta(days=8)))
    expected = [videos[n][0].id for n in (2, 1, 0, 4, 3)]
    assert await in_gallery("liked") == expected
    seen: list[int] = []
    cursor = None
    async with reading() as db:
        while page := await gallery.page(db, "liked", cursor, 2):
            seen += [one.video.id for one in page]
            cursor = page[-1].cursor
        with pytest.raises(WrongInput):
            await gallery.page(db, "liked", "1' OR 1", 2)
    assert seen == expected


async def test_a_long_ranking_is_counted_now_and_then(
    alice: User, bob: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    videos = [await shown(alice, f"Number {n}") for n in range(3)]

    async def like(user: User, number: int) -> None:
        async with session() as db:
            await likes.like(db, user.id, videos[number][1])

    def order(*numbers: int) -> list[int]:
        return [videos[n][0].id for n in numbers]

    monkeypatch.setattr(ranking, "MANY", 1)
    await like(bob, 1)
    assert await in_gallery("liked") == order(1, 2, 0)
    await like(bob, 0)
    await like(charlie, 0)
    async with session() as db:
        await sharing.unshare(db, alice.id, videos[1][0].id)
    assert await in_gallery("liked") == order(2)  # what is liked since has its place when it is counted
    monkeypatch.setattr(ranking, "KEPT_SECONDS", 0.0)

    async def is_counted() -> bool:
        return await in_gallery("liked") == order(0, 2)

    await until(is_counted)


async def test_a_category_holds_what_was_made_with_its_templates(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    video, _slug = await shown(alice)

    async def categories(prompt: str) -> list[str]:
        """Those that hold the video with that prompt."""
        async with session() as db:
            await db.exec(sql_update(Video).where(col(Video.id) == video.id).values(prompt=prompt))
            return [each for each in templates.CATEGORIES if await gallery.page(db, "new", None, 5, each)]

    for sample in templates.SAMPLES:
        for text in (sample.text, sample.text_zh):
            prompt = templates.fill(text, {blank.name: "100 %_" for blank in templates.blanks(text)})
            assert await categories(toggle_move(prompt, MOVES[6])) == [sample.category], prompt
    assert await categories("Slow push in") == []
    monkeypatch.setattr(gallery, "READ_THROUGH", 1)
    await shown(alice)
    assert await categories(templates.SAMPLES[0].text) == []


async def test_only_what_its_owner_shows_is_in_the_gallery(alice: User) -> None:
    await shown(alice, in_gallery=False)
    video, _ = await shown(alice)
    assert await in_gallery() == [video.id]
    async with session() as db:
        await sharing.unshare(db, alice.id, video.id)
    assert await in_gallery() == []


async def test_a_link_that_was_withdrawn_is_another_one_afterwards(alice: User) -> None:
    video, slug = await shown(alice)
    async with session() as db:
        await sharing.unshare(db, alice.id, video.id)
        assert await sharing.share(db, alice.id, video.id) != slug
    async with reading() as db:
        with pytest.raises(NotFound):
            await sharing.shared(db, slug)


async def test_a_comment_is_deleted_by_its_author_the_owner_and_an_administrator(
    alice: User, bob: User, charlie: User
) -> None:
    _video, slug = await shown(alice)
    for deleting, allowed in ((charlie, True), (alice, True), (bob, False)):
        async with session() as db:
            said = await comments.write(db, charlie, slug, "Nice")
        async with session() as db:
            if allowed:
                await comments.delete(db, deleting, slug, said.comment.id)
            else:
                with pytest.raises(NotFound):
                    await comments.delete(db, deleting, slug, said.comment.id)
    async with session() as db:
        (await db.get_one(User, bob.id)).role = "admin"
    async with session() as db:
        await comments.delete(db, await db.get_one(User, bob.id), slug, said.comment.id)
        assert (await db.exec(select(AuditEntry.act))).all() == ["comment deleted"]
    async with session() as db:
        await sharing.close_comments(db, alice.id, _video.id, closed=True)
        with pytest.raises(Conflict):
            await comments.write(db, charlie, slug, "Too late")
    async with session() as db:
        await sharing.unshare(db, alice.id, _video.id)
        with pytest.raises(NotFound):
            await comments.page(db, slug, None, 9)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  Hello  \n\n\n\nthere  ", "Hello\n\nthere"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("right\u202eto left\u2066\u200f", "rightto left"),
        ("z" + "\u0335" * 40 + "a", "z" + "\u0335" * 3 + "a"),
        ("one\r\ntwo", "one\ntwo"),
        ("家 👩\u200d🔬", "家 👩\u200d🔬"),
        ("https://example.com", "https://example.com"),
    ],
)
def test_a_text_keeps_what_people_read(text: str, kept: str) -> None:
    assert plain.checked(text, 500) == kept


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b\u202e", "\u200d", "x" * 501])
def test_what_says_nothing_or_too_much_is_refused(text: str) -> None:
    with pytest.raises(WrongInput):
        plain.checked(text, 500)


async def test_three_people_hide_a_video_until_somebody_decides(alice: User, bob: User) -> None:
    video, slug = await shown(alice)
    fans = await people(5)
    async with session() as db:
        (await db.get_one(User, bob.id)).role = "admin"
    for fan in (fans[0], fans[0], fans[1]):
        async with session() as db:
            await reports.report(db, fan.id, slug, "spam", "Look\u202e at it")
    assert await in_gallery() == [video.id]
    async with session() as db:
        await reports.report(db, fans[2].id, slug, "other")
    assert await in_gallery() == []
    async with reading() as db:
        assert (await sharing.shared(db, slug)).id == video.id
        (row,) = await reports.queue(db, bob.id)
        assert [report.note for report in row.reports] == ["Look at it", "Look at it", ""]
        with pytest.raises(NotFound):
            await reports.queue(db, alice.id)
    async with session() as db:
        await reports.decide(db, bob.id, video.id, "keep")
    assert await in_gallery() == [video.id]
    for fan in fans[3:]:
        async with session() as db:
            await reports.report(db, fan.id, slug, "spam")
    assert await in_gallery() == [video.id]
    async with session() as db:
        with pytest.raises(Conflict):
            await reports.report(db, alice.id, slug, "spam")


@pytest.mark.parametrize("decision", ["hide", "takedown", "block"])
async def test_what_an_administrator_decides(alice: User, bob: User, charlie: User, decision: reports.Decision) -> None:
    video, slug = await shown(alice)
    async with session() as db:
        (await db.get_one(User, bob.id)).role = "admin"
        await reports.report(db, charlie.id, slug, "copyright")
    async with session() as db:
        await reports.decide(db, bob.id, video.id, decision)
        assert await reports.queue(db, bob.id) == []
    assert await in_gallery() == []
    now_it_is = await reread(video)
    assert (now_it_is.slug is None) == (decision != "hide")
    assert now_it_is.key
    async with session() as db:
        if decision == "hide":
            await sharing.share(db, alice.id, video.id, in_gallery=True)
        else:
            with pytest.raises(Conflict):
                await sharing.share(db, alice.id, video.id)
        blocked = (await db.get_one(User, alice.id)).blocked_at
    assert (blocked is not None) == (decision == "block")
    assert await in_gallery() == []


async def test_a_public_name_is_no_address(alice: User) -> None:
    async with session() as db:
        assert await set_public_name(db, alice.id, "  Ann \u202e of  Example ") == "Ann of Example"
        for wrong in ("ann@example.com", "x" * 41):
            with pytest.raises(WrongInput):
                await set_public_name(db, alice.id, wrong)


async def test_sharing_is_told_to_webhooks_once(alice: User) -> None:
    async with session() as db:
        for form in ("adsvideo", "openai"):
            db.add(WebhookEndpoint(user_id=alice.id, url="https://example.com", sealed_secret="x", form=form))
    video, _slug = await shown(alice)
    async with session() as db:
        await sharing.unshare(db, alice.id, video.id)
        await sharing.share(db, alice.id, video.id)
        events = (await db.exec(select(WebhookDelivery.event))).all()
    assert sorted(events) == ["video.completed", "video.completed", "video.shared"]


async def test_whoever_leaves_takes_their_words_along(alice: User, charlie: User) -> None:
    video, slug = await shown(alice)
    async with session() as db:
        await likes.like(db, charlie.id, slug)
        await comments.write(db, charlie, slug, "Nice")
        await reports.report(db, charlie.id, slug, "spam")
    async with session() as db:
        await own_data.erase(db, charlie.id, charlie.email)
    assert (await reread(video)).likes == 0
    async with reading() as db:
        for table in (Like, Comment, Report):
            assert (await db.exec(select(table))).all() == []
