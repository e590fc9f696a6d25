"""Letters that follow what is behind them: light or dark, with no more shade than that place needs."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from core.edits import timeline
from core.edits.typesetting import card_picture
from core.pictures.contrast import INK, WHITE, contrast, luminance
from tests.workers.edits import numbered
from workers.edits import ground
from workers.edits.files import Files
from workers.edits.plan import plan
from workers.edits.render import still
from workers.media.contrast import CONTRAST


@pytest.mark.parametrize(
    ("greys", "color", "shade"),
    [([0.6, 0.7], INK, "none"), ([0.01, 0.05], WHITE, "none"), ([0.02, 0.5], WHITE, "soft")],
)
def test_the_letters_are_those_that_need_least_shade(greys: list[float], color: object, shade: str) -> None:
    assert ground.letters_on(np.repeat(greys, 100))[:2] == (color, shade)


@pytest.mark.parametrize("level", range(0, 256, 15))
def test_letters_reach_the_contrast_on_every_grey(level: int) -> None:
    grey = luminance((level, level, level))
    color, _shade, strength = ground.letters_on(np.full(100, grey))
    to = 0 if color == WHITE else 255
    shaded = round(level + (to - level) * strength)
    assert contrast(color, (shaded, shaded, shaded)) >= CONTRAST


def test_a_bar_that_is_not_seen_takes_the_letters_colour() -> None:
    beige = np.full(100, luminance((206, 178, 121)))
    assert ground.bar_on(beige, (255, 200, 130), INK) == INK
    assert ground.bar_on(beige, (120, 20, 20), INK) == (120, 20, 20)


def flat(path: Path, color: str) -> Path:
    """A second of one colour."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 720, 1280, "yuv420p"
        frame = av.VideoFrame.from_image(Image.new("RGB", (720, 1280), color))  # type: ignore[no-untyped-call]
        for _ in range(24):
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


@pytest.mark.parametrize(("color", "darker"), [("#ceb279", True), ("#101820", False)])
def test_a_text_that_adapts_is_read_on_its_clip(tmp_path: Path, color: str, darker: bool) -> None:
    text = {"text": "Ambre", "y": 0.5, "start": 0.0, "adapts": True}
    edit = timeline.read({"clips": [{"video_id": 1}], "size": "720x1280", "texts": [text]})
    files = Files(clips=(flat(tmp_path / "a.mp4", color),))
    assert plan(edit, files).shots
    (tmp_path / "still.png").write_bytes(still(edit, files, 0.7))
    with Image.open(tmp_path / "still.png") as frame:
        middle = np.asarray(frame.convert("L").crop((200, 600, 520, 680)), np.int16)
        around = int(frame.convert("L").getpixel((40, 1200)))  # type: ignore[arg-type]
    away = middle - around
    assert bool(away.min() < -60) is darker
    assert bool(away.max() > 60) is not darker


def test_an_end_cards_picture_goes_over_into_its_colour(tmp_path: Path) -> None:
    Image.new("RGB", (600, 400), "#c02020").save(tmp_path / "hero.png")
    card = {"title": "Ambre", "image_id": 1, "color": "#20c020", "framing": {"zoom": 0.7}}
    edit = timeline.read({"clips": [{"video_id": 1}], "size": "720x1280", "end_card": card})
    files = Files(clips=(numbered.clip(tmp_path / "a.mp4", 24),), card=tmp_path / "hero.png")
    (tmp_path / "card.png").write_bytes(still(edit, files, 2.0))
    split = card_picture(720, 1280)[1]
    with Image.open(tmp_path / "card.png") as frame:
        column = [frame.convert("RGB").getpixel((10, y)) for y in (5, split // 2, split - 2, 1270)]
    reds = [pixel[0] for pixel in column]  # type: ignore[index]
    assert reds[0] == pytest.approx(reds[1], abs=6)
    assert reds[2] == pytest.approx(reds[3], abs=12)
    assert reds[1] - reds[3] > 120
