"""Where a picture has moved in another one: phase correlation, to parts of a pixel, and how sure that is."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.edits.planes import Bytes

Floats = NDArray[np.float32]
SIDE = 256
"""Pixels of the longer side of what is compared: more says nothing new, and costs time."""
MARGIN = 0.15
"""So much of the product's box is looked at on every side of it."""
STEPS = 3
LEAST_PIXELS = 64
"""A product of fewer pixels is nothing to follow."""


class Moved(NamedTuple):
    """How far, in pixels of the frame, and how well the two agree once that is undone: 1 is the same picture."""

    x: float
    y: float
    likeness: float


class Tracker:
    """Finds the product of a packshot in frames of the same size; each is compared with the packshot itself."""

    def __init__(self, luma: Bytes, mask: Bytes) -> None:
        """`luma` is the packshot's, `mask` what of it is the product (0-255)."""
        rows, columns = np.nonzero(mask > 127)
        self.is_blind = rows.size < LEAST_PIXELS
        if self.is_blind:
            return
        height, width = luma.shape
        spare_x, spare_y = (int((places.max() - places.min() + 1) * MARGIN) + 8 for places in (columns, rows))
        left, right = max(int(columns.min()) - spare_x, 0), min(int(columns.max()) + spare_x + 1, width)
        top, bottom = max(int(rows.min()) - spare_y, 0), min(int(rows.max()) + spare_y + 1, height)
        self._box = slice(top, bottom), slice(left, right)
        scale = min(SIDE / max(right - left, bottom - top), 1.0)
        self._size = max(round((right - left) * scale), 8), max(round((bottom - top) * scale), 8)
        self._pace = (right - left) / self._size[0], (bottom - top) / self._size[1]
        self._cover = self._small(mask) / 255
        soft = np.asarray(Image.fromarray((self._cover * 255).astype(np.uint8)).resize(self._size), np.float32) / 255
        hann = np.outer(np.hanning(self._size[1]), np.hanning(self._size[0])).astype(np.float32)
        self._window: Floats = (hann * soft).astype(np.float32)
        self._own = self._small(luma)
        self._spectrum = np.fft.rfft2(self._flat(self._own))

    def find(self, luma: Bytes) -> Moved:
        """Where the product is in a frame of that brightness, against where the packshot has it."""
        seen = self._small(luma)
        cross = np.fft.rfft2(self._flat(seen)) * np.conj(self._spectrum)
        peaks = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-6), s=seen.shape)
        y, x = np.unravel_index(int(np.argmax(peaks)), peaks.shape)
        moved_y, moved_x = (
            _signed(at + _between(line, at), len(line)) for at, line in ((int(y), peaks[:, x]), (int(x), peaks[y]))
        )
        moved_x, moved_y = self._refined(seen, moved_x, moved_y)
        return Moved(moved_x * self._pace[0], moved_y * self._pace[1], self._likeness(seen, moved_x, moved_y))

    def _refined(self, seen: Floats, x: float, y: float) -> tuple[float, float]:
        """To a tenth of a pixel, by the slopes of the picture (Lucas and Kanade): a peak's own shape is too coarse."""
        for _ in range(STEPS):
            own, inside = self._moved(x, y)
            if inside.sum() < LEAST_PIXELS:
                break
            one, other = own - own[inside].mean(), seen - seen[inside].mean()
            gain = float((one * other)[inside].sum()) / max(float((one**2)[inside].sum()), 1e-6)
            down, across = (slope[inside] for slope in np.gradient(gain * one))
            rest = (other - gain * one)[inside]
            slopes = np.array([[across @ across, across @ down], [across @ down, down @ down]], np.float64)
            if np.linalg.det(slopes) < 1e-6:
                break
            step = np.clip(-np.linalg.solve(slopes, np.array([across @ rest, down @ rest], np.float64)), -1, 1)
            x, y = x + float(step[0]), y + float(step[1])
        return x, y

    def _small(self, plane: Bytes) -> Floats:
        return np.asarray(Image.fromarray(plane[self._box]).resize(self._size, Image.Resampling.BOX), np.float32)

    def _flat(self, plane: Floats) -> Floats:
        """Around zero, and fading out towards the edges, which would correlate with themselves."""
        weight = self._window
        mean = float((plane * weight).sum() / max(float(weight.sum()), 1e-6))
        return (plane - mean) * weight

    def _likeness(self, seen: Floats, x: float, y: float) -> float:
        """How well the moved packshot agrees with what is seen of the product, be it brighter or darker."""
        own, inside = self._moved(x, y)
        if inside.sum() < LEAST_PIXELS:
            return 0.0
        one, other = (plane[inside] - plane[inside].mean() for plane in (own, seen))
        return float((one * other).sum() / max(float(np.sqrt((one**2).sum() * (other**2).sum())), 1e-6))

    def _moved(self, x: float, y: float) -> tuple[Floats, NDArray[np.bool_]]:
        """The packshot moved so far, and where its product is then."""
        affine = (1, 0, -x, 0, 1, -y)
        own, cover = (
            np.asarray(
                Image.fromarray(plane).transform(self._size, Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)
            )
            for plane in (self._own, self._cover)
        )
        return own, cover > 0.5


def _signed(at: float, length: int) -> float:
    """Beyond the half it is a step back."""
    return at - length if at > length / 2 else at


def _between(line: NDArray[np.float64], at: int) -> float:
    """How far the true peak is from the highest sample: the middle of a parabola through it and its neighbours."""
    before, top, after = (float(line[(at + step) % len(line)]) for step in (-1, 0, 1))
    bend = before - 2 * top + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0
