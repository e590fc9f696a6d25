"""An edit from request to file, through a real worker: paid, rendered, kept; what goes wrong costs nothing."""

import asyncio
from pathlib import Path
from typing import Any

import av
import pytest
from sqlmodel import col

from core.database.session import session
from core.edits import ask as edits
from core.errors import BadEdit, Conflict, IdempotencyConflict, NotEnoughCredits, NotFound
from core.models import User, Video, now
from core.notes import from_code
from core.storage import store
from core.videos import library, states
from tests import people
from tests.environment import forget_settings
from tests.worker import running_worker
from tests.workers.edits import numbered


async def made(user: User, folder: Path, count: int = 48, **more: Any) -> Video:
    """A finished video of the user's whose frames show their numbers."""
    video = await people.ask(user)
    path = numbered.clip(folder / f"{video.id}.mp4", count, **more)
    key = store.new_key(f"videos/{video.id}", ".mp4")
    await store.keep(path, key)
    async with session() as db:
        await states.change(db, col(Video.id) == video.id, status="processing")
        await states.finish(
            db, video, key=key, poster_key=key, width=320, height=180, duration=count / 24, size_bytes=1000
        )
    return await people.reread(video)


async def ended(video: Video) -> Video:
    """The video once it has ended, made by a worker."""
    async with running_worker(), asyncio.timeout(60):
        while (found := await people.reread(video)).status in ("pending", "processing"):
            await asyncio.sleep(0.1)
    return found


async def test_an_edit_becomes_a_video_of_its_own(alice: User, place: Path, tmp_path: Path) -> None:
    source = await made(alice, tmp_path, tone=440)
    before = await people.balance(alice)
    body = {
        "clips": [{"video_id": source.id, "start": 0.5, "end": 1.5}],
        "captions": {"lines": [{"start": 0.0, "end": 0.5, "text": "Hi"}], "burn": False, "language": "en"},
    }
    video = await edits.ask(alice, body)
    assert (video.kind, video.status, video.seconds, video.size) == ("edited", "pending", 1, "320x180")
    done = await ended(video)
    assert (done.status, done.error_code) == ("completed", None)
    assert (done.width, done.height, done.duration) == (320, 180, 1.0)
    assert (done.made_from, done.edit, done.prompt, done.picture_id) == (
        [source.id],
        body,
        source.prompt,
        source.picture_id,
    )
    assert not done.has_ai
    path = store.path(done.key or "")
    assert path
    assert numbered.numbers(path) == list(range(12, 36))
    with av.open(str(path)) as container:
        assert len(container.streams.subtitles) == 1
        assert container.streams.subtitles[0].metadata["language"] == "eng"
        assert "Edited video, no AI" in container.metadata["comment"]
        assert container.metadata["adsvideo_ai_generated"] == "false"
    assert await people.balance(alice) == before, "an edit is free unless EDIT_CREDITS says otherwise"
    kept = await people.reread(source)
    assert (kept.status, kept.key) == ("completed", source.key), "the clip itself is untouched"


