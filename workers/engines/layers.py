"""A picture in layers: the ground, sharp and soft, and the product before it; and a frame composed of them.

Where the ground only ever grows more slowly than the product, about the point where the product stands, the picture
itself is both layers: the product covers its own image, and the first frame is the picture. What the product's shape
leaves open between it and that point (under a handle, between legs) goes with it, softened like the rest.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from workers.engines.draw import Patch, draw
from workers.engines.stage import Moment, Stage, Thing, View
from workers.fill import Floats, filled, grown
from workers.regions import Box, box_of, hull

Planes = tuple[Image.Image, Image.Image, Image.Image]
BLUR = 0.0075
"""Sigma of the soft ground, of the frame's longer side at half its size."""
GAP = 0.0015
"""Of the frame: less than this between the product and its hull is not worth a layer."""
FILL = 640
"""Pixels of the longer side of the picture on which the ground behind the product is filled in."""
ABOVE, BELOW, SHALLOW = 0.32, 0.4, 0.55
"""So far above its foot (of the height) the ground behind is as soft as can be; before it, farther, and never so soft."""
LIGHT, BAND, SLANT = 58, 0.075, 0.42
"""Of the sweep: luma added at most, the band's half width (of the frame's), and its slant."""


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
    picture: Image.Image, mask: Image.Image, stage: Stage, planes: Callable[[Image.Image, bool], Planes], stretch: int
) -> Layers:
    """The layers of a picture (Y, Cb, Cr as three bands) in the frame's shape, and its mask.

    `planes` makes sources for drawing of it, sharpened or not.
    """
    empty = behind(picture, mask)
    soft = empty.filter(ImageFilter.GaussianBlur(BLUR * max(empty.size)))
    own = planes(picture, True)
    ground = own
    if stage.shifts:
        near = mask.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(1.5)).point(lambda v: min(2 * v, 255))
        ground = planes(Image.composite(empty.resize(picture.size, Image.Resampling.BICUBIC), picture, near), True)
    wide = own[0].width // stretch * (stretch // 2), own[0].height
    alpha, gap, gap_box = (mask, None, None) if stage.shifts else _covers(mask, stage.thing)
    sources = (image and image.resize(wide, Image.Resampling.BICUBIC) for image in (alpha, gap))
    return Layers(ground, _soft_planes(soft), own, *sources, gap_box, stage.thing)


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
    values = np.asarray(small, np.float32) / 255
    whole = hull(values, thing.x * small.width, thing.y * small.height)
    cover = Image.fromarray(np.rint(whole * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
    cover = ImageChops.lighter(cover.resize(mask.size, Image.Resampling.BICUBIC), mask)
    if float((whole - values).mean()) < GAP:
        return cover, None, None
    return mask, cover, box_of(whole - values > 0.1)


@lru_cache(64)
def _depth(height: int, foot: int) -> Image.Image:
    """How soft each row may be: not at the foot, where the floor is as near as the product."""
    rows = (np.arange(height) + 0.5) / height
    above, below = (foot / height - rows) / ABOVE, (rows - foot / height) / BELOW
    ramp = np.clip(np.where(above > 0, above, 0), 0, 1), np.clip(np.where(below > 0, below, 0), 0, 1) * SHALLOW
    column = sum(r * r * (3 - 2 * r) for r in ramp) * 255
    return Image.fromarray(np.rint(column).astype(np.uint8)[:, None])


@lru_cache(4)
def _band(width: int, height: int) -> Image.Image:
    """The light: a slanted soft band in the middle of a strip of twice the frame's width."""
    across, down = np.meshgrid(np.arange(2 * width), np.arange(height))
    away = (across - width + (down - height / 2) * SLANT) / (BAND * width)
    return Image.fromarray(np.rint(np.exp(-away * away) * LIGHT).astype(np.uint8))


def _patch(view: View, box: tuple[float, float, float, float], width: int, height: int) -> Patch | None:
    """The part of the frame, in whole chroma blocks, in which the box is seen; None if it is not."""
    (left, top), (right, bottom) = view.place(box[0], box[1]), view.place(box[2], box[3])
    patch = Patch(
        max(math.floor((left * width - 6) / 8) * 8, 0),
        max(math.floor((top * height - 6) / 4) * 4, 0),
        min(math.ceil((right * width + 6) / 8) * 8, -(-width // 8) * 8),
        min(math.ceil((bottom * height + 6) / 4) * 4, height),
    )
    return patch if patch.right > patch.left and patch.bottom > patch.top else None


def compose(layers: Layers, moment: Moment, width: int, height: int) -> list[Image.Image]:
    """The three planes of a frame; each may be wider than `width`, nobody looks at what is there."""
    line = -(-width // 8) * 8
    whole = Patch(0, 0, line, height)
    out = _drawn(layers.ground, moment.ground, whole, width, height)
    out = _softened(out, layers, moment, moment.ground, whole, width, height)
    view = moment.product
    patch = _patch(view, layers.thing.box, width, height)
    if patch is None:
        return out
    if layers.gap and layers.gap_box and (between := _patch(view, layers.gap_box, width, height)):
        planes = _drawn(layers.ground, view, between, width, height)
        planes = _softened(planes, layers, moment, view, between, width, height)
        _put(out, planes, layers.gap, view, between, width, height)
    planes = _drawn(layers.product, view, patch, width, height)
    if moment.light is not None:
        _light(planes[0], moment.light, patch, width, height)
    _put(out, planes, layers.alpha, view, patch, width, height)
    return out


def _drawn(planes: Planes, view: View, patch: Patch, width: int, height: int) -> list[Image.Image]:
    return [
        draw(plane, view, (width, height) if not n else (width // 2, height // 2), patch if not n else patch.halved, _shift(n, width))
        for n, plane in enumerate(planes)
    ]


def _shift(plane: int, width: int) -> float:
    """H.264's chroma samples sit on every other luma sample of a row: half a luma pixel left of the middle of two."""
    return -0.5 / width if plane else 0.0


def _softened(
    sharp: list[Image.Image], layers: Layers, moment: Moment, view: View, patch: Patch, width: int, height: int
) -> list[Image.Image]:
    """These planes of the ground, made as soft as the moment and each row's distance want it."""
    if moment.soft < 0.01:
        return sharp
    foot = round(moment.product.place(layers.thing.x, layers.thing.y)[1] * height)
    for n, soft in enumerate(_drawn(layers.soft, view, patch, width, height)):
        at = patch.halved if n else patch
        depth = _depth(height // (2 if n else 1), foot // (2 if n else 1)).crop((0, at.top, 1, at.bottom))
        sharp[n].paste(soft, (0, 0), depth.point(_scaled(moment.soft)).resize(at.size, Image.Resampling.NEAREST))
    return sharp


@lru_cache(256)
def _table(share: int) -> list[int]:
    return [value * share // 255 for value in range(256)]


def _scaled(share: float) -> list[int]:
    return _table(round(share * 255))


def _put(
    out: list[Image.Image],
    planes: list[Image.Image],
    alpha: Image.Image,
    view: View,
    patch: Patch,
    width: int,
    height: int,
) -> None:
    luma = draw(alpha, view, (width, height), patch)
    chroma = luma.reduce(2)
    for n, plane in enumerate(planes):
        at = patch.halved if n else patch
        out[n].paste(plane, (at.left, at.top), chroma if n else luma)


def _light(luma: Image.Image, passed: float, patch: Patch, width: int, height: int) -> None:
    """Put the light on the product's luma: more where it is bright, as a reflection is."""
    reach = round(BAND * width * 2.2 + SLANT * patch.size[1] / 2)
    middle = passed * (patch.size[0] + 2 * reach) - reach
    left, right = max(round(middle) - reach, 0), min(round(middle) + reach, patch.size[0])
    if left >= right:
        return
    lit = luma.crop((left, 0, right, luma.height))
    start = round(width - middle - SLANT * ((patch.top + patch.bottom - height) / 2))
    band = _band(width, height).crop((start + left, patch.top, start + right, patch.bottom))
    luma.paste(ImageChops.add(lit, ImageChops.multiply(band, lit.point(_BRIGHT))), (left, 0))


_BRIGHT = [min(255, round(max(value - 16, 0) * 1.7) + 18) for value in range(256)]
