"""Frames of a video in rows on one picture. Blocking; use a process."""

import io
from pathlib import Path

from PIL import Image

from core.errors import Unplayable
from workers.media.most import Most
from workers.media.mp4 import MOST, length
from workers.media.reading import reading

COLUMNS = ROWS = 4
SIDE = 320
"""The longer side of a frame in pixels."""


def sheet(source: Path, most: Most = MOST) -> bytes:
    """The sheet as JPEG: sixteen frames in reading order, each from the middle of its part of the video.

    A video with fewer frames shows some of them twice. Raises Unplayable, TooHeavy.
    """
    tiles: list[Image.Image] = []
    last: Image.Image | None = None
    with reading(source, most) as container:
        part = length(container) / (COLUMNS * ROWS)
        for frame in most.kept(container.decode(container.streams.video[0])):
            due = int((frame.time or 0) / part + 0.5 + 1e-6)
            if last is None or due > len(tiles):
                last = _tile(frame.to_image())  # type: ignore[no-untyped-call]
            tiles += [last] * (min(due, COLUMNS * ROWS) - len(tiles))
    if last is None:
        raise Unplayable("not one frame can be decoded")
    return _together(tiles + [last] * (COLUMNS * ROWS - len(tiles)))


def _tile(picture: Image.Image) -> Image.Image:
    picture.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR)
    return picture


def _together(tiles: list[Image.Image]) -> bytes:
    width, height = tiles[0].size
    whole = Image.new("RGB", (width * COLUMNS, height * ROWS))
    for number, tile in enumerate(tiles):
        whole.paste(tile, (number % COLUMNS * width, number // COLUMNS * height))
    out = io.BytesIO()
    whole.save(out, "JPEG", quality=80)
    return out.getvalue()
