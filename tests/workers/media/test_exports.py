"""A video as WebP, as GIF, as the strip of its frames: whole, bounded, and in its order."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from core.edits.exports import TILES
from tests.workers.edits import numbered
from workers.media.exports import BOUNDS, TILE_HEIGHT, export
from workers.media.most import Most


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return numbered.clip(tmp_path / "a.mp4", 96, size=(1280, 720))


def shown(picture: Image.Image) -> int:
    """The number that is to be seen in it."""
    return numbered.read_number(np.asarray(picture.convert("L")))


@pytest.mark.parametrize("form", ["webp", "gif"])
def test_an_animation_shows_the_whole_video_in_its_time(tmp_path: Path, source: Path, form: str) -> None:
    target = tmp_path / f"a.{form}"
    export(source, target, form, Most())  # type: ignore[arg-type]
    bound = BOUNDS[form]
    with Image.open(target) as made:
        assert (made.format or "").lower() == form
        assert max(made.size) == bound.side
        frames = [(shown(frame), frame.info["duration"]) for frame in ImageSequence.Iterator(made)]
        assert made.info["loop"] == 0
    numbers = [number for number, _ in frames]
    assert len(frames) == 4 * bound.rate
    assert numbers == sorted(numbers)
    assert numbers[0] == 0
    assert numbers[-1] == pytest.approx(95, abs=2)
    assert sum(lasts for _, lasts in frames) == pytest.approx(4000, rel=0.05)


def test_a_long_video_has_fewer_frames_a_second(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "long.mp4", 480, 12, size=(320, 180))
    export(source, tmp_path / "a.gif", "gif", Most())
    with Image.open(tmp_path / "a.gif") as made:
        assert made.n_frames == BOUNDS["gif"].frames  # type: ignore[attr-defined]
        assert made.size == (320, 180)


def test_a_filmstrip_has_a_frame_of_every_part(tmp_path: Path, source: Path) -> None:
    export(source, tmp_path / "strip.webp", "filmstrip", Most())
    with Image.open(tmp_path / "strip.webp") as strip:
        width = strip.width // TILES
        assert (strip.height, width) == (TILE_HEIGHT, round(1280 * TILE_HEIGHT / 720))
        tiles = [strip.crop((n * width, 0, (n + 1) * width, TILE_HEIGHT)) for n in range(TILES)]
        assert [shown(tile) for tile in tiles] == pytest.approx([96 / 30 * (n + 0.5) for n in range(TILES)], abs=1)


def test_a_spritesheet_has_sixteen_frames_in_reading_order(tmp_path: Path, source: Path) -> None:
    export(source, tmp_path / "sheet.jpg", "spritesheet", Most())
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert sheet.size == (4 * 320, 4 * 180)
        places = [(x * 320, y * 180, (x + 1) * 320, (y + 1) * 180) for y in range(4) for x in range(4)]
        assert [shown(sheet.crop(place)) for place in places] == pytest.approx([6 * n + 3 for n in range(16)], abs=1)
