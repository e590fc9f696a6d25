"""The library: searched, filtered, in pages that stay fast; deleted, brought back, removed at last."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text, update
from sqlmodel import col, select

from core.database.session import reading, session
from core.errors import NotFound
from core.models import User, Video, now
from core.social import gallery, sharing
from core.storage import store, zip_stream
from core.videos import library, queries, retention
from core.videos.library import Filter
from tests.people import ask, picture_of
from workers.cron import cleanup

pytestmark = pytest.mark.both_databases

ALL = Filter()


async def made(user: User, **values: Any) -> Video:
    """A video in the library, finished unless it is said otherwise; its small files are there."""
    picture = await picture_of(user)
    about: dict[str, Any] = {"prompt": "A film", "model": "camera", "label": "Camera", "seconds": 4, "size": "1280x720"}
    about |= {"status": "completed", "cost_credits": 10, **values}
    video = Video(user_id=user.id, picture_id=picture.id, **about)
    async with session() as db:
        db.add(video)
        await db.flush()
        if video.status == "completed":
            video.key, video.poster_key = f"videos/{video.id}/a.mp4", f"videos/{video.id}/a.webp"
            await store.put(b"film %d" % video.id, video.key)
            await store.put(b"poster", video.poster_key)
    return video


async def shown(user: User, wanted: Filter = ALL, **options: int) -> list[int]:
    """The ids on a page."""
    async with reading() as db:
        return [video.id for video in await library.page(db, user.id, wanted, **options)]


async def delete(user: User, *ids: int) -> list[int]:
    """As the user does."""
    async with session() as db:
        return await library.delete(db, user.id, ids)


async def restore(user: User, *ids: int) -> list[int]:
    """As the user does."""
    async with session() as db:
        return await library.restore(db, user.id, ids)


async def let_pass(video: Video, time: timedelta) -> None:
    """It was deleted so long ago."""
    async with session() as db:
        await db.exec(update(Video).where(col(Video.id) == video.id).values(deleted_at=now() - time))


async def test_each_filter_finds_its_own_and_all_together_narrow_it(alice: User) -> None:
    watch = await made(alice, prompt="Slow orbit around the WATCH, 50% off", favorite=True)
    tall = await made(alice, prompt="A can in the rain", size="720x1280", model="sora-2")
    square = await made(alice, prompt="咖啡杯缓慢旋转", size="1024x1024")
    failed = await made(alice, prompt="Rain on a watch", status="failed")
    running = await made(alice, prompt="Rain again", status="processing")
    assert await shown(alice) == [running.id, failed.id, square.id, tall.id, watch.id]
    assert await shown(alice, Filter(words="rain")) == [running.id, failed.id, tall.id]
    assert await shown(alice, Filter(words="watch RAIN")) == [failed.id]
    assert await shown(alice, Filter(words="0%")) == [watch.id]
    assert await shown(alice, Filter(words="缓慢")) == [square.id]
    assert await shown(alice, Filter(state="running")) == [running.id]
    assert await shown(alice, Filter(state="failed")) == [failed.id]
    assert await shown(alice, Filter(model="sora-2")) == [tall.id]
    assert await shown(alice, Filter(shape="portrait")) == [tall.id]
    assert await shown(alice, Filter(shape="square")) == [square.id]
    assert await shown(alice, Filter(favorite=True)) == [watch.id]
    assert await shown(alice, Filter(words="watch", state="completed", model="camera", favorite=True)) == [watch.id]
    assert await shown(alice, Filter(words="watch", model="sora-2")) == []


async def test_a_page_begins_below_the_cursor_and_ends_at_its_limit(alice: User) -> None:
    ids = [(await made(alice)).id for _ in range(5)]
    assert await shown(alice, limit=2) == [ids[4], ids[3]]
    assert await shown(alice, before=ids[3], limit=2) == [ids[2], ids[1]]


async def test_a_filter_shows_nobody_elses(alice: User, bob: User) -> None:
    await made(alice, size="720x1280", favorite=True)
    for wanted in (Filter(), Filter(favorite=True), Filter(shape="portrait"), Filter(words="film")):
        assert await shown(bob, wanted) == []
    async with reading() as db:
        assert await library.kinds(db, bob.id) == []


WANTED = (
    Filter(),
    Filter(words="film"),
    Filter(state="failed"),
    Filter(model="sora-2"),
    Filter(model="sora-2", shape="portrait"),
    Filter(shape="square"),
    Filter(favorite=True),
    Filter(words="film", state="completed", model="camera", shape="landscape", favorite=True),
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_with_ten_thousand_videos_every_page_walks_an_index(alice: User) -> None:
    await fill(alice, 10_000)
    async with reading() as db:
        for wanted in WANTED:
            query = library.listed(alice.id, wanted, ["720x1280"]).where(col(Video.id) < 5_000).limit(24)
            plan = await plan_of(db, query)
            assert all("USING INDEX ix_videos_user" in line for line in plan), (wanted, plan)
            assert not any("SCAN" in line or "TEMP B-TREE" in line for line in plan), (wanted, plan)
        assert len(await library.page(db, alice.id, Filter(), before=5_000)) == 24


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_beside_a_page_walks_an_index_too(alice: User) -> None:
    video = await made(alice)
    asked = {
        "kinds": "SELECT DISTINCT model, size FROM videos WHERE user_id = 1",
        "versions": "SELECT id FROM videos WHERE picture_id = 1 AND user_id = 1 ORDER BY id DESC",
        "removable": "SELECT id FROM videos WHERE deleted_at < '2026' AND key IS NOT NULL ORDER BY deleted_at",
    }
    await fill(alice, 2_000)
    async with reading() as db:
        for name, query in asked.items():
            plan = [row[3] for row in await db.exec(text(f"EXPLAIN QUERY PLAN {query}"))]  # type: ignore[call-overload]
            assert "SEARCH videos USING" in plan[0], (name, plan)
        assert len(await library.versions(db, video)) == 12
        counted = select(Video.made_from).where(queries.versions(alice.id)).group_by(col(Video.made_from))
        assert "ix_videos_user_kind" in (await plan_of(db, counted))[0]


async def fill(user: User, n: int) -> None:
    """That many videos, at once."""
    one = (await made(user)).model_dump(exclude={"id"})
    rows = [{**one, "prompt": f"film {i}", "favorite": i % 1000 == 0} for i in range(n)]
    async with session() as db:
        await db.exec(insert(Video), params=rows)


async def plan_of(db: Any, query: Any) -> list[str]:
    """How SQLite goes about it."""
    compiled = query.compile(compile_kwargs={"literal_binds": True}, dialect=db.bind.dialect)
    return [row[3] for row in await db.exec(text(f"EXPLAIN QUERY PLAN {compiled}"))]


async def test_the_versions_of_a_video_are_the_others_of_its_picture(alice: User) -> None:
    first, second = await made(alice), await made(alice)
    gone = await made(alice)
    await delete(alice, gone.id)
    async with reading() as db:
        assert [video.id for video in await library.versions(db, first)] == [second.id]


async def test_versions_are_counted_and_deleted_without_what_they_were_made_from(alice: User, bob: User) -> None:
    clip, other = await made(alice), await made(alice)
    first = await made(alice, kind="edited", made_from=[clip.id])
    both = await made(alice, kind="edited", made_from=[clip.id, other.id])
    running = await made(alice, kind="edited", made_from=[clip.id], status="processing")
    await made(alice, made_from=[clip.id])  # a remix is a video of its own
    gone = await made(alice, kind="edited", made_from=[clip.id])
    await delete(alice, gone.id)
    await made(bob, kind="edited", made_from=[clip.id])
    async with session() as db:
        assert await queries.version_counts(db, alice.id, [clip.id, other.id, first.id]) == {clip.id: 3, other.id: 1}
        assert await library.delete_versions(db, bob.id, other.id) == []
        assert set(await library.delete_versions(db, alice.id, clip.id)) == {first.id, both.id}
        assert await queries.version_counts(db, alice.id, [clip.id, other.id]) == {clip.id: 1}
    assert {clip.id, other.id, running.id} <= set(await shown(alice))


async def test_a_deleted_video_comes_back_whole(alice: User) -> None:
    video = await made(alice, favorite=True)
    async with session() as db:
        slug = await sharing.share(db, alice.id, video.id, in_gallery=True)
    assert await delete(alice, video.id) == [video.id]
    async with reading() as db:
        assert await gallery.page(db, "new", None, 9) == []
        with pytest.raises(NotFound):
            await sharing.shared(db, slug)
    await cleanup.remove_deleted({})
    assert await restore(alice, video.id) == [video.id]
    assert await shown(alice, Filter(favorite=True)) == [video.id]
    async with reading() as db:
        assert (await sharing.shared(db, slug)).id == video.id
    assert await store.get(video.key or "") == b"film %d" % video.id


async def there(key: str | None) -> bool:
    """Whether the storage has that file."""
    return await store.place().size(key or "") is not None


async def test_the_files_go_when_it_is_too_late_to_come_back(alice: User) -> None:
    video, kept = await made(alice), await made(alice)
    await delete(alice, video.id)
    await let_pass(video, library.UNDO + timedelta(seconds=1))
    assert await restore(alice, video.id) == []
    await cleanup.remove_deleted({})
    assert await there(video.key), "between the two there is room for a clock's error"
    await let_pass(video, library.FILES_KEPT + timedelta(seconds=1))
    await cleanup.remove_deleted({})
    assert not await there(video.key)
    assert not await there(video.poster_key)
    assert await there(kept.key)
    async with reading() as db:
        assert await retention.removable(db) == []


async def test_a_worker_that_dies_between_file_and_row_loses_nothing(alice: User) -> None:
    video = await made(alice)
    await delete(alice, video.id)
    await let_pass(video, library.FILES_KEPT + timedelta(seconds=1))
    await store.delete(video.key)
    await cleanup.remove_deleted({})
    assert not await there(video.poster_key)
    async with reading() as db:
        assert await retention.removable(db) == []


async def test_what_is_being_made_is_not_deleted(alice: User) -> None:
    running, done = await ask(alice), await made(alice)
    assert await delete(alice, running.id, done.id) == [done.id]


async def test_nobody_deletes_or_brings_back_anothers(alice: User, bob: User) -> None:
    video = await made(alice)
    assert await delete(bob, video.id) == []
    await delete(alice, video.id)
    assert await restore(bob, video.id) == []
    async with reading() as db:
        with pytest.raises(NotFound):
            await queries.owned(db, alice.id, video.id)
        assert await library.chosen(db, bob.id, [video.id]) == []


async def test_a_zip_has_every_film_and_says_how_each_was_made(alice: User) -> None:
    found = [await made(alice, prompt="Une tasse à café"), await made(alice, seconds=8)]
    files = [(library.name_of(video), video.key or "") for video in found]
    texts = {"manifest.json": library.manifest(found)}
    pieces = [piece async for piece in zip_stream.zipped(texts, [*files, ("gone.mp4", "videos/gone.mp4")])]
    assert len(pieces) == len(found) + 1, "a piece per read, not one of everything"
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == ["manifest.json", *(f"adsvideo-{video.id}.mp4" for video in found)]
        assert opened.read(f"adsvideo-{found[1].id}.mp4") == b"film %d" % found[1].id
        manifest = json.loads(opened.read("manifest.json"))
    assert [one["prompt"] for one in manifest["videos"]] == ["Une tasse à café", "A film"]
    assert manifest["videos"][1]["seconds"] == 8


def named(video_id: int, title: str | None) -> Video:
    """A video of which its name matters."""
    made: dict[str, Any] = {
        "prompt": "",
        "model": "camera",
        "label": "",
        "seconds": 4,
        "size": "1280x720",
        "cost_credits": 10,
    }
    return Video(id=video_id, user_id=1, picture_id=1, title=title, **made)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        (None, "adsvideo-17.mp4"),
        ("Summer / launch: 夏", "Summer launch 夏.mp4"),
        ("../../etc/passwd", "etc passwd.mp4"),
        ("..", "adsvideo-17.mp4"),
        ("con", "adsvideo-17.mp4"),
        ("NUL.x", "adsvideo-17.mp4"),
        ('"quoted"\r\nSet-Cookie', "quoted Set-Cookie.mp4"),
        ("夏" * 100, "夏" * 66 + ".mp4"),
    ],
)
def test_a_files_name_is_the_videos_as_far_as_every_system_takes_it(title: str | None, name: str) -> None:
    assert library.name_of(named(17, title)) == name


def test_two_files_of_one_name_are_told_apart() -> None:
    videos = [named(n, title) for n, title in enumerate(("Launch", "launch", "Other", None), start=1)]
    assert library.names_of(videos) == ["Launch (1).mp4", "launch (2).mp4", "Other.mp4", "adsvideo-4.mp4"]
