"""Converts pixels whose colours are told by numbers to sRGB, as browsers do, with numpy."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.pictures.points import BT709, PRIMARIES, SRGB
from core.pictures.source import Points

Floats = NDArray[np.float32]
Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]
ROWS_OF_PIXELS = 1_000_000
"""As many pixels are converted at once: each takes some fifty bytes."""

STEPS = 1 << 14
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
WHITE_NITS = 203.0
"""The white of paper in a picture of high range, BT.2408."""

PEAK = 1000.0 / WHITE_NITS
"""The brightest light that such a picture is taken to have."""

KNEE = 0.5
"""Where that white ends up in a picture of ordinary range: what is brighter needs room above it."""

LUMA_2020 = np.array([0.2627, 0.6780, 0.0593], np.float32)


def _srgb(v: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def _smpte240(v: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(v < 0.0912863, v / 4, ((v + 0.1115722) / 1.1115722) ** (1 / 0.45))


def _smpte428(v: NDArray[np.float64]) -> NDArray[np.float64]:
    return 52.37 / 48 * v**2.6


def _pq(v: NDArray[np.float64]) -> NDArray[np.float64]:
    power = v ** (32 / 2523)
    light = np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)
    return light ** (16384 / 2610) * 10_000 / WHITE_NITS


def _hlg(v: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(v <= 0.5, v * v / 3, (np.exp((v - 0.55991073) / 0.17883277) + 0.28466892) / 12)


CURVES: dict[str, Curve] = {SRGB: _srgb, "smpte240": _smpte240, "smpte428": _smpte428, "pq": _pq, "hlg": _hlg}


def to_srgb(picture: Image.Image, points: Points) -> Image.Image:
    """The RGB picture in sRGB."""
    values = np.linspace(0, 1, 256)
    curve = CURVES[points.curve](values) if isinstance(points.curve, str) else values**points.curve
    light_of = curve.astype(np.float32)
    samples_of = np.round(255 * _encoded(np.linspace(0, 1, STEPS + 1))).astype(np.uint8)
    out = Image.new("RGB", picture.size)
    rows = max(ROWS_OF_PIXELS // picture.width, 1)
    for top in range(0, picture.height, rows):
        box = (0, top, picture.width, min(top + rows, picture.height))
        light: Floats = _shown(light_of[np.asarray(picture.crop(box))], points)
        shown = samples_of[(np.clip(light, 0, 1) * STEPS + 0.5).astype(np.uint16)]
        out.paste(Image.fromarray(shown, "RGB"), box)
    return out


def _encoded(light: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def _shown(light: Floats, points: Points) -> Floats:
    """Light in sRGB's own primaries, of ordinary range."""
    if points.curve in ("pq", "hlg"):
        light = light @ _between(points.primaries, PRIMARIES[9])
        if points.curve == "hlg":
            light = light * (PEAK * np.maximum(light @ LUMA_2020, 0)[..., None] ** 0.2)
        return _dimmed(light) @ _between(PRIMARIES[9], BT709)
    return light @ _between(points.primaries, BT709)


def _dimmed(light: Floats) -> Floats:
    """The reference white tone mapping of SMPTE ST 2094-50, by the brightest of the three.

    Up to white all is halved; from there to the peak it is a quadratic curve which begins with the same slope.
    """
    t = np.linspace(0, 1, 65)
    x = (1 - t) ** 2 + 2 * t * (1 - t) * 1.65 + t**2 * PEAK
    y = (1 - t) ** 2 * KNEE + 2 * t * (1 - t) * 0.825 + t**2
    most = np.maximum(light.max(axis=-1, keepdims=True), 1e-6)
    dimmed = np.where(most < 1, most * KNEE, np.interp(most, x, y))
    shown: Floats = (light * (dimmed / most)).astype(np.float32)
    return shown


def _between(source: tuple[float, ...], target: tuple[float, ...]) -> Floats:
    """The matrix, to be multiplied from the right, from light in one set of primaries to that in another."""
    return np.linalg.solve(_to_xyz(target), _to_xyz(source)).T.astype(np.float32)


def _to_xyz(points: tuple[float, ...]) -> NDArray[np.float64]:
    """From light to XYZ, with white brought to that of D50 as ICC does it."""
    xyz = np.array([(x, y, 1 - x - y) for x, y in zip(points[::2], points[1::2], strict=True)])
    columns, white = xyz[:3].T, xyz[3] / xyz[3, 1]
    own = columns * np.linalg.solve(columns, white)
    ratio = (BRADFORD @ (0.9642, 1.0, 0.8249)) / (BRADFORD @ white)
    adapted: NDArray[np.float64] = np.linalg.solve(BRADFORD, np.diag(ratio) @ BRADFORD @ own)
    return adapted
