"""Colours told by numbers: the code points of ITU-T H.273 in PNG and AVIF, and a power and primaries in PNG."""

from core.pictures.source import Points

D65 = (0.3127, 0.3290)
C = (0.310, 0.316)
BT709 = (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, *D65)
SMPTE170 = (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *D65)
PRIMARIES: dict[int, tuple[float, ...]] = {
    1: BT709,
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, *C),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *D65),
    6: SMPTE170,
    7: SMPTE170,
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, *C),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *D65),
    10: (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *D65),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *D65),
}
SRGB = "srgb"
COMMON: dict[int, str | float] = {4: 2.2, 5: 2.8, 7: "smpte240", 8: 1.0, 13: SRGB, 16: "pq", 17: "smpte428", 18: "hlg"}
CURVES_OF_PNG: dict[int, str | float] = {**dict.fromkeys((1, 6, 11, 14, 15), 2.4), **COMMON}
"""Of video's own curve PNG gets what a screen makes of it; in AVIF browsers take it for sRGB's."""

USUAL_GAMMA, NEAR = 1 / 2.2, 0.02


def by_cicp(primaries: int, transfer: int) -> Points | None:
    """What a PNG's code points say; None where browsers don't take them, or for sRGB itself."""
    if primaries not in PRIMARIES or transfer not in CURVES_OF_PNG:
        return None
    return Points(PRIMARIES[primaries], CURVES_OF_PNG[transfer])


def by_nclx(primaries: int, transfer: int) -> Points | None:
    """What an AVIF's code points say; None for sRGB. What is not known counts as sRGB's."""
    points = Points(PRIMARIES.get(primaries, BT709), COMMON.get(transfer, SRGB))
    return None if points == Points(BT709, SRGB) else points


def by_gamma(gamma: int, chromaticities: tuple[int, ...] | None) -> Points | None:
    """What a PNG's `gAMA` and `cHRM` say, in 100,000ths: white, red, green, blue. None for sRGB and for nonsense."""
    power = gamma / 100_000
    if not power:
        return None
    if chromaticities is None:
        return None if abs(power - USUAL_GAMMA) < NEAR else Points(BT709, 1 / power)
    white, primaries = chromaticities[:2], chromaticities[2:]
    xy = tuple(value / 100_000 for value in (*primaries, *white))
    return Points(xy, 1 / power) if all(xy[1::2]) else None
