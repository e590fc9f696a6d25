"""Copies for the web of files that are too heavy for it, and small ones for where many are shown."""

import io
from pathlib import Path

import pytest
from PIL import Image
from sqlmodel import col, update

from core.catalog import entries
from core.database.session import session
from core.models import User, Video, now
from core.storage import store
from core.videos import library
from core.videos.recipe import Recipe
from core.videos.request import request
from tests.environment import forget_settings
from tests.people import picture_of
from tests.worker import running_worker
from tests.workers.media.tags import read_tags
from tests.workers.media.test_mp4 import film
from tests.workers.videos.test_flow import ended
from workers.cron import cleanup
from workers.media import copies, watching
from workers.media.keepable import Files, check, is_light, lighten
from workers.media.most import Most


def noise(path: Path, frames: int = 24) -> Path:
    """Two seconds of what no encoder can save on."""
    return film(path, pictures=[Image.effect_noise((640, 360), 90).convert("RGB") for _ in range(frames)], sound="aac")


def kept(raw: Path, folder: Path, tags: dict[str, str], above_mbps: float) -> Files:
    """As the worker makes it of a file."""
    files = check(raw, folder, tags, Most())
    return files if is_light(files, above_mbps) else lighten(files, folder, tags, above_mbps, Most())


def test_a_heavy_file_is_kept_beside_a_smaller_copy_of_the_same_size_and_length(tmp_path: Path) -> None:
    files = kept(noise(tmp_path / "raw.mp4"), tmp_path, {"adsvideo_model": "m"}, 2.0)
    assert files.original and files.video != files.original
    assert files.video.stat().st_size < 0.8 * files.original.stat().st_size
    copy, original = watching.probe(files.video), watching.probe(files.original)
    assert (copy.width, copy.height, copy.has_audio) == (640, 360, True)
    assert copy.seconds == pytest.approx(original.seconds, abs=0.1)
    assert read_tags(files.video)["adsvideo_model"] == read_tags(files.original)["adsvideo_model"] == "m"


def test_a_large_file_has_a_preview_that_is_small_and_silent(tmp_path: Path) -> None:
    files = kept(noise(tmp_path / "raw.mp4"), tmp_path, {}, 0)
    assert files.original is None
    assert files.preview and files.preview.stat().st_size < files.video.stat().st_size / 2
    probe = watching.probe(files.preview)
    assert (probe.width, probe.height, probe.has_audio) == (480, 270, False)
    assert probe.seconds == pytest.approx(2.0, abs=0.1)


def test_what_is_light_is_kept_as_it_is_and_alone(tmp_path: Path) -> None:
    files = kept(film(tmp_path / "raw.mp4"), tmp_path, {}, 16)
    assert (files.original, files.preview) == (None, None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["poster.webp", "raw.mp4", "whole.mp4"]


def test_a_copy_that_saves_nothing_is_not_kept(tmp_path: Path) -> None:
    film(tmp_path / "raw.mp4")
    files = kept(tmp_path / "raw.mp4", tmp_path, {}, 0.001)
    assert files.original is None
    assert not (tmp_path / "smaller.mp4").exists()


def test_a_copy_that_can_not_be_files_does_not_cost_the_video(tmp_path: Path) -> None:
    whole = noise(tmp_path / "raw.mp4")
    whole.write_bytes(whole.read_bytes()[:2000])  # as far as a reader is concerned
    assert copies.compress(whole, tmp_path / "smaller.mp4", {}, 1, Most()) is False
    assert copies.preview(whole, tmp_path / "preview.mp4", Most()) is False
    assert [path.name for path in tmp_path.iterdir()] == ["raw.mp4"]


@pytest.mark.parametrize("keep", ["true", "false"])
async def test_the_worker_keeps_both_or_the_copy_alone_and_removes_all_of_them(
    alice: User, place: Path, monkeypatch: pytest.MonkeyPatch, keep: str
) -> None:
    monkeypatch.setenv("COMPRESS_ABOVE_MBPS", "0.3")
    monkeypatch.setenv("KEEP_ORIGINALS", keep)
    forget_settings()
    grain = io.BytesIO()
    Image.effect_noise((160, 90), 90).save(grain, "PNG")
    picture = await picture_of(alice, grain.getvalue())
    async with session() as db:
        recipe = Recipe(picture_id=picture.id, prompt="push in", seconds=4)
        video = await request(db, alice, recipe, entries.get("camera"))
    async with running_worker():
        done = await ended(video, "completed")
    keys = [key for key in (done.key, done.poster_key, done.original_key) if key]
    assert len(keys) == (3 if keep == "true" else 2)
    sizes = [(store.path(key) or Path()).stat().st_size for key in keys]
    assert done.bytes == sum(sizes)
    if keep == "true":
        assert sizes[0] < 0.8 * sizes[2]
    long_ago = now() - 2 * library.FILES_KEPT
    async with session() as db:
        await db.exec(update(Video).where(col(Video.id) == done.id).values(deleted_at=long_ago))
    await cleanup.remove_deleted({})
    assert list((place / "videos").rglob("*.*")) == []
