"""How a film's frames are to be shown: turned, mirrored, with pixels that are not square."""

import struct
from dataclasses import dataclass
from fractions import Fraction

from av.filter import Graph
from av.sidedata.sidedata import SideData
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

MATRIX = "DISPLAYMATRIX"
QUARTERS = {(1, -1): "clock", (1, 1): "cclock_flip", (-1, 1): "cclock", (-1, -1): "clock_flip"}
"""FFmpeg's names of the quarter turns, by the signs of the matrix's second and third number of a plane's four."""


@dataclass(frozen=True)
class Shown:
    """Size in pixels, as they come; how many times as wide as high a pixel is; and what is done to a frame."""

    width: int
    height: int
    pixels: Fraction = Fraction(1)
    turns: tuple[tuple[str, str], ...] = ()
    """Filters and their arguments."""

    @property
    def is_plain(self) -> bool:
        """Whether frames are shown as they are."""
        return self.pixels == 1 and not self.turns

    @property
    def stretched(self) -> tuple[int, int]:
        """The size with square pixels, not turned. As players do it, nothing gets smaller."""
        if self.pixels > 1:
            return round(self.width * self.pixels), self.height
        return self.width, round(self.height / self.pixels)

    @property
    def is_on_its_side(self) -> bool:
        """Whether width and height change places."""
        return any(name == "transpose" for name, _ in self.turns)


def shown(stream: VideoStream, first: VideoFrame) -> Shown:
    """How that stream's frames are to be shown; `first` is one of them."""
    matrix = first.side_data.get(MATRIX)
    return Shown(
        first.width, first.height, _pixels(stream), _turns(bytes(matrix)) if isinstance(matrix, SideData) else ()
    )


def has_square_pixels(stream: VideoStream) -> bool:
    """Whether none of that stream's frames is to be stretched."""
    return _pixels(stream) == 1


def _pixels(stream: VideoStream) -> Fraction:
    """How many times as wide as high they are."""
    ratio = stream.sample_aspect_ratio
    return Fraction(ratio) if ratio and ratio > 0 else Fraction(1)


def _turns(matrix: bytes) -> tuple[tuple[str, str], ...]:
    """What a display matrix does: quarter turns and mirrors; anything between is left as it is, as players do."""
    a, b, _, c, d, *_ = (round(value / 65536) for value in struct.unpack("=9i", matrix[:36]))
    if abs(b) == abs(c) == 1 and a == d == 0:
        return (("transpose", QUARTERS[b, c]),)
    if abs(a) == abs(d) == 1 and b == c == 0:
        return tuple((name, "") for name, sign in (("hflip", a), ("vflip", d)) if sign < 0)
    return ()


class Turning:
    """Turns frames of one size and format; times are kept."""

    def __init__(self, shown: Shown, width: int, height: int, time_base: Fraction) -> None:
        self._graph: Graph | None = None
        if shown.turns:
            self._graph = Graph()
            source = self._graph.add_buffer(
                width=width, height=height, format=VideoFormat("yuv420p"), time_base=time_base
            )
            filters = [self._graph.add(name, arguments or None) for name, arguments in shown.turns]
            self._graph.link_nodes(source, *filters, self._graph.add("buffersink")).configure()

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        if self._graph is None:
            return frame
        self._graph.vpush(frame)
        return self._graph.vpull()
