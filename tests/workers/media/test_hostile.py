"""Files that lie, or that ask for more than anybody may: refused soon, and never taken for trouble of our disk."""

import time
from pathlib import Path

import av
import pytest

from core.errors import TooHeavy, Unplayable
from tests.servers import clip, hostile
from tests.workers.media.test_mp4 import film
from workers.media import mp4, watching
from workers.media.most import Most


def saved(folder: Path, content: bytes, name: str = "raw.mp4") -> Path:
    """On the disk."""
    path = folder / name
    path.write_bytes(content)
    return path


def finish(raw: Path, most: Most | None = None) -> None:
    """As the worker does it; nothing is left."""
    try:
        mp4.finish(raw, raw.parent / "whole.mp4", {}, most or Most())
    finally:
        assert [path.name for path in raw.parent.iterdir()] == [raw.name]


def test_a_frame_of_8192_by_8192_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    raw = saved(tmp_path, hostile.frames(8192, times=75))
    assert raw.stat().st_size < 16_000_000
    began = time.process_time()
    with pytest.raises(TooHeavy, match="8192x8192 > 16 MP"):
        finish(raw, Most())
    assert time.process_time() - began < 3  # its frames take half a minute, and 1.6 GB


def test_frames_that_grow_in_the_middle_are_refused(tmp_path: Path) -> None:
    """The header says nothing of them."""
    raw = saved(tmp_path, hostile.frames(160, 160, 2048, times=2, kind="mpegts"), "raw.ts")
    with pytest.raises((TooHeavy, Unplayable)):
        finish(raw, Most(megapixels=1))


def test_a_frame_that_is_as_large_as_it_may_be_is_taken(tmp_path: Path) -> None:
    raw = saved(tmp_path, hostile.frames(1000, times=3))
    assert watching.probe(raw, most=Most(megapixels=1)).width == 1000


def test_a_film_without_end_is_refused(tmp_path: Path) -> None:
    raw = saved(tmp_path, hostile.frames(160, times=3, apart=24 * 86_400))
    with pytest.raises(TooHeavy, match="s > 600 s"):
        finish(raw)


@pytest.mark.parametrize("kind", ["mp4", "mpegts"])
def test_more_frames_than_are_allowed_are_refused_whether_or_not_the_file_counts_them(
    tmp_path: Path, kind: str
) -> None:
    raw = saved(tmp_path, hostile.frames(160, times=300, kind=kind))
    with pytest.raises(TooHeavy, match="> 200 frames"):
        finish(raw, Most(frames=200))


def test_each_bound_can_be_set(tmp_path: Path) -> None:
    raw = saved(tmp_path, clip(320, 192, 2))
    for most in (Most(megapixels=0.05), Most(seconds=1), Most(frames=5)):
        with pytest.raises(TooHeavy):
            finish(raw, most)
    mp4.finish(raw, tmp_path / "whole.mp4", {}, Most(megapixels=0.1, seconds=3, frames=20))


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [("raw.mkv", "ffv1", "yuv420p"), ("raw.avi", "huffyuv", "yuv422p"), ("raw.flv", "flv", "yuv420p")],
)
def test_other_codecs_and_containers_are_not_decoded(tmp_path: Path, name: str, codec: str, pix_fmt: str) -> None:
    raw = film(tmp_path / name, codec, pix_fmt)
    with pytest.raises(Unplayable):
        finish(raw)


@pytest.mark.parametrize(
    ("name", "codec"), [("raw.webm", "libvpx"), ("raw.mp4", "libx264"), ("raw.avi", "mpeg4"), ("raw.ts", "libx264")]
)
def test_a_cut_off_file_is_never_taken_for_trouble_of_our_disk(tmp_path: Path, name: str, codec: str) -> None:
    whole = film(tmp_path / name, codec).read_bytes()
    failures = set()
    for length in (*range(20, 400, 10), *range(400, len(whole), len(whole) // 20)):
        raw = saved(tmp_path, whole[:length], name)
        try:
            watching.probe(raw)
        except Unplayable as error:
            failures.add(error.detail)
    assert failures
    if codec == "libvpx":  # FFmpeg's word for it is that of a broken disk
        saved(tmp_path, whole[:90], name)
        with pytest.raises(OSError, match="Input/output"), av.open(str(tmp_path / name)):
            pass


def test_a_file_that_is_not_there_is_trouble_of_ours(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        watching.probe(tmp_path / "raw.mp4")
