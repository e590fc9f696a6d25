"""How much two colours differ to the eye, as WCAG 2 defines it."""

from PIL import ImageColor

RGB = tuple[int, int, int]
WHITE: RGB = (255, 255, 255)
INK: RGB = (23, 24, 27)
"""Letters in the dark and in the light."""


def rgb(color: str) -> RGB:
    """`#rrggbb` as numbers."""
    red, green, blue = ImageColor.getrgb(color)[:3]
    return red, green, blue


def luminance(color: tuple[float, ...]) -> float:
    """Relative luminance, 0-1, of red, green and blue 0-255."""
    red, green, blue = (_linear(part / 255) for part in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """1-21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
