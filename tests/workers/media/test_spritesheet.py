"""Sixteen frames of a video on one picture, in the order in which they come."""

import io
from pathlib import Path

import pytest
from PIL import Image

from core.errors import Unplayable
from tests.workers.media.test_mp4 import film
from workers.media.spritesheet import sheet


def greys(content: bytes) -> list[int]:
    """The grey in the middle of each tile, in reading order."""
    picture = Image.open(io.BytesIO(content)).convert("L")
    width, height = picture.width // 4, picture.height // 4
    places = [(x * width + width // 2, y * height + height // 2) for y in range(4) for x in range(4)]
    return [int(picture.getpixel(place)) for place in places]  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [1, 5, 16, 50])
def test_frames_come_in_their_order_from_first_to_last(tmp_path: Path, count: int) -> None:
    pictures = [Image.new("RGB", (640, 360), (n * 200 // count,) * 3) for n in range(count)]
    content = sheet(film(tmp_path / "film.mp4", pictures=pictures, size=(640, 360)))
    assert Image.open(io.BytesIO(content)).size == (4 * 320, 4 * 180)
    seen = greys(content)
    assert seen == sorted(seen)
    assert seen[-1] - seen[0] >= (150 if count > 5 else 100 if count > 1 else 0)


def test_what_is_no_video_is_none(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("I am text")
    with pytest.raises(Unplayable):
        sheet(tmp_path / "text.mp4")
