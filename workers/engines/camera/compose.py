"""One frame of the layers: the ground, soft by its distance, and before it the product with a light passing over it."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops

from workers.engines.camera.draw import Patch, draw
from workers.engines.camera.layers import Layers, Planes
from workers.engines.camera.stage import Moment, View
from workers.media.regions import Box

ABOVE, BELOW, SHALLOW = 0.32, 0.4, 0.55
"""So far above its foot (of the height) the ground is as soft as can be; before it farther, and never so soft."""
LIGHT, BAND, SLANT = 48, 0.075, 0.42
"""Of the light: luma added at most, the band's half width (of the frame's), and its slant."""


def compose(layers: Layers, moment: Moment, width: int, height: int) -> list[Image.Image]:
    """The three planes of a frame; each may be wider than `width`, nobody looks at what is there."""
    return _Frame(layers, moment, width, height).planes()


@dataclass(frozen=True)
class _Frame:
    layers: Layers
    moment: Moment
    width: int
    height: int

    def planes(self) -> list[Image.Image]:
        """The whole frame."""
        layers, view = self.layers, self.moment.product
        whole = Patch(0, 0, -(-self.width // 8) * 8, self.height)
        out = self._softened(self._drawn(layers.ground, self.moment.ground, whole), self.moment.ground, whole)
        if patch := self._patch(view, layers.thing.box):
            planes = self._drawn(layers.product, view, patch)
            if layers.gap and layers.gap_box and (between := self._patch(view, layers.gap_box)):
                between = between.within(patch)
                around = [
                    plane.crop(at.seen_from(whole))
                    for plane, at, whole in zip(planes, between.of_planes, patch.of_planes, strict=True)
                ]
                self._put(out, self._softened(around, view, between), layers.gap, between)
            if self.moment.light is not None:
                self._light(planes[0], self.moment.light, patch)
            self._put(out, planes, layers.alpha, patch)
        return out

    def _patch(self, view: View, box: Box) -> Patch | None:
        """The part of the frame, in whole chroma blocks, in which the box is seen; None if it is not."""
        (left, top), (right, bottom) = view.place(box.left, box.top), view.place(box.right, box.bottom)
        patch = Patch(
            max(math.floor((left * self.width - 6) / 8) * 8, 0),
            max(math.floor((top * self.height - 6) / 4) * 4, 0),
            min(math.ceil((right * self.width + 6) / 8) * 8, -(-self.width // 8) * 8),
            min(math.ceil((bottom * self.height + 6) / 4) * 4, self.height),
        )
        return patch if patch.right > patch.left and patch.bottom > patch.top else None

    def _drawn(self, planes: Planes, view: View, patch: Patch) -> list[Image.Image]:
        # H.264's chroma samples sit on every other luma sample of a row: half a luma pixel left of the middle of two.
        luma, half = (self.width, self.height), (self.width // 2, self.height // 2)
        return [
            draw(plane, view, half, patch.halved, -0.5 / self.width) if n else draw(plane, view, luma, patch)
            for n, plane in enumerate(planes)
        ]

    def _softened(self, sharp: list[Image.Image], view: View, patch: Patch) -> list[Image.Image]:
        """These planes of the ground, made as soft as the moment and each row's distance want it."""
        if self.moment.soft < 0.01:
            return sharp
        thing = self.layers.thing
        foot = round(self.moment.product.place(thing.x, thing.y)[1] * self.height)
        for n, soft in enumerate(self._drawn(self.layers.soft, view, patch)):
            half, at = (2, patch.halved) if n else (1, patch)
            depth = _depth(self.height // half, foot // half).crop((0, at.top, 1, at.bottom))
            weight = depth.point(_share(round(self.moment.soft * 255)))
            sharp[n].paste(soft, (0, 0), weight.resize(at.size, Image.Resampling.NEAREST))
        return sharp

    def _put(self, out: list[Image.Image], planes: list[Image.Image], cover: Image.Image, patch: Patch) -> None:
        """The planes over what is there, as far as the mask covers it; both move with the product."""
        luma = draw(cover, self.moment.product, (self.width, self.height), patch)
        chroma = luma.reduce(2)
        for n, plane in enumerate(planes):
            at = patch.halved if n else patch
            out[n].paste(plane, (at.left, at.top), chroma if n else luma)

    def _light(self, luma: Image.Image, passed: float, patch: Patch) -> None:
        """Put the light on the product's luma: more where it is bright, as a reflection is."""
        reach = round(BAND * self.width * 2.2 + SLANT * patch.size[1] / 2)
        middle = passed * (patch.size[0] + 2 * reach) - reach
        left, right = max(round(middle) - reach, 0), min(round(middle) + reach, patch.size[0])
        if left >= right:
            return
        lit = luma.crop((left, 0, right, luma.height))
        start = round(self.width - middle - SLANT * ((patch.top + patch.bottom - self.height) / 2))
        band = _band(self.width, self.height).crop((start + left, patch.top, start + right, patch.bottom))
        luma.paste(ImageChops.add(lit, ImageChops.multiply(band, lit.point(_BRIGHT))), (left, 0))


@lru_cache(64)
def _depth(height: int, foot: int) -> Image.Image:
    """How soft each row may be, in one column: not at the foot, where the floor is as near as the product."""
    rows = (np.arange(height) + 0.5) / height
    above = np.clip((foot / height - rows) / ABOVE, 0, 1)
    below = np.clip((rows - foot / height) / BELOW, 0, 1)
    column = above * above * (3 - 2 * above) + SHALLOW * below * below * (3 - 2 * below)
    return Image.fromarray(np.rint(column * 255).astype(np.uint8)[:, None])


@lru_cache(4)
def _band(width: int, height: int) -> Image.Image:
    """The light: a slanted soft band in the middle of a strip of twice the frame's width."""
    across, down = np.meshgrid(np.arange(2 * width), np.arange(height))
    away = (across - width + (down - height / 2) * SLANT) / (BAND * width)
    return Image.fromarray(np.rint(np.exp(-away * away) * LIGHT).astype(np.uint8))


@lru_cache(256)
def _share(share: int) -> list[int]:
    """A table that multiplies by `share` of 255."""
    return [value * share // 255 for value in range(256)]


def _shine(luma: int) -> int:
    """How much of the light is seen on such luma: little in the dark, and white is left its drawing."""
    level = max(luma - 16, 0) / 219
    return max(round(255 * min(0.07 + 1.7 * level, 1) * (1 - 0.7 * max(level - 0.6, 0) / 0.4)), 0)


_BRIGHT = [_shine(luma) for luma in range(256)]
