"""The renderer, frame by frame: every source frame shows its own number."""

import io
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from core.edits import timeline
from tests.workers.edits import numbered
from workers.edits.files import Files
from workers.edits.plan import plan
from workers.edits.planes import planes
from workers.edits.render import render, still


def make(folder: Path, body: dict[str, Any], *clips: Path, **more: Any) -> Path:
    """The edit, rendered."""
    target = folder / "edit.mp4"
    render(timeline.read(body), Files(clips, **more), target, {}, lambda percent: None)
    return target


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return numbered.clip(tmp_path / "a.mp4", 72)


def test_a_trim_is_exact_to_the_frame(tmp_path: Path, source: Path) -> None:
    made = make(tmp_path, {"clips": [{"video_id": 1, "start": 17 / 24, "end": 53 / 24}]}, source)
    assert numbered.numbers(made) == list(range(17, 53))


@pytest.mark.parametrize("start", [0.0, 23 / 24, 1.0, 25 / 24, 2.5])
def test_a_trim_begins_where_it_should_wherever_key_frames_are(tmp_path: Path, source: Path, start: float) -> None:
    made = make(tmp_path, {"clips": [{"video_id": 1, "start": start}]}, source)
    assert numbered.numbers(made) == list(range(round(start * 24), 72))


def packets(film: Path) -> list[bytes]:
    with av.open(str(film)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


@pytest.mark.parametrize(
    ("clip", "more", "is_copied"),
    [
        ({"start": 1.0, "end": 2.0}, {}, True),
        ({}, {}, True),
        ({"start": 1.0}, {"captions": {"lines": [{"start": 0, "end": 1, "text": "x"}], "burn": False}}, True),
        ({"start": 1.0}, {"captions": {"lines": [{"start": 0, "end": 1, "text": "x"}]}}, False),
        ({"start": 1.1}, {}, False),
        ({"start": 1.0, "speed": 2.0}, {}, False),
        ({"start": 1.0}, {"size": "1280x720"}, False),
        ({"start": 1.0}, {"texts": [{"text": "x", "start": 0, "end": 1}]}, False),
    ],
)
def test_a_trim_from_a_key_frame_copies_its_picture(
    tmp_path: Path, clip: dict[str, Any], more: dict[str, Any], *, is_copied: bool
) -> None:
    """It took half of its own length where nothing but copying is to be done."""
    source = numbered.clip(tmp_path / "a.mp4", 72, tone=440)
    made = make(tmp_path, {"clips": [{"video_id": 1, **clip}], **more}, source)
    assert (set(packets(made)) <= set(packets(source))) is is_copied
    first, stop = (round(clip.get(name, usual) * 24) for name, usual in (("start", 0.0), ("end", 3.0)))
    assert numbered.numbers(made) == list(range(first, stop, round(clip.get("speed", 1))))
    if is_copied:
        with av.open(str(made)) as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            times = [Fraction(frame.pts or 0) * (frame.time_base or 0) for frame in container.decode(video)]
            assert times == [Fraction(n, 24) for n in range(stop - first)]
            assert float((audio.duration or 0) * (audio.time_base or 0)) == pytest.approx(
                (stop - first) / 24, abs=0.001
            )


@pytest.mark.parametrize(
    ("speed", "expected"),
    [
        (2.0, list(range(0, 72, 2))),
        (4.0, list(range(0, 72, 4))),
        (0.5, [n // 2 for n in range(144)]),
        (0.25, [n // 4 for n in range(288)]),
    ],
)
def test_speed_picks_or_repeats_frames_evenly(tmp_path: Path, source: Path, speed: float, expected: list[int]) -> None:
    assert numbered.numbers(make(tmp_path, {"clips": [{"video_id": 1, "speed": speed}]}, source)) == expected


def test_clips_of_other_rates_keep_their_time(tmp_path: Path) -> None:
    slow = numbered.clip(tmp_path / "slow.mp4", 24, 12, first=500)
    fast = numbered.clip(tmp_path / "fast.mp4", 60, 60, first=700)
    first = numbered.clip(tmp_path / "first.mp4", 24, 24)
    made = make(tmp_path, {"clips": [{"video_id": 1}, {"video_id": 2}, {"video_id": 3}]}, first, slow, fast)
    seen = numbered.numbers(made)
    assert seen[:24] == list(range(24))
    assert seen[24:72] == [500 + n // 2 for n in range(48)]
    assert [round(n * 60 / 24) for n in range(24)] == pytest.approx([n - 700 for n in seen[72:]], abs=1)
    assert len(seen) == 96


def test_ntsc_rates_stay_and_every_frame_has_its_time(tmp_path: Path) -> None:
    rate = Fraction(30_000, 1001)
    source = numbered.clip(tmp_path / "ntsc.mp4", 60, rate)
    made = make(tmp_path, {"clips": [{"video_id": 1, "start": 10 * 1001 / 30_000, "end": 50 * 1001 / 30_000}]}, source)
    assert numbered.numbers(made) == list(range(10, 50))
    with av.open(str(made)) as container:
        times = [(frame.pts or 0) * (frame.time_base or Fraction(0)) for frame in container.decode(video=0)]
    assert times == [n / rate for n in range(40)]


def test_the_colours_stay(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "red.mp4", 12, color=(81, 90, 240))
    made = make(tmp_path, {"clips": [{"video_id": 1}], "size": "1280x720"}, source)
    with av.open(str(made)) as container:
        frame = next(container.decode(video=0))
        assert (int(frame.colorspace), int(frame.color_range)) == (1, 1)
        assert (frame.width, frame.height, frame.format.name) == (1280, 720, "yuv420p")
        corner = [int(planes(frame)[index][4, 4]) for index in range(3)]
    assert corner == pytest.approx([81, 90, 240], abs=2)


@pytest.mark.parametrize("kind", ["dissolve", "fade", "slide"])
def test_a_transition_lies_over_both_neighbours(tmp_path: Path, source: Path, kind: str) -> None:
    other = numbered.clip(tmp_path / "b.mp4", 48, first=200)
    made = make(tmp_path, {"clips": [{"video_id": 1}, {"video_id": 2, "transition": kind}]}, source, other)
    seen = numbered.numbers(made)
    assert len(seen) == 72 + 48 - 12
    assert seen[:60] == list(range(60)), "untouched before"
    assert seen[72:] == list(range(212, 248)), "untouched after, and going on where the transition left it"


def test_a_dissolve_goes_evenly_from_one_to_the_other(tmp_path: Path) -> None:
    dark = numbered.clip(tmp_path / "dark.mp4", 24, color=(50, 128, 128))
    light = numbered.clip(tmp_path / "light.mp4", 24, color=(200, 128, 128))
    made = make(tmp_path, {"clips": [{"video_id": 1}, {"video_id": 2, "transition": "dissolve"}]}, dark, light)
    corner = [float(luma[:8].mean()) for luma in numbered.lumas(made)]
    assert corner[11] == pytest.approx(50, abs=2)
    assert corner[24] == pytest.approx(200, abs=2)
    steps = [after - before for before, after in pairwise(corner[11:25])]
    assert max(steps) - min(steps) < 4


def test_a_fade_is_black_in_its_middle(tmp_path: Path) -> None:
    one = numbered.clip(tmp_path / "one.mp4", 24, color=(150, 128, 128))
    made = make(tmp_path, {"clips": [{"video_id": 1}, {"video_id": 2, "transition": "fade"}]}, one, one)
    corner = [float(luma[:8].mean()) for luma in numbered.lumas(made)]
    assert min(corner[12:24]) < 35
    assert corner[11] == pytest.approx(150, abs=2)
    assert corner[24] == pytest.approx(150, abs=2)


def test_a_still_is_the_frame_of_the_result(tmp_path: Path, source: Path) -> None:
    body = {"clips": [{"video_id": 1, "start": 0.5}], "texts": [{"text": "Amber", "y": 0.15, "end": 1.0}]}
    made = make(tmp_path, body, source)
    picture = still(timeline.read(body), Files((source,)), 0.75)
    with av.open(str(made)) as container:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
    own = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    errors = [float(((frame - own) ** 2).mean()) for frame in frames]
    assert errors.index(min(errors)) == 18
    assert errors[18] < 12


def test_nothing_is_written_into_the_source(tmp_path: Path, source: Path) -> None:
    body = {
        "clips": [{"video_id": 1, "speed": 0.5}],
        "texts": [{"text": "IIIIIIII", "start": 0, "end": 0.6, "y": 0.5}],
    }
    made = make(tmp_path, body, source)
    assert numbered.numbers(made)[15:] == [n // 2 for n in range(15, 144)], "no trace of the text after it has gone"


def test_the_plan_counts_without_rounding_twice(tmp_path: Path) -> None:
    clips = [numbered.clip(tmp_path / f"{n}.mp4", 13, first=n * 20) for n in range(3)]
    body = {"clips": [{"video_id": 1}, {"video_id": 1}, {"video_id": 1}], "end_card": {"seconds": 1.0, "title": "x"}}
    whole = plan(timeline.read(body), Files(tuple(clips)))
    assert (whole.body, whole.total) == (39, 39 + 24 - 12)
