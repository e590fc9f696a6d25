"""Draws a part of a frame from a picture: sub-pixel smooth, by Pillow, which lets go of the interpreter meanwhile.

A picture is kept much wider than it is shown, so that the nearest of its columns is near enough: picking columns takes
a fifth of the time of blending them. Rows are blended.
"""

import math
import threading
from contextlib import nullcontext
from dataclasses import dataclass

from PIL import Image

from workers.engines.camera.path import Columns
from workers.engines.camera.stage import View

BROAD, STRIP = 20, 16
"""Of a turned picture columns are picked in BROAD strips and rows blended in strips of STRIP pixels, each as if it were
flat: across that is off by at most a 25th of a pixel, down by a tenth."""
_one_at_a_time = threading.Lock()
"""Strips are many short calls. Two threads at it would spend their time on handing the interpreter to each other: one
draws them while another encodes."""
SPAN = 0.35
"""Of the picture's height: so far above the foot a lean is whole."""


@dataclass(frozen=True)
class Patch:
    """A rectangle of a plane, in pixels; `left` and the width are multiples of 4."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.right - self.left, self.bottom - self.top

    @property
    def of_planes(self) -> tuple["Patch", "Patch", "Patch"]:
        """The same of the luma plane and of both chroma planes."""
        return self, self.halved, self.halved

    def within(self, other: "Patch") -> "Patch":
        """What of it is in the other, too."""
        return Patch(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def seen_from(self, other: "Patch") -> tuple[int, int, int, int]:
        """Its edges in pixels from the other's upper left corner."""
        return self.left - other.left, self.top - other.top, self.right - other.left, self.bottom - other.top

    @property
    def halved(self) -> "Patch":
        """The same of a chroma plane; all edges must be even, left and right multiples of 8."""
        return Patch(self.left // 2, self.top // 2, self.right // 2, self.bottom // 2)


def draw(source: Image.Image, view: View, plane: tuple[int, int], patch: Patch, shift: float = 0.0) -> Image.Image:
    """What `view` sees of the source (L, the whole picture) in that patch of a plane of so many pixels.

    `shift` is added to the place of each column, in fractions of the frame.
    """
    width, height = plane
    top = max((view.top + patch.top / height * view.size) * source.height, 0.0)
    bottom = min((view.top + patch.bottom / height * view.size) * source.height, float(source.height))
    first, last = max(int(top) - 2, 0), min(math.ceil(bottom) + 2, source.height)
    near = _picked(
        source, view, (patch.left / width + shift, patch.right / width + shift), patch.size[0], (first, last)
    )
    # Rows are blended column by column, so four columns may pass as one with four channels, which is twice as fast.
    fours = _as_fours(near)
    box = (0, top - first, fours.width, bottom - first)
    rows = fours.resize((fours.width, patch.size[1]), Image.Resampling.BILINEAR, box=box)
    return Image.frombuffer("L", patch.size, rows.tobytes(), "raw", "L", 0, 1)


def _picked(
    source: Image.Image, view: View, across: tuple[float, float], width: int, rows: tuple[int, int]
) -> Image.Image:
    """The rows from the first of `rows` to before the second, of each the nearest columns."""
    first, last = rows
    start, stop = (view.left + at * view.size for at in across)
    step = (stop - start) * source.width / width
    start *= source.width

    def pick(part: tuple[int, int], lean: float, slope: float) -> Image.Image:
        # Pillow asks for the column at a pixel's middle: half a step and half a row from what is meant by it.
        left = max(start + lean * source.width, 0.0)
        affine = (step, slope * source.width, left, 0, 1, part[0])
        size = (width, part[1] - part[0])
        return source.transform(size, Image.Transform.AFFINE, affine, Image.Resampling.NEAREST)

    if not view.lean:
        return pick((first, last), 0.0, 0.0)
    # From the foot upwards the ground leans more and more, and from SPAN above it no more.
    far = min(max(round((view.foot - SPAN) * source.height), first), last)
    slope = -view.lean / (SPAN * source.height)
    whole = Image.new("L", (width, last - first))
    if far > first:
        whole.paste(pick((first, far), view.lean, 0.0), (0, 0))
    if far < last:
        at = view.lean * (view.foot - far / source.height) / SPAN
        whole.paste(pick((far, last), at, slope), (0, far - first))
    return whole


def _as_fours(image: Image.Image) -> Image.Image:
    """An L image as RGBX, four columns in one; the same memory where Pillow has it in one piece."""
    size = (image.width // 4, image.height)
    try:
        return Image.fromarrow(image, "RGBX", size)
    except ValueError:
        return Image.frombuffer("RGBX", size, image.tobytes(), "raw", "RGBX", 0, 1)


def draw_columns(
    source: Image.Image, columns: Columns, size: tuple[int, int], shift: float = 0.0, *, turned: bool
) -> Image.Image:
    """What `columns` sees of the source, `size` pixels and up to three columns more, at which nobody looks.

    `shift` is added to the place of each column, in fractions of the frame. `turned`: no column is like the next.
    """
    with _one_at_a_time if turned else nullcontext():
        return _columns(source, columns, size, shift, turned=turned)


def _columns(
    source: Image.Image, columns: Columns, size: tuple[int, int], shift: float, *, turned: bool
) -> Image.Image:
    width, height = size
    line = -(-width // 4) * 4
    tops, bottoms = zip(columns(0, 0)[1::2], columns(1, 1)[1::2], strict=True)
    first = max(int(min(tops) * source.height) - 2, 0)
    last = min(math.ceil(max(bottoms) * source.height) + 2, source.height)

    def pick(start: int, stop: int) -> Image.Image:
        left, _, right, _ = columns(start / width + shift, stop / width + shift)
        step = (right - left) * source.width / (stop - start)
        across = (step, 0, max(left, 0.0) * source.width, 0, 1, first)
        to = (line if stop == width else stop) - start
        return source.transform((to, last - first), Image.Transform.AFFINE, across, Image.Resampling.NEAREST)

    near = _joined(
        [pick(*strip) for strip in _strips(width, math.ceil(width / BROAD / 4) * 4 if turned else width)], line
    )
    fours = _as_fours(near)

    def blend(start: int, stop: int) -> Image.Image:
        _, top, _, bottom = columns(start / width + shift, stop / width + shift)
        part = fours.crop((start // 4, 0, (line if stop == width else stop) // 4, fours.height)) if turned else fours
        box = (0, max(top, 0.0) * source.height - first, part.width, min(bottom, 1.0) * source.height - first)
        return part.resize((part.width, height), Image.Resampling.BILINEAR, box=box)

    whole = _joined([blend(*strip) for strip in _strips(width, STRIP if turned else width)], line // 4)
    return Image.frombuffer("L", (line, height), whole.tobytes(), "raw", "L", 0, 1)


def _strips(width: int, each: int) -> list[tuple[int, int]]:
    return [(start, min(start + each, width)) for start in range(0, width, each)]


def _joined(strips: list[Image.Image], width: int) -> Image.Image:
    if len(strips) == 1:
        return strips[0]
    whole = Image.new(strips[0].mode, (width, strips[0].height))
    start = 0
    for strip in strips:
        whole.paste(strip, (start, 0))
        start += strip.width
    return whole
