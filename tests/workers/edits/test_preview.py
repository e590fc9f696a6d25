"""What the editor lays over its player stands where the renderer puts it."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.edits import timeline
from tests.workers.edits.test_overlays import box, drawn
from workers.edits.files import Files
from workers.edits.preview import Outline, preview


def picture_of(address: str) -> Image.Image:
    """The picture that a data URL holds."""
    return Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGBA")


def previewed(body: dict[str, Any], seconds: float, size: tuple[int, int], **files: Any) -> dict[str, Any]:
    """What the editor gets."""
    answer: dict[str, Any] = json.loads(preview(timeline.read(body), Files((), **files), Outline(*size, seconds)))
    return answer


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    picture = tmp_path / "plain.png"
    Image.new("RGB", (640, 360), (90, 120, 150)).save(picture)
    return picture


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    picture = tmp_path / "logo.png"
    Image.new("RGBA", (200, 100), (255, 255, 255, 255)).save(picture)
    return picture


@pytest.mark.parametrize("size", ["1280x720", "720x1280", "1080x1080"])
def test_every_layer_is_within_two_pixels_of_the_rendered_one(plain: Path, logo: Path, size: str) -> None:
    width, height = (int(side) for side in size.split("x"))
    clips = {"clips": [{"image_id": 1, "seconds": 2}], "size": size}
    for part in (
        {"texts": [{"text": "Amber 琥珀", "x": 0.31, "y": 0.37, "start": 0}]},
        {"captions": {"lines": [{"start": 0, "end": 2, "text": "Two lines\nof a caption"}], "style": "box"}},
        {"logo": {"image_id": 2, "corner": "bottom-left", "width": 0.2}},
    ):
        files = {"logo": logo} if "logo" in part else {}
        answer = previewed({**clips, **part}, 2.0, (width, height), **files)
        (layer,) = answer["layers"]
        rendered = drawn({**clips, **part}, plain, **files)[20].astype(int)
        ground = np.tile(rendered[0, 0], (height, width, 1))
        canvas = Image.fromarray(ground.astype(np.uint8)).convert("RGBA")
        canvas.alpha_composite(picture_of(layer["image"]), (round(layer["left"]), round(layer["top"])))
        laid = np.asarray(canvas.convert("RGB")).astype(int)
        edges = [box(np.abs(frame - ground).max(axis=2) > 60) for frame in (rendered, laid)]
        assert all(abs(one - other) <= 2 for one, other in zip(*edges, strict=True)), (part, edges)


def test_times_are_those_of_the_renderer(plain: Path) -> None:
    body = {
        "clips": [{"image_id": 1, "seconds": 2}],
        "size": "1280x720",
        "texts": [{"text": "HOHO", "start": 0.5, "end": 1.5}, {"text": "To the end", "start": 1}],
        "captions": {"lines": [{"start": 0.25, "end": 0.75, "text": "A"}, {"start": 0.5, "end": 1, "text": "B"}]},
        "end_card": {"title": "Amber", "seconds": 1.5},
    }
    answer = previewed(body, 2.0, (1280, 720))
    assert (answer["rate"], answer["total"], len(drawn(body, plain))) == (24, 72, 72)
    spans = [(layer["part"], layer["first"], layer["stop"]) for layer in answer["layers"]]
    assert spans == [
        ("texts.0", 12, 36),
        ("texts.1", 24, 48),
        ("captions", 6, 12),
        ("captions", 12, 18),
        ("captions", 18, 24),
    ]
    assert (answer["card"]["first"], answer["card"]["overlap"]) == (36, 12)
    assert picture_of(answer["card"]["image"]).size == (1280, 720)


def test_only_captions_that_are_seen_are_drawn() -> None:
    lines = [{"start": n / 10, "end": n / 10 + 0.1, "text": str(n)} for n in range(2000)]
    captions = {"lines": lines, "burn": True}
    answer = previewed({"clips": [{"image_id": 1, "seconds": 3}], "captions": captions}, 3.0, (320, 180))
    assert len(answer["layers"]) == 30
