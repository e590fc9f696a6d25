"""From the coarse mask of a network to an alpha that follows the picture's own edges, and how far to trust it.

A mixed pixel of an edge lies, in colour, between the product beside it and the ground beside it. Both are smooth, so
they are reckoned on a small grid; the picture itself, in full, says where between the two each pixel is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.pictures.network import CLEAR
from workers.media.fill import Floats, box_mean, filled, grown, shrunk
from workers.media.regions import Mask, box_of, holes, parts

GRID = 320
"""Pixels of the longer side of the grid on which regions are told apart and colours are spread."""
LARGEST = 1920
"""Pixels of the longer side of an alpha."""
BESIDE = 0.08
"""A further part belongs to the product if it is at least so large beside the largest, and as certain."""
MARGIN = 0.2
"""What is left around the product for the second look, of its longer side."""
OPEN = 26.0
"""A hole is open if its colour is no farther than this from the ground's, of 255."""


@dataclass(frozen=True)
class Cutout:
    """`alpha` is L, in the picture's shape. `confidence` from 0 to 1."""

    alpha: Image.Image
    confidence: float


def _resized(values: Floats, width: int, height: int) -> Floats:
    image = Image.fromarray(values).resize((width, height), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(image, np.float32), 0, 1)


def _fitted(picture: Image.Image, longest: int) -> Image.Image:
    scale = min(longest / max(picture.size), 1.0)
    size = max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0) if scale < 1 else picture


def _reaches_side(mask: Mask) -> bool:
    return bool(mask[:, 0].any() or mask[:, -1].any())


def _product(likely: Floats) -> Mask:
    """The parts of the mask that are one product or one group of them."""
    labels = parts(likely > 0.5)
    count = int(labels.max())
    if not count:
        return labels > 0
    middle = np.abs(np.linspace(-1, 1, likely.shape[1], dtype=np.float32))[None, :]
    weight = np.bincount(labels.ravel(), (likely * (1.25 - 0.5 * middle)).ravel(), count + 1)
    area = np.bincount(labels.ravel(), minlength=count + 1)
    sure = np.bincount(labels.ravel(), (likely > 0.85).ravel(), count + 1) / np.maximum(area, 1)
    first = 1 + int(np.argmax(weight[1:]))
    inside = not _reaches_side(labels == first)
    chosen = [
        label
        for label in range(1, count + 1)
        if label == first
        or (
            area[label] >= BESIDE * area[first]
            and sure[label] > 0.7
            and not (inside and _reaches_side(labels == label))
        )
    ]
    return np.isin(labels, chosen)


def _closed(product: Mask, colours: Floats, ground: Floats) -> Mask:
    """Holes filled, but for those through which the ground is seen."""
    labels = holes(product)
    for label in range(1, int(labels.max()) + 1):
        hole = labels == label
        through = np.abs(colours[hole] - ground[hole]).mean(axis=1)
        if hole.sum() < 12 or np.median(through) > OPEN:
            product = product | hole
    return product


def _confidence(likely: Floats, product: Mask) -> float:
    area = float(product.mean())
    if not area:
        return 0.0
    near = grown(product, 8)
    vague = float(((likely > 0.15) & (likely < 0.85) & near).mean()) / area
    certain = float(np.clip(likely[product], 0, 1).mean())
    border = np.concatenate((product[0], product[-1], product[:, 0], product[:, -1])).mean()
    rows, columns = product.any(axis=1).mean(), product.any(axis=0).mean()
    bounds = (
        # what is cut by a side and goes on and on, or from top to bottom, is a view and no product
        np.interp(columns, (0.6, 0.75), (1, 0.3)) if _reaches_side(product) else 1.0,
        np.interp(rows, (0.97, 1.0), (1, 0.3)) if _reaches_side(product) else 1.0,
        np.interp(area, (0.012, 0.03, 0.6, 0.8), (0, 1, 1, 0)),
        np.interp(vague, (0.3, 1.0), (1, 0)),
        np.interp(certain, (0.6, 0.9), (0, 1)),
        np.interp(border, (0.15, 0.45), (1, 0)),
        # of a tray of things one or another is always left out, and then goes soft beside its sharp neighbours
        np.interp(int(parts(product).max()), (6, 9), (1, 0.3)),
    )
    return round(float(np.prod(bounds)), 3)


