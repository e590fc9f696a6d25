"""A video as an animated WebP or GIF, and its frames side by side or in rows. Blocking."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from core.edits.exports import TILES, Form
from core.edits.fields import Clip
from workers.edits import clips
from workers.edits.clips import Measured
from workers.media.most import Most

TILE_HEIGHT = 96
"""Of a filmstrip, in pixels."""
SHEET = (4, 4)
SHEET_SIDE = 320
"""The longer side of a frame on a spritesheet, in pixels."""


class Bound(NamedTuple):
    """Of an animation: its longer side in pixels, its frames a second, and how many it may have."""

    side: int
    rate: int
    frames: int


@dataclass(frozen=True)
class Wanted:
    """So many frames of that size, at that rate from `begin` seconds on."""

    size: tuple[int, int]
    rate: Fraction
    count: int
    begin: float = 0.0


BOUNDS = {"webp": Bound(640, 15, 240), "gif": Bound(480, 12, 150)}
"""A longer video has fewer frames a second: the whole of it is shown."""


def export(source: Path, target: Path, form: Form, most: Most) -> None:
    """Write it to `target`. Raises Unplayable, TooHeavy; OSError if our own disk refuses."""
    measured = clips.measure(source, most)
    if form == "filmstrip":
        tile = (max(round(measured.width * TILE_HEIGHT / measured.height), 1), TILE_HEIGHT)
        _sheet(source, measured, (TILES, 1), tile, most).save(target, "WEBP", quality=70, method=2)
        return
    if form == "spritesheet":
        _sheet(source, measured, SHEET, _fitting(measured, SHEET_SIDE), most).save(target, "JPEG", quality=80)
        return
    bound = BOUNDS[form]
    rate = min(Fraction(bound.rate), Fraction(bound.frames) / measured.seconds, measured.rate)
    count = max(round(measured.seconds * rate), 1)
    frames = _frames(source, measured, Wanted(_fitting(measured, bound.side), rate, count), most)
    first = next(frames)
    lasts = round(1000 / rate)
    if form == "webp":
        options = {"quality": 70, "method": 1, "minimize_size": False}
        first.save(target, "WEBP", save_all=True, append_images=frames, duration=lasts, loop=0, **options)
    else:
        reduced = (_reduced(frame) for frame in frames)
        # a GIF counts in hundredths of a second
        _reduced(first).save(
            target, "GIF", save_all=True, append_images=reduced, duration=round(lasts / 10) * 10, loop=0, disposal=1
        )


def _reduced(frame: Image.Image) -> Image.Image:
    """With the colours that suit it best: a GIF has 256 for each frame."""
    return frame.quantize(255, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def _fitting(measured: Measured, side: int) -> tuple[int, int]:
    scale = min(side / max(measured.width, measured.height), 1)
    return max(round(measured.width * scale), 1), max(round(measured.height * scale), 1)


def _frames(source: Path, measured: Measured, wanted: Wanted, most: Most) -> Iterator[Image.Image]:
    found = clips.frames(source, measured, Clip(video_id=1, start=wanted.begin), wanted.rate, most=most)
    width, height = wanted.size
    for _ in range(wanted.count):
        yield next(found).to_image(width=width, height=height, interpolation="AREA")  # type: ignore[no-untyped-call]


def _sheet(source: Path, measured: Measured, grid: tuple[int, int], tile: tuple[int, int], most: Most) -> Image.Image:
    """Frames in reading order, `grid` of them across and down, each from the middle of its part of the video."""
    columns, rows = grid
    number = columns * rows
    sheet = Image.new("RGB", (tile[0] * columns, tile[1] * rows))
    wanted = Wanted(tile, number / measured.seconds, number, float(measured.seconds) / number / 2)
    for at, frame in enumerate(_frames(source, measured, wanted, most)):
        sheet.paste(frame, (at % columns * tile[0], at // columns * tile[1]))
    return sheet
