"""A picture in layers: the ground, sharp and soft, and the product before it.

Where the ground only ever grows more slowly than the product, about the point where the product stands, the picture
itself is both layers: the product covers its own image, and the first frame is the picture. What the product's shape
leaves open between it and that point (under a handle, between legs) goes with it, softened like the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from workers.engines.camera.stage import Stage, Thing
from workers.media.fill import Floats, filled, grown
from workers.media.regions import Box, box_of, hull

Planes = tuple[Image.Image, Image.Image, Image.Image]
BLUR = 0.0075
"""Sigma of the soft ground, of the frame's longer side at half its size."""
GAP = 0.0015
"""Of the frame: less than this between the product and its hull is not worth a layer."""
FILL = 640
"""Pixels of the longer side of the picture on which the ground behind the product is filled in."""


@dataclass(frozen=True)
class Layers:
    """All sources of a layered clip.

    `gap` covers the product and what of the ground goes with it, `gap_box` what of that is not the product; None where
    there is no such thing.
    """

    ground: Planes
    soft: Planes
    product: Planes
    alpha: Image.Image
    gap: Image.Image | None
    gap_box: Box | None
    thing: Thing


def thing_of(mask: Image.Image) -> Thing | None:
    """What the mask (L) covers, and where it stands; None if it covers nothing."""
    inside = np.asarray(mask.resize((min(mask.width, FILL), min(mask.height, FILL)))) > 127
    box = box_of(inside)
    if box is None:
        return None
    height, width = inside.shape
    low = inside[max(int(height * (box.bottom - 0.06 * box.height)) - 1, 0) : round(height * box.bottom)]
    columns = np.flatnonzero(low.any(axis=0))
    return Thing(box, float(columns[0] + columns[-1] + 1) / 2 / width, min(box.bottom, 1.0))


def behind(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """The picture (three bands) without what the mask covers: a smooth continuation of what is around it. Small."""
    scale = min(FILL / max(picture.size), 1.0)
    size = max(round(picture.width * scale), 2), max(round(picture.height * scale), 2)
    values = np.asarray(picture.resize(size, Image.Resampling.BOX), np.float32)
    covered = np.asarray(mask.resize(size, Image.Resampling.BOX)) > 4
    out: Floats = filled(values, (~grown(covered, 3)).astype(np.float32))
    return Image.fromarray(np.rint(np.clip(out, 0, 255)).astype(np.uint8))


def layers_of(
    picture: Image.Image, mask: Image.Image, stage: Stage, planes: Callable[[Image.Image], Planes], stretch: int
) -> Layers:
    """The layers of a picture (Y, Cb, Cr as three bands) in the frame's shape, and its mask.

    `planes` makes sources for drawing of such a picture, `stretch` times as wide as the frame.
    """
    empty = behind(picture, mask)
    soft = empty.filter(ImageFilter.GaussianBlur(BLUR * max(empty.size)))
    own = planes(picture)
    ground = own
    if stage.move.shifts:
        near = (
            mask.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(1.5)).point(lambda v: min(2 * v, 255))
        )
        ground = planes(Image.composite(empty.resize(picture.size, Image.Resampling.BICUBIC), picture, near))
    wide = own[0].width // stretch * (stretch // 2 | 1), own[0].height  # odd, as `stretch` is
    alpha, gap, gap_box = (mask, None, None) if stage.move.shifts else _covers(mask, stage.thing)
    alpha = alpha.resize(wide, Image.Resampling.BICUBIC)
    gap = gap and gap.resize(wide, Image.Resampling.BICUBIC)
    return Layers(ground, _soft_planes(soft), own, alpha, gap, gap_box, stage.thing)


def _soft_planes(soft: Image.Image) -> Planes:
    """It holds no detail, so it needs few rows, and columns only so many that none is seen to jump."""
    y, u, v = soft.split()
    return (
        y.resize((soft.width * 4, soft.height), Image.Resampling.BICUBIC),
        u.resize((soft.width * 4, soft.height // 2), Image.Resampling.BICUBIC),
        v.resize((soft.width * 4, soft.height // 2), Image.Resampling.BICUBIC),
    )


def _covers(mask: Image.Image, thing: Thing) -> tuple[Image.Image, Image.Image | None, Box | None]:
    """The product's alpha, and `gap` and `gap_box` of Layers; a small gap is taken for the product's own."""
    scale = min(FILL / max(mask.size), 1.0)
    small = mask.resize((max(round(mask.width * scale), 2), max(round(mask.height * scale), 2)), Image.Resampling.BOX)
    values = np.asarray(small, np.float32) / np.float32(255)
    whole = hull(values, thing.x * small.width, thing.y * small.height)
    cover = Image.fromarray(np.rint(whole * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
    cover = ImageChops.lighter(cover.resize(mask.size, Image.Resampling.BICUBIC), mask)
    if float((whole - values).mean()) < GAP:
        return cover, None, None
    return mask, cover, box_of(whole - values > 0.1)
