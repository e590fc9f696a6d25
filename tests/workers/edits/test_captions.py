"""Captions in the file: a track that players offer, with the words and times that were asked for."""

from pathlib import Path
from typing import Any

import av
import pytest

from core.edits import timeline
from tests.workers.edits import numbered
from workers.edits.files import Files
from workers.edits.render import render

LINES = [
    {"start": 0.25, "end": 1.0, "text": "First"},
    {"start": 0.75, "end": 1.5, "text": "琥珀香水\n限时"},
    {"start": 1.75, "end": 9, "text": "Last"},
]


def track(path: Path) -> tuple[dict[str, str], list[tuple[float, float, str]]]:
    """The tags of the captions' track, and its (start, end, text)."""
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[0]
        found = []
        for packet in container.demux(stream):
            if packet.size > 2 and packet.pts is not None and packet.duration:
                start, length = (float(value * packet.time_base) for value in (packet.pts, packet.duration))
                found.append((round(start, 3), round(start + length, 3), bytes(packet)[2:].decode()))
        return dict(stream.metadata), found


@pytest.mark.parametrize(("language", "code"), [("en", "eng"), ("zh", "zho"), ("de", "deu"), ("xx", "und")])
def test_the_track_holds_every_cue_in_its_language(tmp_path: Path, language: str, code: str) -> None:
    body: dict[str, Any] = {"clips": [{"video_id": 1}], "captions": {"lines": LINES, "language": language}}
    source = numbered.clip(tmp_path / "a.mp4", 48, tone=440)
    render(timeline.read(body), Files((source,)), tmp_path / "made.mp4", {"title": "x"}, lambda percent: None)
    tags, cues = track(tmp_path / "made.mp4")
    assert tags["language"] == code
    assert cues == [
        (0.25, 0.75, "First"),
        (0.75, 1.0, "First\n琥珀香水\n限时"),
        (1.0, 1.5, "琥珀香水\n限时"),
        (1.75, 2.0, "Last"),
    ]


def test_without_a_track_there_is_none_and_without_burning_no_pixel_changes(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "a.mp4", 48)
    soft = {"clips": [{"video_id": 1}], "captions": {"lines": LINES, "burn": False}}
    burnt = {"clips": [{"video_id": 1}], "captions": {"lines": LINES, "track": False, "position": "middle"}}
    plain = {"clips": [{"video_id": 1}]}
    for name, body in {"soft": soft, "burnt": burnt, "plain": plain}.items():
        render(timeline.read(body), Files((source,)), tmp_path / f"{name}.mp4", {}, lambda percent: None)
    lumas = {name: numbered.lumas(tmp_path / f"{name}.mp4")[12] for name in ("soft", "burnt", "plain")}
    assert (lumas["soft"] == lumas["plain"]).all()
    assert (lumas["burnt"] != lumas["plain"]).any()
    with av.open(str(tmp_path / "burnt.mp4")) as container:
        assert not container.streams.subtitles
