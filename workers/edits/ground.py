"""What is behind a text in the frames in which it is seen, and which letters read well on it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.pictures.contrast import INK, RGB, WHITE, contrast, luminance
from workers.edits import clips
from workers.edits.fit import Fitter
from workers.edits.plan import Plan, Shot
from workers.media.contrast import CONTRAST
from workers.media.text import Shade

LOOKS = 3
"""Frames that are looked at in each clip behind a text: the first, the last, and what lies between."""
RARE = 2.0
"""Percent of what is behind a text that may be brighter or darker than what its shade is made for."""
SURE = 1.08
"""Times the contrast that there must be: frames between those that are looked at differ a little."""
LIGHTER = 0.08
"""Letters are white unless dark ones need so much less shade."""
BAR_CONTRAST = 1.7
PLAIN = 24
"""A bar whose red, green and blue differ by less is no brand's: it goes with the letters."""
SHARP = 0.12
"""Greys are averaged over this share of the words' height: what is finer than a stroke does not hide it."""


class Place(NamedTuple):
    """A rectangle of a frame, in pixels."""

    left: int
    top: int
    right: int
    bottom: int


Greys = NDArray[np.float64]
"""Relative luminances as WCAG defines them, 0-1."""


def behind(plan: Plan, place: Place, first: int, stop: int) -> Greys:
    """The luminances in that place in the frames from `first` to before `stop`."""
    found = []
    for shot in plan.shots:
        low, high = max(first, shot.first), min(stop, shot.stop) - 1
        if shot.source is None or high < low:
            continue
        numbers = sorted({round(low + (high - low) * n / (LOOKS - 1)) for n in range(LOOKS)})
        found += [_greys(plan, shot, number, place) for number in numbers]
    return np.concatenate(found) if found else np.array([0.0, 1.0])


def _greys(plan: Plan, shot: Shot, number: int, place: Place) -> Greys:
    assert shot.source
    fit = Fitter(plan.width, plan.height, shot.clip.framing)
    skipped = clips.frames(shot.path, shot.source, shot.clip, plan.rate, number - shot.first, most=plan.files.most)
    picture = fit(next(skipped)).to_image().crop(place)  # type: ignore[no-untyped-call]
    step = max(round((place.bottom - place.top) * SHARP), 1)
    part = np.asarray(picture.reduce(step), np.float64) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    greys: Greys = (linear @ np.array([0.2126, 0.7152, 0.0722])).ravel()
    return greys


def letters_on(greys: Greys) -> tuple[RGB, Shade, float]:
    """The letters' colour, the kind of shade, and how strong it has to be, 0-1."""
    low, high = (float(value) for value in np.percentile(greys, (RARE, 100 - RARE)))
    white, ink = _needed(WHITE, high), _needed(INK, low)
    color, strength = (WHITE, white) if white <= ink + LIGHTER else (INK, ink)
    return color, "soft" if strength else "none", strength


def _needed(color: RGB, grey: float) -> float:
    """The share of black (for light letters) or white behind letters of that colour, on that luminance."""
    level = 255 * (grey * 12.92 if grey <= 0.0031308 else 1.055 * grey ** (1 / 2.4) - 0.055)
    to = 0.0 if luminance(color) > 0.5 else 255.0
    for percent in range(0, 101):
        value = round(level + (to - level) * percent / 100)
        if contrast(color, (value, value, value)) >= CONTRAST * SURE:
            return percent / 100
    return 1.0


def bar_on(greys: Greys, bar: RGB, letters: RGB) -> RGB:
    """A bar's own colour where it is one and is seen, else that of the letters."""
    if max(bar) - min(bar) < PLAIN:
        return letters
    middle = float(np.median(greys))
    low, high = sorted((middle, luminance(bar)))
    return bar if (high + 0.05) / (low + 0.05) >= BAR_CONTRAST else letters