async def test_a_price_is_charged_once_and_returned_on_failure(
    alice: User, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDIT_CREDITS", "3")
    forget_settings()
    source = await made(alice, tmp_path)
    before = await people.balance(alice)
    body = {"clips": [{"video_id": source.id}]}
    video = await edits.ask(alice, body, idempotency_key="one")
    assert (await edits.ask(alice, body, idempotency_key="one")).id == video.id
    assert await people.balance(alice) == before - 3
    with pytest.raises(IdempotencyConflict):
        await edits.ask(alice, {"clips": [{"video_id": source.id, "end": 1}]}, idempotency_key="one")
    async with session() as db:
        await library.delete(db, alice.id, [source.id])
    done = await ended(video)
    assert (done.status, done.error_code) == ("failed", "source_gone")
    assert await people.balance(alice) == before


async def test_without_credits_nothing_is_written(
    bob: User, alice: User, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await made(alice, tmp_path)
    monkeypatch.setenv("EDIT_CREDITS", "1000")
    forget_settings()
    with pytest.raises(NotEnoughCredits):
        await edits.ask(alice, {"clips": [{"video_id": source.id}]})


async def test_what_is_not_ones_own_or_not_finished_is_named_by_its_place(
    alice: User, charlie: User, place: Path, tmp_path: Path
) -> None:
    mine, theirs, waiting = await made(alice, tmp_path), await made(charlie, tmp_path), await people.ask(alice)
    own = {"video_id": mine.id}
    for body, kind, place_in_edit in (
        ({"clips": [own, {"video_id": theirs.id}]}, NotFound, "clips[1].video_id"),
        ({"clips": [own, own, {"image_id": theirs.picture_id}]}, NotFound, "clips[2].image_id"),
        ({"clips": [own], "logo": {"image_id": theirs.picture_id}}, NotFound, "logo.image_id"),
        ({"clips": [own], "end_card": {"title": "x", "image_id": 999}}, NotFound, "end_card.image_id"),
        ({"clips": [own], "music": {"track": "nothing"}}, NotFound, "music.track"),
        ({"clips": [own], "music": {"audio_id": 7}}, NotFound, "music.audio_id"),
        ({"clips": [own, {"video_id": waiting.id}]}, Conflict, "clips[1].video_id"),
        ({"clips": [own, {"video_id": mine.id, "end": 9}]}, BadEdit, "clips[1].end"),
    ):
        with pytest.raises(kind) as refused:
            await edits.ask(alice, body)
        assert place_in_edit in refused.value.message


async def test_an_edit_can_be_canceled_and_is_then_no_more(alice: User, place: Path, tmp_path: Path) -> None:
    source = await made(alice, tmp_path, 240)
    video = await edits.ask(alice, {"clips": [{"video_id": source.id, "speed": 0.25}], "size": "1280x720"})
    async with running_worker(), asyncio.timeout(60):
        while (await people.reread(video)).status == "pending":
            await asyncio.sleep(0.02)
        async with session() as db:
            await states.cancel(db, alice.id, video.id)
        while any(store.workspace().glob(f"video-{video.id}-*")):
            await asyncio.sleep(0.1)
    assert (await people.reread(video)).status == "canceled"


async def test_an_edit_whose_worker_died_is_done_again_once(alice: User, place: Path, tmp_path: Path) -> None:
    source = await made(alice, tmp_path)
    video = await edits.ask(alice, {"clips": [{"video_id": source.id}]})
    async with session() as db:  # as a worker leaves it that was killed in the middle
        await states.change(
            db,
            col(Video.id) == video.id,
            status="processing",
            attempts=1,
            started_at=now(),
            next_look_at=now(),
        )
    done = await ended(video)
    assert (done.status, done.attempts) == ("completed", 2)


async def test_parts_made_by_a_model_mark_the_whole(alice: User, place: Path, tmp_path: Path) -> None:
    plain, model = await made(alice, tmp_path), await made(alice, tmp_path)
    async with session() as db:
        await states.change(db, col(Video.id) == model.id, model="sora-2")
    first = await edits.ask(alice, {"clips": [{"video_id": plain.id}, {"video_id": model.id}]})
    assert first.has_ai
    assert first.made_from == [plain.id, model.id]
    done = await ended(first)
    again = await edits.ask(alice, {"clips": [{"video_id": done.id, "end": 1.0}]})
    assert again.has_ai, "an edit of an edit as well"


async def test_no_model_is_blamed_for_what_is_wrong_with_an_edit(
    alice: User, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await made(alice, tmp_path)
    monkeypatch.setenv("VIDEO_MAX_FRAMES", "20")
    forget_settings()
    failed = await ended(await edits.ask(alice, {"clips": [{"video_id": source.id}]}))
    assert failed.error_code == "edit_too_heavy"
    assert "over a limit of this site (" in from_code(failed.error_code, failed.error_detail or "").message
    monkeypatch.delenv("VIDEO_MAX_FRAMES")
    forget_settings()
    path = store.path(source.key or "")
    assert path
    path.write_bytes(b"no film" * 1000)
    failed = await ended(await edits.ask(alice, {"clips": [{"video_id": source.id}]}))
    assert failed.error_code == "edit_unreadable"
    assert "model" not in from_code("edit_unreadable").message
