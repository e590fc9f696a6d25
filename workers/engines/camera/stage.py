"""Where product and ground are seen at each moment: a camera's path, fitted to the product that it must not cut.

Places are fractions of the picture, from 0 (left, top) to 1.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product

from workers.engines.camera.path import FARTHEST, TURN, Move, Pose, ease
from workers.media.regions import Box

MARGIN = 0.025  # of the frame, kept free around the product where the picture leaves it free
TOUCHING = 0.004  # of the picture: nearer to its edge than this the product is cut by the picture itself
APART = (0.7, 0.45, 0.25, 0.12)  # the product grows by the ground's growth to this power more; less where room is short
SMALLER = (1.0, 0.8, 0.6, 0.4, 0.25, 0.12, 0.0)  # of the move that was asked for, where all of it would cut the product
DRIFT = 0.011  # of the picture: how far the ground far behind goes to a side in a whole orbit
TRAVEL = 0.006  # the same in a pan from one side to the other
RISE = 0.03  # how much the product grows in a tilt from one end to the other
FOLLOW = 0.6  # how far a camera that comes nearer turns towards the product
SOFTEST = 0.9
SWEEP = (0.22, 0.74)  # the light passes between these times
CHECKS = 24
LEAST = 0.03
_SLIGHT = Move((Pose(), Pose(zoom=1.06)), (ease,), (0.0,))


@dataclass(frozen=True)
class Thing:
    """What stands in the picture: the box around it, and the point where it touches the ground."""

    box: Box
    x: float
    y: float


@dataclass(frozen=True)
class View:
    """What of the picture fills the frame: `size` of its width and height from `left` and `top`.

    `lean`: what is far behind is seen from so much farther left; at the height `foot` it is where it was.
    """

    left: float = 0.0
    top: float = 0.0
    size: float = 1.0
    lean: float = 0.0
    foot: float = 1.0

    def grown(self, by: float, x: float, y: float) -> "View":
        """The view of something that is `by` times as large about the point (x, y) of the picture."""
        return View(x + (self.left - x) / by, y + (self.top - y) / by, self.size / by)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where in the frame that point of the picture is seen."""
        return (x - self.left) / self.size, (y - self.top) / self.size


@dataclass(frozen=True)
class Moment:
    """One frame. `soft` 0-1: how soft the ground is; `light` 0-1: how far the sweep has come, None: there is none."""

    ground: View
    product: View
    soft: float
    light: float | None


@dataclass(frozen=True)
class Stage:
    """A move over a picture in which a thing stands, as layers."""

    move: Move
    thing: Thing
    apart: float = APART[0]
    focus: bool = True
    light: bool = True
    loop: bool = False

    def at(self, time: float) -> Moment:
        """The moment at a time from 0 (first frame) to 1 (last frame)."""
        pose, thing = self.move.at(self._warped(time)), self.thing
        ground = _view(pose, self.move, thing)
        product = ground.grown(_growth(pose, self.move, self.apart), thing.x, thing.y)
        soft = SOFTEST * ease(min(self._warped(time) * 1.25, 1.0)) if self.focus else 0.0
        start, stop = SWEEP
        passed = (time - start) / (stop - start)
        return Moment(ground, product, soft, passed if self.light and 0 < passed < 1 else None)

    def _warped(self, time: float) -> float:
        return there_and_back(time) if self.loop else time

    @property
    def nearest(self) -> float:
        """How large the product is at most, in times of the whole picture."""
        return max(pose.zoom * _growth(pose, self.move, self.apart) for pose in self.move.poses)


def there_and_back(time: float) -> float:
    """Smoothly from 0 to 1 and back to 0."""
    return 0.5 - 0.5 * math.cos(2 * math.pi * time)


def _growth(pose: Pose, move: Move, apart: float) -> float:
    risen = abs(pose.v - move.poses[0].v) / (2 * FARTHEST)
    return math.pow(pose.zoom / move.zooms[0], apart) * (1 + RISE * apart / APART[0] * risen)


def _view(pose: Pose, move: Move, thing: Thing) -> View:
    """The ground as this pose sees it. A turn is made by what lies far behind going aside."""
    lean = DRIFT * pose.turn / TURN
    if move.shifts and not pose.turn:
        lean = TRAVEL * pose.u / FARTHEST
    room = max((abs(DRIFT * p.turn / TURN) for p in move.poses), default=0.0) or abs(lean)
    size = min(1 / pose.zoom, 1 - 2 * room)
    left = room + (1 + pose.u) / 2 * (1 - 2 * room - size)
    return View(left, (1 + pose.v) / 2 * (1 - size), size, lean, thing.y)


