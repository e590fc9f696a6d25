"""The path of a camera move: where the camera stands at each moment."""

import math
from collections.abc import Callable
from dataclasses import dataclass

DISTANCE = 1.3  # from the eye to the picture, in frame widths; decides how strong the perspective of a turn is
INSET = 0.002  # of a turned picture at each edge is never shown: room for filters and for chroma, half a pixel off
FARTHEST = 0.9  # how far to a side the camera goes, of what the zoom leaves over
TURN = 6.0  # degrees of a whole orbit at normal speed
MOST_ZOOM = 1.7

Columns = Callable[[float, float], tuple[float, float, float, float]]
"""From a column of the frame (start, stop) to the box (left, top, right, bottom) of the picture that is seen there."""


@dataclass(frozen=True)
class Pose:
    """What the camera sees at one moment.

    `zoom` is 1 or more (1: the whole picture). `u`, `v` in -1..1 say which part of what the zoom leaves over is seen:
    -1 the left or upper end, 1 the right or lower end; whatever the zoom, the edge of the picture is never passed.
    `turn` in degrees: the picture is looked at from the right (positive) or from the left.
    """

    zoom: float = 1.0
    u: float = 0.0
    v: float = 0.0
    turn: float = 0.0

    def _centre(self) -> tuple[float, float, float]:
        """The zoom that is possible, and the place in the picture that the middle of the frame shows."""
        sine, cosine = math.sin(math.radians(self.turn)), DISTANCE * math.cos(math.radians(self.turn))
        # Where on the turned picture, in frame widths from its axis, the frame's left and right edges look.
        left, right = -DISTANCE / 2 / (cosine + sine / 2), DISTANCE / 2 / (cosine - sine / 2)
        tall = 1 + max(left * sine, right * sine) / DISTANCE
        inset = INSET if self.turn else 0.0
        usable = 1 - 2 * inset
        zoom = max(self.zoom, (right - left) / usable, tall / usable)
        x = inset + (1 + self.u) / 2 * (usable - (right - left) / zoom) - left / zoom
        y = inset + (1 + self.v) / 2 * (usable - tall / zoom) + tall / zoom / 2
        return zoom, x, y

    def columns(self) -> Columns:
        """Tells which box of the picture is seen in a column of the frame.

        Exact if nothing is turned; else a column is taken as narrow enough to have one magnification.
        """
        zoom, x, y = self._centre()
        sine, cosine = math.sin(math.radians(self.turn)), DISTANCE * math.cos(math.radians(self.turn))

        def place(across: float) -> float:
            return (across - 0.5) * DISTANCE / (cosine - (across - 0.5) * sine)

        def box(start: float, stop: float) -> tuple[float, float, float, float]:
            half = (1 + place((start + stop) / 2) * sine / DISTANCE) / zoom / 2
            return x + place(start) / zoom, y - half, x + place(stop) / zoom, y + half

        return box

    def seen(self, x: float, y: float) -> tuple[float, float]:
        """Where in the frame that point of the picture is seen; outside 0..1 it is not."""
        zoom, centre_x, centre_y = self._centre()
        angle = math.radians(self.turn)
        place = (x - centre_x) * zoom
        scale = 1 + place * math.sin(angle) / DISTANCE
        return 0.5 + place * math.cos(angle) / scale, 0.5 + (y - centre_y) * zoom / scale


def ease(time: float, ramp: float = 0.35) -> float:
    """From 0 to 1: speeds up smoothly during the first `ramp`, slows down during the last, steady between."""
    if time > 0.5:
        return 1 - ease(1 - time, ramp)
    if time >= ramp:
        return (time - ramp / 2) / (1 - ramp)
    share = max(time, 0.0) / ramp
    return ramp * share**3 * (1 - share / 2) / (1 - ramp)


def dash(time: float) -> float:
    """From 0 to 1: off quickly, most of the way in the first half, then a long slow drift."""
    return ease(1 - (1 - min(max(time, 0.0), 1.0)) ** 2.4, 0.5)


@dataclass(frozen=True)
class Move:
    """The camera's path: the poses it goes through, equal times apart, how it goes between two, and its bow there."""

    poses: tuple[Pose, ...]
    eases: tuple[Callable[[float], float], ...]
    bows: tuple[float, ...]

    @property
    def zooms(self) -> tuple[float, float]:
        """The zoom at the widest and at the nearest view."""
        return min(pose.zoom for pose in self.poses), max(pose.zoom for pose in self.poses)

    @property
    def shifts(self) -> bool:
        """Whether the camera goes aside, so that it sees past a thing what that hid at first."""
        first = self.poses[0]
        return any(pose.turn or (pose.u != first.u and pose.zoom == first.zoom) for pose in self.poses)

    def at(self, time: float) -> Pose:
        """The pose at a time from 0 (first frame) to 1 (last frame)."""
        if not self.eases:
            return self.poses[0]
        part = min(int(time * len(self.eases)), len(self.eases) - 1)
        done = self.eases[part](time * len(self.eases) - part)
        a, b = self.poses[part], self.poses[part + 1]
        bow = self.bows[part] * 4 * done * (1 - done)
        return Pose(
            # A constant ratio per second looks like a constant speed.
            zoom=a.zoom ** (1 - done) * b.zoom**done,
            u=a.u + (b.u - a.u) * done,
            v=a.v + (b.v - a.v) * done + bow,
            turn=a.turn + (b.turn - a.turn) * done,
        )
