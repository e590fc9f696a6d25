"""The colours of an end card where no brand says any: the ground's of its picture, and what stands out from that."""

from PIL import ImageColor

from core.ads.storyboard import DARK, LIGHT

CLEAR = 6.0
"""Letters on the card have at least this contrast; its colour is made lighter or darker until they have."""
STEP = 0.04


def legible(color: tuple[float, ...]) -> str:
    """The colour itself, or so much lighter or darker that letters read well on it."""
    to = 255.0 if luminance(color) > 0.18 else 0.0
    while max(contrast(color, 0.0), contrast(color, 255.0)) < CLEAR:
        color = tuple(part + (to - part) * STEP for part in color)
    return "#" + "".join(f"{round(part):02x}" for part in color)


def luminance(color: tuple[float, ...]) -> float:
    """Relative luminance as WCAG defines it, 0-1, of red, green and blue 0-255."""
    shares = (part / 255 for part in color)
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(color: tuple[float, ...], grey: float | tuple[float, ...]) -> float:
    """1-21, as WCAG defines it; `grey` 0-255 stands for a colour of that level."""
    other = grey if isinstance(grey, tuple) else (grey, grey, grey)
    low, high = sorted((luminance(color), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def rgb(color: str) -> tuple[float, ...]:
    """`#rrggbb` as numbers."""
    return tuple(float(part) for part in ImageColor.getrgb(color)[:3])


def beside(color: str) -> str:
    """The colour of bars and of the button on a card of that colour: plain, and seen on any."""
    return max((LIGHT, DARK), key=lambda one: contrast(rgb(color), rgb(one)))
