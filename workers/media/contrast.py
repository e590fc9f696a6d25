"""How legible letters are on a picture: the shade that a colour needs."""

from functools import lru_cache

from core.pictures.contrast import RGB, contrast

CONTRAST = 4.5
"""At least this is between letters and what is behind them, in every frame."""


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
