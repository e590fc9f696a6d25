"""The colours of an end card where no brand says any: the ground's of its picture, and what stands out from that."""

from core.ads.storyboard import DARK, LIGHT
from core.pictures.contrast import contrast, luminance, rgb

CLEAR = 6.0
"""Letters on the card have at least this contrast; its colour is made lighter or darker until they have."""
STEP = 0.04


def legible(color: tuple[float, ...]) -> str:
    """The colour itself, or so much lighter or darker that letters read well on it."""
    to = 255.0 if luminance(color) > 0.18 else 0.0
    while max(contrast(color, (0, 0, 0)), contrast(color, (255, 255, 255))) < CLEAR:
        color = tuple(part + (to - part) * STEP for part in color)
    return "#" + "".join(f"{round(part):02x}" for part in color)


def beside(color: str) -> str:
    """The colour of bars and of the button on a card of that colour: plain, and seen on any."""
    return max((LIGHT, DARK), key=lambda one: contrast(rgb(color), rgb(one)))
