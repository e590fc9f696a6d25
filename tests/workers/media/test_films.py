"""Films come home as they are meant: upright, with square pixels, whole, every frame at its time."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image

from tests.workers.media.films import FILMS, Film, upright, write
from tests.workers.media.test_mp4 import packets
from workers.media import copies, mp4, watching
from workers.media.keepable import Files, check
from workers.media.most import Most
from workers.media.shown import shown

A_MILLISECOND = 0.0011
COPIED = (
    "plain",
    "B-frames",
    "B-frames in matroska",
    "matroska without a length",
    "varying, B-frames",
    "begins between key frames",
)


def brought_home(film: Film, folder: Path) -> Files:
    raw = write(film, folder / f"raw.{film.kind}")
    return check(raw, folder, {}, Most())


def frames(path: Path) -> list[tuple[float, NDArray[np.uint8]]]:
    """Times and pictures, which are shown as they are."""
    with av.open(str(path), "r") as container:
        stream = container.streams.video[0]
        assert isinstance(stream, VideoStream)
        decoded = list(container.decode(stream))
        assert shown(stream, decoded[0]).is_plain
        return [(frame.time or 0.0, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)) for frame in decoded]


def unlike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """How different two pictures are, at a tenth of their size."""
    width, height = one.shape[1] // 10, one.shape[0] // 10
    small = [np.asarray(Image.fromarray(each).resize((width, height)), np.int16) for each in (one, other)]
    return float(np.abs(small[0] - small[1]).mean())


@pytest.mark.parametrize("name", FILMS)
def test_every_frame_is_there_upright_and_at_its_time(tmp_path: Path, name: str) -> None:
    film = FILMS[name]
    files = brought_home(film, tmp_path)
    kept = frames(files.video)
    times = [time - kept[0][0] for time, _ in kept]
    assert times == pytest.approx(film.expected, abs=A_MILLISECOND)
    assert kept[0][0] == pytest.approx(float(film.late), abs=A_MILLISECOND)
    off = [unlike(picture, upright(number, film)) for number, (_, picture) in zip(film.numbers, kept, strict=True)]
    assert max(off) < 12


@pytest.mark.parametrize("name", FILMS)
def test_size_length_poster_and_preview_say_the_same(tmp_path: Path, name: str) -> None:
    film = FILMS[name]
    files = brought_home(film, tmp_path)
    assert (files.width, files.height) == film.shown
    last = film.expected[-1]
    assert last < files.seconds <= last + 0.12 or name == "varying, B-frames"  # its own muxer cut it short
    with Image.open(files.poster) as poster:
        assert poster.size == film.shown
        assert min(unlike(np.asarray(poster.convert("RGB")), upright(n, film)) for n in film.numbers) < 12
    mp4.encode(files.video, tmp_path / "preview.mp4", copies.PREVIEW, longest=96, sound=False)
    probe = watching.probe(tmp_path / "preview.mp4")
    assert probe.width / probe.height == pytest.approx(film.shown[0] / film.shown[1], rel=0.05)


@pytest.mark.parametrize("name", COPIED)
def test_what_browsers_show_as_it_is_keeps_its_packets(tmp_path: Path, name: str) -> None:
    film = FILMS[name]
    raw = write(film, tmp_path / f"raw.{film.kind}")
    mp4.finish(raw, tmp_path / "whole.mp4", {})
    assert [size for kind, size in packets(tmp_path / "whole.mp4") if kind == "video"] == [
        size for kind, size in packets(raw) if kind == "video"
    ]