def cut(picture: Image.Image, seen: Callable[[Image.Image], Floats]) -> Cutout:
    """The cut-out of an RGB picture.

    `seen` tells for a picture how likely each place of it is the product, 0-1, in any size. It is asked twice: what it
    sees of the whole and what it sees of the product alone say together how far to trust it.
    """
    picture = _fitted(picture, LARGEST)
    small = _fitted(picture, GRID)
    first = _resized(seen(picture), *small.size)
    product = _product(first)
    if _confidence(first, product) < CLEAR / 2:
        return Cutout(Image.new("L", picture.size), _confidence(first, product))
    likely = _closer(picture, first, product, seen)
    product, before = _product(likely), product
    confidence = round(_confidence(likely, product) * _agreement(product, before), 3)
    if confidence < CLEAR:
        return Cutout(Image.new("L", picture.size), confidence)
    colours = np.asarray(small, np.float32)
    ground = filled(colours, (~grown(product | (likely > 0.1), 2)).astype(np.float32))
    product = _closed(product, colours, ground)
    inner = shrunk(product & ((likely > 0.8) | shrunk(product, 5)), 2)
    own = filled(colours, inner.astype(np.float32))
    coarse = np.where(grown(product, 2), np.maximum(likely, shrunk(product, 1)), 0).astype(np.float32)
    return Cutout(_sharpened(picture, coarse, own, ground), confidence)


def _closer(picture: Image.Image, first: Floats, product: Mask, seen: Callable[[Image.Image], Floats]) -> Floats:
    """What is seen of the product alone, on the grid of `first`; inside it counts what either look has seen."""
    box = box_of(product)
    assert box
    height, width = first.shape
    margin = MARGIN * max(box.width * width, box.height * height)
    left, top = max(int(box.left * width - margin), 0), max(int(box.top * height - margin), 0)
    right, bottom = (
        min(int(side * size + margin) + 1, size) for side, size in ((box.right, width), (box.bottom, height))
    )
    scale_x, scale_y = picture.width / width, picture.height / height
    part = picture.crop((round(left * scale_x), round(top * scale_y), round(right * scale_x), round(bottom * scale_y)))
    likely = np.zeros_like(first)
    likely[top:bottom, left:right] = _resized(seen(part), right - left, bottom - top)
    return np.where(holes(likely > 0.5) > 0, np.maximum(likely, first), likely)


def _agreement(product: Mask, before: Mask) -> float:
    """How much of what was seen at the second look was seen at the first, 0-1; a small part of that is none of it."""
    both, area = float((product & before).sum()), max(float(product.sum()), 1.0)
    share = area / max(float(before.sum()), 1.0)
    return float(np.interp(both / area, (0.5, 0.8), (0, 1)) * np.interp(share, (0.1, 0.25), (0, 1)))


def _sharpened(picture: Image.Image, coarse: Floats, own: Floats, ground: Floats) -> Image.Image:
    """The coarse mask (on the grid, like the two colours) with its edge put where the picture has it."""
    whole = _resized(coarse, *picture.size)
    alpha = np.clip((whole - 0.5) * 2 + 0.5, 0, 1)
    colours = (_spread(colour, picture.size) for colour in (own, ground))
    band = _resized(grown((coarse > 0.04) & (coarse < 0.96), 2).astype(np.float32), *picture.size) > 0.2
    pixels = np.asarray(picture)[band].astype(np.float32)
    inside, outside = (colour[band].astype(np.float32) for colour in colours)
    apart = inside - outside
    length = (apart**2).sum(axis=1)
    share = np.clip(((pixels - outside) * apart).sum(axis=1) / np.maximum(length, 1), 0, 1)
    trust = length / (length + 40.0**2) * np.interp(whole[band], (0.02, 0.2, 0.8, 0.98), (0, 1, 1, 0))
    alpha[band] = trust * share + (1 - trust) * alpha[band]
    guide = np.asarray(picture.convert("L"), np.float32)
    return Image.fromarray(np.rint(_calm(alpha, guide / np.float32(255)) * 255).astype(np.uint8))


def _spread(colours: Floats, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    image = Image.fromarray(np.clip(colours, 0, 255).astype(np.uint8))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR))


def _calm(alpha: Floats, guide: Floats, radius: int = 3, least: float = 4e-4) -> Floats:
    """A guided filter: noise inside the band goes, the edge stays on the picture's edge."""
    rows, columns = np.flatnonzero(alpha.max(axis=1) > 0), np.flatnonzero(alpha.max(axis=0) > 0)
    if not rows.size:
        return alpha
    view = slice(max(rows[0] - 8, 0), rows[-1] + 9), slice(max(columns[0] - 8, 0), columns[-1] + 9)
    a, g = alpha[view], guide[view]
    mean_a, mean_g = box_mean(a, radius), box_mean(g, radius)
    slope = (box_mean(a * g, radius) - mean_a * mean_g) / (box_mean(g * g, radius) - mean_g**2 + least)
    out = alpha.copy()
    out[view] = np.clip(box_mean(slope, radius) * g + box_mean(mean_a - slope * mean_g, radius), 0, 1)
    calm: Floats = np.clip((out - 0.06) / 0.88, 0, 1)
    return calm
