"""All of somebody's data can be taken along, and all of it can be gone; the sums stay right."""

from pathlib import Path

import pytest

from core.accounts import api_keys, users
from core.admin import audit, own_data
from core.billing import credits
from core.database.session import reading, session
from core.errors import BadInput, JobLost, NotSignedIn
from core.models import ApiKey, Picture, User, Video
from core.storage import store
from core.videos import states
from tests.environment import forget_settings
from tests.people import ask, balance, ledger, picture_of

pytestmark = pytest.mark.both_databases


async def finished(user: User) -> Video:
    """A video with its files, made without a worker."""
    video = await ask(user, "My secret launch")
    for suffix in ("mp4", "webp"):
        await store.put(b"film", f"videos/{video.id}/x.{suffix}")
    async with session() as db:
        await states.change(db, Video.id == video.id, status="processing")  # type: ignore[arg-type]
        assert await _finish(db, video)
    return video


async def _finish(db: object, video: Video) -> bool:
    at = f"videos/{video.id}/x"
    return await states.finish(
        db,  # type: ignore[arg-type]
        video, key=f"{at}.mp4", poster_key=f"{at}.webp", width=1280, height=720, duration=4.0, size_bytes=4,
    )  # fmt: skip


async def erase(user: User, typed: str = "") -> None:
    """As the route does it."""
    async with session() as db:
        keys = await own_data.erase(db, user.id, typed or user.email)
    await store.delete(*keys)


async def test_everything_of_mine_and_nothing_of_others_is_in_the_export(alice: User, charlie: User) -> None:
    video, other = await finished(alice), await ask(charlie)
    async with session() as db:
        key = await api_keys.make_key(db, alice, "script")
        mine = await own_data.collect(db, alice.id)
    assert mine.tables["me"]["email"] == alice.email
    assert [v["prompt"] for v in mine.tables["videos"]] == ["My secret launch"]
    assert [line["kind"] for line in mine.tables["ledger"]] == ["grant", "charge"]
    assert mine.files == [
        (f"pictures/{video.picture_id}.jpg", (await picture_of(alice)).key),
        (f"videos/{video.id}.mp4", f"videos/{video.id}/x.mp4"),
    ]
    everything = repr(mine)
    assert key not in everything
    assert "sha256" not in mine.tables["api_keys"][0]
    assert other.id not in [v["id"] for v in mine.tables["videos"]]


async def test_after_erasing_only_numbers_are_left(alice: User, place: Path) -> None:
    video = await finished(alice)
    async with session() as db:
        key = await api_keys.make_key(db, alice, "script of Alice")
        await credits.move(db, alice.id, 5, "adjustment", "test:note", note="for Alice's birthday")
        await audit.record(db, None, "credits", user_id=alice.id, note="for Alice's birthday")
    files = [p for p in place.rglob("*") if p.is_file() and p.parts[-3] in ("pictures", "videos")]
    assert len(files) == 3
    with pytest.raises(BadInput, match="type the e-mail"):
        await erase(alice, "somebody@else.com")
    await erase(alice, " ALICE@example.com ")
    assert [file for file in files if file.exists()] == []
    async with session() as db:
        with pytest.raises(NotSignedIn):
            await api_keys.by_key(db, key)
        rows = [await db.get(kind, at) for kind, at in ((User, alice.id), (Video, video.id), (Picture, 1), (ApiKey, 1))]
        notes = [e.note for e in await credits.ledger(db, alice.id, None, 9)]
        log = await audit.page(db, None, 9)
        assert await credits.wrong_balances(db) == []
    left = repr([rows, notes, log]).lower()
    assert [word for word in ("alice", "secret", "birthday") if word in left] == []
    assert [amount for _, amount in await ledger(alice)] == [100, -10, 5]
    assert [line.entry.act for line in log] == ["erase", "credits"]


async def test_what_is_on_its_way_is_canceled_and_its_file_is_not_kept(alice: User) -> None:
    waiting, ready, running = await ask(alice), await ask(alice), await ask(alice, model="runway")
    async with session() as db:
        await states.change(db, Video.id == ready.id, status="processing", ready=True, model="runway")  # type: ignore[arg-type]
        await states.change(db, Video.id == running.id, status="processing", provider_id="job")  # type: ignore[arg-type]
    await erase(alice)
    async with session() as db:
        found = {
            v.id: (v.status, v.cancel_requested) for v in [await db.get(Video, v.id) for v in (waiting, ready)] if v
        }
        assert found == {waiting.id: ("canceled", False), ready.id: ("canceled", False)}
        assert not await _finish(db, running), "the provider was faster than the cancel"
    async with reading() as db:
        left = await db.get(Video, running.id)
        assert left is not None
        assert (left.status, left.key) == ("canceled", None)
    assert await balance(alice) == 80


async def test_a_failure_after_erasing_is_still_refunded(alice: User) -> None:
    running = await ask(alice, model="runway")
    async with session() as db:
        await states.change(db, Video.id == running.id, status="processing", provider_id="job")  # type: ignore[arg-type]
    await erase(alice)
    async with session() as db:
        assert await states.fail(db, running, JobLost())
    assert await balance(alice) == 100


@pytest.mark.parametrize(("provider", "start"), [("", 100), ("somebody", 0)])
async def test_who_comes_back_is_new_but_is_not_paid_for_leaving(
    alice: User, monkeypatch: pytest.MonkeyPatch, provider: str, start: int
) -> None:
    """Where a click signs in everybody is their own host; elsewhere each return would be a new starting grant."""
    monkeypatch.setenv("GOOGLE_CLIENT_ID", provider)
    forget_settings()
    await erase(alice)
    async with session() as db:
        again = await users.find_or_create(db, alice.email)
    assert again.id != alice.id
    assert await balance(again) == start
    async with reading() as db:
        assert await credits.wrong_balances(db) == []
