"""What lies over the picture: captions, texts, the logo. Each knows in which frames it is seen and blends itself in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.edits.planes import Planes

RISE = 28 / 720
"""Texts come in from below by this share of the height, or of a narrow picture's width."""
ENTER_SECONDS = 0.24

# premultiplied red, green, blue and opacity (all 0-1) to Y, Cb, Cr of BT.709 in the limited range
_MATRIX = np.array(
    [
        [0.2126 * 219, 0.7152 * 219, 0.0722 * 219, 16.0],
        [-0.2126 / 1.8556 * 224, -0.7152 / 1.8556 * 224, 0.5 * 224, 128.0],
        [0.5 * 224, -0.7152 / 1.5748 * 224, -0.0722 / 1.5748 * 224, 128.0],
    ],
    np.float32,
)

Words = NDArray[np.uint16]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sprite:
    """A picture with transparency at its place: per plane the row and column, what to add, and what to keep below."""

    parts: tuple[tuple[int, int, Words, Words], ...]

    def blend(self, target: Planes, opacity: float = 1.0) -> None:
        """Over these planes, in place."""
        for plane, (top, left, color, cover) in zip(target, self.parts, strict=True):
            rows, columns = color.shape
            below = plane[top : top + rows, left : left + columns]
            if opacity < 1:
                share = np.uint32(round(opacity * 256))
                color = (color * share >> 8).astype(np.uint16)  # noqa: PLW2901
                cover = (cover * share >> 8).astype(np.uint16)  # noqa: PLW2901
            mixed = below * (255 - cover) + color + 128
            below[:] = (mixed + (mixed >> 8) >> 8).astype(np.uint8)


def sprite(image: Image.Image, left: float, top: float, width: int, height: int) -> Sprite | None:
    """A picture with its corner at a place between pixels of a frame of that size; None if nothing of it is inside."""
    seen = image.getchannel("A").getbbox()
    if seen is None:
        return None
    image, x, y = _shifted(image.crop(seen), left + seen[0], top + seen[1])
    box = (max(x, 0), max(y, 0), min(x + image.width, width), min(y + image.height, height))
    if box[0] >= box[2] or box[1] >= box[3]:
        return None
    part = image.crop((box[0] - x, box[1] - y, box[2] - x, box[3] - y))
    rgba: Floats = np.asarray(part, np.float32) / np.float32(255)
    rgba[..., :3] *= rgba[..., 3:]
    coarse = _halved(rgba)
    luma = (box[1], box[0], *_words(rgba @ _MATRIX[0], rgba[..., 3]))
    chroma = [(box[1] // 2, box[0] // 2, *_words(coarse @ row, coarse[..., 3])) for row in _MATRIX[1:]]
    return Sprite((luma, *chroma))


def _shifted(image: Image.Image, left: float, top: float) -> tuple[Image.Image, int, int]:
    """The picture on whole chroma samples, and where; what lies between pixels is spread over its neighbours."""
    x, y = int(left // 2 * 2), int(top // 2 * 2)
    size = (image.width + 4) // 2 * 2, (image.height + 4) // 2 * 2
    away = (1, 0, x - left, 0, 1, y - top)
    clear = image.convert("RGBa")  # premultiplied, so that clear pixels lend no colour to their neighbours
    if left == x and top == y:
        moved = Image.new("RGBa", size)
        moved.paste(clear)
    else:
        moved = clear.transform(size, Image.Transform.AFFINE, away, Image.Resampling.BILINEAR)
    return moved.convert("RGBA"), x, y


def _halved(rgba: Floats) -> Floats:
    rows, columns = rgba.shape[0] // 2 * 2, rgba.shape[1] // 2 * 2
    quads = rgba[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2, 4)
    half: Floats = quads.mean(axis=(1, 3))
    return half


def _words(color: Floats, cover: Floats) -> tuple[Words, Words]:
    whole = np.rint(cover * 255)
    # never more than what full cover of the brightest value would add: the sum must stay within 16 bits
    added = np.clip(np.rint(color * 255), 0, whole * 255)
    return added.astype(np.uint16), whole.astype(np.uint16)


class Layer:
    """A picture shown in the frames from `first` to before `stop`.

    `left`, `top` is its place at rest, in pixels; it comes from `rise` pixels below. `enter` and `leave` are how many
    frames its coming and going take.
    """

    def __init__(
        self,
        image: Image.Image,
        place: tuple[float, float],
        first: int,
        stop: int,
        *,
        rise: float = 0.0,
        enter: int = 0,
        leave: int = 0,
        opacity: float = 1.0,
    ) -> None:
        self.image, self.place, self.first, self.stop = image, place, first, stop
        self.rise, self.enter, self.leave, self.opacity = rise, enter, leave, opacity
        self._at_rest: Sprite | None = None

    def draw(self, target: Planes, number: int) -> None:
        """Its part of frame `number`."""
        if not self.is_seen(number):
            return
        height, width = target[0].shape
        come = min((number - self.first + 1) / (self.enter + 1), 1.0)
        gone = min((self.stop - number) / (self.leave + 1), 1.0)
        eased = 1 - (1 - come) ** 3
        left, top = self.place
        drop = (1 - eased) * self.rise
        if drop > 0:
            shown = sprite(self.image, left, top + drop, width, height)
        else:
            shown = self._at_rest = self._at_rest or sprite(self.image, left, top, width, height)
        if shown:
            shown.blend(target, self.opacity * min(eased, gone))

    def is_seen(self, number: int) -> bool:
        """Whether it is in frame `number`."""
        return self.first <= number < self.stop
