"""Draws a part of a frame from a picture: sub-pixel smooth, by Pillow, which lets go of the interpreter meanwhile.

A picture is kept much wider than it is shown, so that the nearest of its columns is near enough: picking columns takes
a fifth of the time of blending them. Rows are blended.
"""

import math
from dataclasses import dataclass

from PIL import Image

from workers.engines.stage import View

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
    near = _picked(source, view, (patch.left / width + shift, patch.right / width + shift), patch.size[0], first, last)
    # Rows are blended column by column, so four columns may pass as one with four channels, which is twice as fast.
    fours = Image.frombuffer("RGBX", (patch.size[0] // 4, last - first), near.tobytes(), "raw", "RGBX", 0, 1)
    box = (0, top - first, fours.width, bottom - first)
    rows = fours.resize((fours.width, patch.size[1]), Image.Resampling.BILINEAR, box=box)
    return Image.frombuffer("L", patch.size, rows.tobytes(), "raw", "L", 0, 1)


def _picked(
    source: Image.Image, view: View, across: tuple[float, float], width: int, first: int, last: int
) -> Image.Image:
    """The rows from `first` to `last`, of each the nearest columns."""
    start, stop = (view.left + at * view.size for at in across)
    step = (stop - start) * source.width / width
    start *= source.width

    def pick(rows: tuple[int, int], lean: float, slope: float) -> Image.Image:
        # Pillow asks for the column at a pixel's middle: half a step and half a row from what is meant by it.
        left = max(start + lean * source.width, 0.0)
        affine = (step, slope * source.width, left, 0, 1, rows[0])
        size = (width, rows[1] - rows[0])
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
