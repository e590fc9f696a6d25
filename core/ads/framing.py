"""How a picture is framed for a shot: the product stands where the shot's words are not, in every format."""

from typing import NamedTuple

from core.ads.sight import Box
from core.ads.storyboard import Shot
from core.catalog.size import Size
from core.pictures.fit import Framing

EDGE = 0.06
"""A product that is shown whole keeps so far from the frame's edges."""
GAP = 0.025
"""And so far from the words."""
ASIDE = {None: 0.0, "subtle": 0.05, "normal": 0.075, "strong": 0.1}
GROWS = {None: 0.0, "subtle": 0.07, "normal": 0.1, "strong": 0.12}
SINKS = {None: 0.0, "subtle": 0.06, "normal": 0.1, "strong": 0.13}
"""How far the studio camera brings a product's edges out, aside, up and down: shares of the frame, measured."""
FULL = 0.8, 0.4
"""How much of its room a product fills at a template's zoom of 1, and how much more for each time nearer."""
MOST_FULL = 0.94
CLOSE = 1.6
"""From this zoom on a shot is a close-up: the product leaves the frame on the sides where no words are."""
CLOSER = 1.0
"""It is then so much higher than the frame, by what it fills."""
OVER = 0.4
"""And so much of the frame the ground may go on beyond the picture, to make room for the words."""
NEAREST = 2.6
WIDEST, WIDEST_ASIDE = 0.42, 0.8
"""The least zoom, which keeps the product off the words; and the least that is there to show all of its width."""
STEP = 0.97
FAR_FROM_ONE = 1.25
"""Only a picture that is so much longer than the frame is moved beyond its edge."""
EXACT = 1e-6
MIDST = 0.5


class Room(NamedTuple):
    """Where a product may stand, and the sides of it beyond which it may go."""

    box: Box
    closed: str


def room(shot: Shot, size: Size, words: Box | None) -> Room:
    """The part of a frame that a shot's words leave to the product. `closed` names the side on which they stand."""
    if words is None:
        return Room(Box(EDGE, EDGE, 1 - EDGE, 1 - EDGE), "")
    moves = shot.strength if shot.move != "still" else None
    if size.shape == "landscape":
        return Room(Box(words.right + GAP + ASIDE[moves], EDGE, 1 - EDGE / 2, 1 - EDGE), "left")
    if shot.place == "headline":
        return Room(Box(EDGE, words.bottom + GAP + GROWS[moves], 1 - EDGE, 1 - EDGE), "top")
    return Room(Box(EDGE, EDGE, 1 - EDGE, words.top - GAP - SINKS[moves]), "bottom")


def framed(shot: Shot, size: Size, picture: Size, product: Box, place: Room) -> Framing:
    """The window of the picture that shows the product in that room."""
    is_close = shot.zoom >= CLOSE
    filled = FULL[0] + FULL[1] * (shot.zoom - 1)
    look = (filled, shot.y) if is_close else (min(filled, MOST_FULL), None)
    return _framed(size, picture, product, place, look)


MIDDLE = Box(0.3, 0.15, 0.7, 0.85)
"""Where a product is taken to be which is not seen."""
STILL = Room(Box(EDGE, 0.1, 1 - EDGE, 0.86), "")
"""The room on an end card, which goes over into its colour below."""


def still(size: Size, picture: Size, product: Box) -> Framing:
    """The window that shows the whole product in a picture of that size."""
    return _framed(size, picture, product, STILL, (1.0, None))


def _framed(size: Size, picture: Size, product: Box, place: Room, look: tuple[float, float | None]) -> Framing:
    """`look`: how much of the room the product takes, and the height of it at which a close-up looks."""
    filled, y = look
    whole = max(size.width / picture.width, size.height / picture.height)
    share = picture.width * whole / size.width, picture.height * whole / size.height
    wide = (product.right - product.left) * share[0]
    high = (product.bottom - product.top) * share[1]
    if y is None:
        across = filled * (place.box.right - place.box.left) / wide
        least = across if place.closed == "left" else max(across, WIDEST_ASIDE)
        zoom = min(least, filled * (place.box.bottom - place.box.top) / high)
    else:
        zoom = filled * CLOSER / high
    zoom = max(min(zoom, NEAREST), WIDEST)
    while True:
        aside = _Along(zoom * share[0], (product.left, product.right), (place.box.left, place.box.right))
        upright = _Along(zoom * share[1], (product.top, product.bottom), (place.box.top, place.box.bottom))
        x, x_fits = aside.stand("low" if place.closed == "left" else "", 0.5 if y is not None else None)
        y_closed = {"top": "low", "bottom": "high"}.get(place.closed, "")
        at, y_fits = upright.stand(y_closed, y)
        if (x_fits and y_fits) or zoom <= WIDEST:
            return Framing(zoom=round(zoom, 3), x=round(x, 4), y=round(at, 4))
        zoom = max(zoom * STEP, WIDEST)


class _Along(NamedTuple):
    """One axis, in shares of the frame: how long the picture is; the product in shares of that; its room."""

    length: float
    thing: tuple[float, float]
    room: tuple[float, float]

    def stand(self, closed: str, close: float | None) -> tuple[float, bool]:
        """Where the picture stands, as a framing has it, and whether the product is off the words.

        `closed`: the end of the room at which they are. `close`: the place of the product that is looked at.
        """
        (low, high), (start, stop) = self.room, (edge * self.length for edge in self.thing)
        at = (low + high - start - stop) / 2
        if close is not None:
            at = (low + high) / 2 - start - (stop - start) * close
            at = {"low": low - start, "high": high - stop}.get(closed, at)
        elif closed:
            at = max(at, low - start) if closed == "low" else min(at, high - stop)
        spare = 1 - self.length
        over = OVER if close is not None and self.length > FAR_FROM_ONE else 0.0
        least = min(spare, 0.0) - (over if closed == "high" else 0.0)
        most = max(spare, 0.0) + (over if closed == "low" else 0.0)
        at = min(max(at, least), most)
        share = min(max(at / spare, -1.0), 2.0) if abs(spare) > EXACT else MIDST
        at = share * spare
        fits = {"low": at + start >= low - EXACT, "high": at + stop <= high + EXACT}.get(closed, True)
        return share, fits
