"""How legible letters are: contrast as WCAG 2 defines it, and the shade that a colour needs."""

from functools import lru_cache

CONTRAST = 4.5
"""At least this is between letters and what is behind them, in every frame."""

RGB = tuple[int, int, int]


def _linear(value: float) -> float:
    value /= 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(color: RGB) -> float:
    """Relative luminance as WCAG defines it, 0-1."""
    red, green, blue = (_linear(value) for value in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: RGB, other: RGB) -> float:
    """1-21, as WCAG defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@lru_cache(64)
def shade_for(color: RGB) -> tuple[bool, float]:
    """Whether letters of this colour need a dark shade, and how opaque it must be on the worst picture there may be."""
    dark = contrast(color, (0, 0, 0)) >= contrast(color, (255, 255, 255))
    for percent in range(35, 101):
        # a dark shade is weakest over white, a light one over black
        level = round(255 * (1 - percent / 100)) if dark else round(255 * percent / 100)
        if contrast(color, (level, level, level)) >= CONTRAST * 1.03:
            return dark, min(percent / 100 + 0.03, 1.0)
    return dark, 1.0
