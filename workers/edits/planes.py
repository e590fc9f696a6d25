"""Frames as three arrays of bytes, Y, Cb and Cr of BT.709 in the limited range, and what is done with whole ones."""

from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray
from PIL import Image

Bytes = NDArray[np.uint8]
Planes = tuple[Bytes, Bytes, Bytes]
BLACK = (16, 128, 128)


def planes(frame: VideoFrame) -> Planes:
    """The frame's own memory, to be read and, if nobody else holds the frame, written."""
    luma, blue, red = (
        np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]  # type: ignore[call-overload]
        for plane in frame.planes
    )
    return luma, blue, red


def mark(frame: VideoFrame) -> VideoFrame:
    """Say what its colours are."""
    frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
    return frame


def blank(width: int, height: int, color: tuple[int, int, int] = BLACK) -> VideoFrame:
    """A new frame of one colour, given as Y, Cb, Cr."""
    frame = VideoFrame(width, height, "yuv420p")
    for plane, value in zip(planes(frame), color, strict=True):
        plane[:] = value
    return mark(frame)


def copy(frame: VideoFrame, into: VideoFrame | None = None) -> VideoFrame:
    """The same in memory of its own: in that of `into`, if it is given."""
    new = into or VideoFrame(frame.width, frame.height, "yuv420p")
    for target, source in zip(planes(new), planes(frame), strict=True):
        target[:] = source
    return mark(new)


def from_picture(picture: Image.Image) -> VideoFrame:
    """A picture, its sides even, as a frame."""
    frame = VideoFrame.from_image(picture.convert("RGB"))  # type: ignore[no-untyped-call]
    new = VideoReformatter().reformat(
        frame,
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation="BICUBIC",
    )
    return mark(new)


def mixed(below: VideoFrame, above: VideoFrame, share: float) -> VideoFrame:
    """`above` over `below`, with `share` 0-1 of it."""
    weight = round(share * 256)
    new = VideoFrame(below.width, below.height, "yuv420p")
    for target, one, other in zip(planes(new), planes(below), planes(above), strict=True):
        blended = one.astype(np.uint16) * (256 - weight) + other.astype(np.uint16) * weight
        target[:] = (blended + 128 >> 8).astype(np.uint8)
    return mark(new)


def through_black(before: VideoFrame, after: VideoFrame, share: float) -> VideoFrame:
    """The first half fades out, the second half in."""
    black = blank(before.width, before.height)
    return mixed(before, black, share * 2) if share < 0.5 else mixed(black, after, share * 2 - 1)


def slid(before: VideoFrame, after: VideoFrame, share: float) -> VideoFrame:
    """`after` comes in from the right and pushes `before` out; whole chroma samples, so every second pixel."""
    new = VideoFrame(before.width, before.height, "yuv420p")
    moved = round((1 - (1 - share) ** 3) * before.width / 2)
    for index, (target, one, other) in enumerate(zip(planes(new), planes(before), planes(after), strict=True)):
        edge = one.shape[1] - moved * (1 if index else 2)
        target[:, :edge] = one[:, one.shape[1] - edge :]
        target[:, edge:] = other[:, : one.shape[1] - edge]
    return mark(new)


TRANSITIONS = {"dissolve": mixed, "fade": through_black, "slide": slid}


def stamp(frame: VideoFrame, number: int, rate: Fraction) -> VideoFrame:
    """Its place in a stream of that many frames a second."""
    frame.pts, frame.time_base = number, 1 / rate
    return frame