def fitted(move: Move, thing: Thing) -> tuple[Move, float]:
    """The same move, so far smaller or elsewhere that no frame cuts the thing where the picture doesn't, and `apart`.

    Of what is possible that which moves most. A move that has no room at all becomes a slight push.
    """
    best = max(_possible(move, thing), key=lambda tried: (_distance(tried[0]), tried[1]))
    if move.eases and _distance(best[0]) < LEAST:
        best = max((best, *_possible(_SLIGHT, thing)), key=lambda tried: (_distance(tried[0]), tried[1]))
    return best


def _possible(move: Move, thing: Thing) -> Iterator[tuple[Move, float]]:
    for shrink, apart in product(SMALLER, APART):
        tried = _aimed(_smaller(move, shrink), thing, apart)
        if not shrink or all(_is_whole(tried.at(n / CHECKS), tried, thing, apart) for n in range(CHECKS + 1)):
            yield tried, apart


def _distance(move: Move) -> float:
    """How much is seen to move, in about the frame's width: the way to the sides, and what comes nearer."""
    ways = ((a, b, 1 - 1 / min(a.zoom, b.zoom)) for a, b in pairwise(move.poses))
    return sum(
        (abs(a.u - b.u) + abs(a.v - b.v)) / 2 * room * (a.zoom == b.zoom)
        + abs(math.log(a.zoom / b.zoom))
        + abs(a.turn - b.turn) / TURN * 0.1
        for a, b, room in ways
    )


def _smaller(move: Move, shrink: float) -> Move:
    return replace(move, poses=tuple(replace(pose, zoom=pose.zoom**shrink) for pose in move.poses))


def _aimed(move: Move, thing: Thing, apart: float) -> Move:
    """Each pose turned so far that the thing is whole in it; one that comes nearer looks towards it."""
    aside, upright = ({getattr(pose, axis) for pose in move.poses} != {0.0} for axis in "uv")
    poses = []
    for pose in move.poses:
        u = pose.u if aside else FOLLOW * (2 * thing.x - 1)
        v = pose.v if upright else FOLLOW * (2 * thing.y - 1)
        size, by = 1 / pose.zoom, _growth(pose, move, apart)
        (left, right), (top, bottom) = ((at + (edge - at) * by for edge in edges) for at, *edges in _edges(thing))
        poses.append(replace(pose, u=_within(u, left, right, size), v=_within(v, top, bottom, size)))
    # A camera that only comes nearer aims at one place all the time: that which is right where it is nearest.
    near = max(poses, key=lambda pose: pose.zoom)
    same = ({} if aside else {"u": near.u}) | ({} if upright else {"v": near.v})
    return replace(move, poses=tuple(replace(pose, **same) for pose in poses))


def _edges(thing: Thing) -> Iterator[tuple[float, float, float]]:
    """For each axis the foot's place and the box's two edges; an edge that the picture cuts counts for nothing."""
    for at, low, high in ((thing.x, thing.box.left, thing.box.right), (thing.y, thing.box.top, thing.box.bottom)):
        yield at, low if low > TOUCHING else math.inf, high if high < 1 - TOUCHING else -math.inf


def _within(value: float, low: float, high: float, size: float) -> float:
    """`value` (u or v of a pose), so far changed that a view of that size shows what lies from low to high."""
    room = 1 - size
    if room <= 1e-6:
        return value
    least = (high + MARGIN * size - size) / room * 2 - 1
    most = (low - MARGIN * size) / room * 2 - 1
    if least > most:
        return max(-1.0, min(1.0, (least + most) / 2)) if math.isfinite(least + most) else value
    return max(-1.0, min(1.0, max(least, min(most, value))))


def _is_whole(pose: Pose, move: Move, thing: Thing, apart: float) -> bool:
    view = _view(pose, move, thing).grown(_growth(pose, move, apart), thing.x, thing.y)
    (left, top), (right, bottom) = view.place(*thing.box[:2]), view.place(*thing.box[2:])
    gaps = (
        (thing.box.left, left),
        (thing.box.top, top),
        (1 - thing.box.right, 1 - right),
        (1 - thing.box.bottom, 1 - bottom),
    )
    return all(now >= min(MARGIN, before) / 2 for before, now in gaps if before > TOUCHING)
