"""Filters on pictures as arrays of float32, rows first: smooth filling, box means, growing, shrinking. numpy only."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def _half(values: Floats) -> Floats:
    """Half as many rows and columns, each the mean of four; an odd edge is repeated."""
    height, width = values.shape[:2]
    if height % 2 or width % 2:
        pad = [(0, height % 2), (0, width % 2)] + [(0, 0)] * (values.ndim - 2)
        values = np.pad(values, pad, mode="edge")
    mean = (values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]) / 4
    return mean.astype(np.float32, copy=False)


def _double(values: Floats, height: int, width: int) -> Floats:
    """Twice as large, blended linearly, cut to that size."""
    for axis in (0, 1):
        before = np.concatenate((values.take([0], axis), values.take(range(values.shape[axis] - 1), axis)), axis)
        after = np.concatenate((values.take(range(1, values.shape[axis]), axis), values.take([-1], axis)), axis)
        both = np.stack((values * 0.75 + before * 0.25, values * 0.75 + after * 0.25), axis + 1)
        shape = list(values.shape)
        shape[axis] *= 2
        values = both.reshape(shape)
    return values[:height, :width]


def filled(values: Floats, weight: Floats) -> Floats:
    """`values` (rows, columns, channels) where `weight` is 1; where it is 0 a smooth continuation of what is around."""
    levels = [(values * weight[..., None], weight)]
    while min(levels[-1][1].shape) > 1:
        levels.append((_half(levels[-1][0]), _half(levels[-1][1])))
    sums, weights = levels[-1]
    out = (sums / np.maximum(weights, 1e-6)[..., None]).astype(np.float32)
    for sums, weights in reversed(levels[:-1]):
        around = _double(out, *weights.shape)
        mean = sums / np.maximum(weights, 1e-6)[..., None]
        share = np.clip(weights * 4, 0, 1)[..., None]
        out = (mean * share + around * (1 - share)).astype(np.float32)
    return out


def box_mean(values: Floats, radius: int) -> Floats:
    """The mean of the square of 2 * radius + 1 pixels around each pixel; at the edges of what there is of it."""
    for axis in (0, 1):
        length = values.shape[axis]
        sums = np.concatenate((np.zeros_like(values.take([0], axis)), values), axis).cumsum(axis, dtype=np.float64)
        stop = np.minimum(np.arange(length) + radius + 1, length)
        start = np.maximum(np.arange(length) - radius, 0)
        shape = [1] * values.ndim
        shape[axis] = length
        values = ((sums.take(stop, axis) - sums.take(start, axis)) / (stop - start).reshape(shape)).astype(np.float32)
    return values


def grown(mask: npt.NDArray[np.bool_], radius: int) -> npt.NDArray[np.bool_]:
    """All within `radius` pixels (a square) of what is set."""
    return box_mean(mask.astype(np.float32), radius) > 0.5 / (2 * radius + 1) ** 2


def shrunk(mask: npt.NDArray[np.bool_], radius: int) -> npt.NDArray[np.bool_]:
    """What is set and has nothing unset within `radius` pixels; beyond the edge of the picture nothing is unset."""
    return ~grown(~mask, radius)
