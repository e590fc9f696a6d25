"""Areas of a mask: its connected parts, its holes, its star-shaped hull. numpy only."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]


class Box(NamedTuple):
    """A rectangle in fractions of a picture, from 0 (left, top) to 1."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From its left to its right edge."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From its top to its bottom edge."""
        return self.bottom - self.top


def box_of(mask: Mask) -> Box | None:
    """The smallest box around all that is set; None if nothing is."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    height, width = mask.shape
    return Box(columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height)


def _runs(row: Mask) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], row.view(np.int8), [0]))))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def parts(mask: Mask) -> npt.NDArray[np.int32]:
    """A number for each connected part, from 1; 0 where nothing is set. Pixels touch by their sides."""
    parents = [0]

    def root(label: int) -> int:
        while parents[label] != label:
            parents[label] = label = parents[parents[label]]
        return label

    labels = np.zeros(mask.shape, np.int32)
    above: list[tuple[int, int, int]] = []
    for y, row in enumerate(mask):
        here: list[tuple[int, int, int]] = []
        for start, stop in _runs(row):
            touching = [root(label) for a, b, label in above if a < stop and b > start]
            label = min(touching, default=len(parents))
            if not touching:
                parents.append(label)
            for other in touching:
                parents[other] = label
            labels[y, start:stop] = label
            here.append((start, stop, label))
        above = here
    roots = np.array([root(label) for label in range(len(parents))])
    return np.unique(roots, return_inverse=True)[1].astype(np.int32)[labels]


def holes(mask: Mask) -> npt.NDArray[np.int32]:
    """A number for each part of what is not set that does not reach the border, from 1; 0 elsewhere."""
    labels = parts(~mask)
    border = np.unique(np.concatenate((labels[0], labels[-1], labels[:, 0], labels[:, -1])))
    labels[np.isin(labels, border)] = 0
    return np.unique(labels, return_inverse=True)[1].astype(np.int32).reshape(labels.shape) if labels.any() else labels


def hull(alpha: Floats, x: float, y: float) -> Floats:
    """The mask with all between it and the point (x, y in pixels) filled.

    Grown about that point it covers what it covered before, whatever its shape.
    """
    height, width = alpha.shape
    corners = np.hypot([x, width - x, x, width - x], [y, y, height - y, height - y])
    reach, turns = int(np.ceil(corners.max())) + 1, int(2 * (width + height))
    angles = np.linspace(-np.pi, np.pi, turns, endpoint=False)
    radii = np.arange(reach)
    across = np.rint(x + radii[:, None] * np.cos(angles)).astype(np.int32)
    down = np.rint(y + radii[:, None] * np.sin(angles)).astype(np.int32)
    inside = (across >= 0) & (across < width) & (down >= 0) & (down < height)
    rays = np.where(inside, alpha[down.clip(0, height - 1), across.clip(0, width - 1)], 0)
    filled = np.maximum.accumulate(rays[::-1], axis=0)[::-1]
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    turn = np.rint((np.arctan2(ys - y, xs - x) + np.pi) / (2 * np.pi) * turns).astype(np.int32) % turns
    away = np.rint(np.hypot(xs - x, ys - y)).astype(np.int32)
    whole: Floats = np.maximum(alpha, filled[away, turn])
    return whole
