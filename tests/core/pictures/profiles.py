"""ICC profiles made for tests: matrix and curve, grey, tables, CMYK."""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

XY = Sequence[float]
Floats = NDArray[np.float64]
D50 = np.array([0.9642, 1.0, 0.8249])
D65 = (0.3127, 0.3290)
P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
REC2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
ADOBE = ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060))
REC709 = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def matrix(primaries: Sequence[XY], white: XY = D65) -> Floats:
    """From linear RGB to XYZ as seen under D50."""

    def xyz(point: XY) -> Floats:
        return np.array([point[0] / point[1], 1.0, (1 - point[0] - point[1]) / point[1]])

    columns = np.array([xyz(point) for point in primaries]).T
    own = columns * np.linalg.solve(columns, xyz(white))
    ratio = (BRADFORD @ D50) / (BRADFORD @ xyz(white))
    adapted: Floats = np.linalg.inv(BRADFORD) @ np.diag(ratio) @ BRADFORD @ own
    return adapted


def _s15(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _xyz(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + _s15(*values)


def gamma_curve(gamma: float) -> bytes:
    """A `curv` of one number."""
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def srgb_curve() -> bytes:
    """A `para` of sRGB's form."""
    return b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + _s15(*SRGB_CURVE)


def sampled_curve(gamma: float, count: int = 256) -> bytes:
    """A `curv` of many points."""
    points = [round(65535 * (n / (count - 1)) ** gamma) for n in range(count)]
    return b"curv\0\0\0\0" + struct.pack(f">I{count}H", count, *points)


def _profile(space: bytes, tags: dict[bytes, bytes], pcs: bytes = b"XYZ ", version: int = 4) -> bytes:
    text = "test"
    if version == 4:
        name = (
            b"mluc\0\0\0\0"
            + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(text) * 2, 28)
            + text.encode("utf-16-be")
        )
        rights = name
    else:
        name = b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text.encode() + b"\0" + bytes(78)
        rights = b"text\0\0\0\0" + text.encode() + b"\0"
    tags = {b"desc": name, b"cprt": rights, b"wtpt": _xyz(D50), **tags}  # type: ignore[arg-type]
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for key, value in tags.items():
        table += key + struct.pack(">II", at + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    header = struct.pack(">I4sI4s4s4s", at + len(body), bytes(4), version << 24, kind, space, pcs)
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _s15(*D50) + bytes(48)
    return header + struct.pack(">I", len(tags)) + table + body


def rgb(primaries: Sequence[XY] = P3, curve: bytes = b"", white: XY = D65, version: int = 4) -> bytes:
    """A profile of a matrix and one curve; the curve of sRGB if none is given."""
    columns = matrix(primaries, white).T
    curve = curve or srgb_curve()
    places = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, columns), strict=True))
    return _profile(b"RGB ", places | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve), version=version)


def grey(gamma: float = 1.8, version: int = 4) -> bytes:
    """A grey profile."""
    return _profile(b"GRAY", {b"kTRC": gamma_curve(gamma)}, version=version)


def _lab(xyz: Floats) -> Floats:
    ratio = xyz / D50
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _table(inputs: int, grid: int, lab: Floats) -> bytes:
    """An `mft1` of one Lab for each node of the grid, the last input changing first.

    Not an `mft2`: browsers read its Lab as if the profile were of version 4, which makes a difference of up to 6.
    """
    straight = bytes(range(256))
    head = b"mft1\0\0\0\0" + struct.pack(">BBBB", inputs, 3, grid, 0) + _s15(1, 0, 0, 0, 1, 0, 0, 0, 1)
    nodes = lab * (2.55, 1, 1) + (0, 128, 128)
    return head + straight * inputs + np.clip(np.round(nodes), 0, 255).astype(np.uint8).tobytes() + straight * 3


def _nodes(inputs: int, grid: int) -> Floats:
    return np.stack(np.meshgrid(*[np.linspace(0, 1, grid)] * inputs, indexing="ij"), axis=-1).reshape(-1, inputs)


def rgb_table(primaries: Sequence[XY] = P3, gamma: float = 2.2, grid: int = 17) -> bytes:
    """A version 2 profile that is a table from RGB to Lab."""
    light = _nodes(3, grid) ** gamma
    return _profile(b"RGB ", {b"A2B0": _table(3, grid, _lab(light @ matrix(primaries).T))}, b"Lab ", 2)


def cmyk(grid: int = 7) -> bytes:
    """A version 2 profile of inks that are not quite the plain ones."""
    inks = np.array([(0.10, 0.55, 0.85), (0.80, 0.10, 0.45), (0.95, 0.85, 0.05), (0.08, 0.08, 0.09)])
    share = _nodes(4, grid)[..., None]
    light = np.prod(1 - share + share * inks, axis=1) ** 2.2
    return _profile(b"CMYK", {b"A2B0": _table(4, grid, _lab(light @ matrix(REC709).T))}, b"Lab ", 2)
