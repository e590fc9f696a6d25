"""Chooses the frame for a video's poster: the most detailed of a few, spread over the first half."""

from collections.abc import Sequence
from itertools import pairwise

from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from PIL import Image, ImageStat

from core.errors import Unplayable

COUNT = 6
BLACK = 24  # a mean luma below this is a black frame
A_HAIR = 1e-6


class Candidates:
    """Begun with a film's length, then shown its frames as they come."""

    def __init__(self) -> None:
        self._chosen: tuple[float, VideoFrame] | None = None
        self._times: list[float] = []
        # one for all frames: making one per frame takes longer than the scaling
        self._small = VideoReformatter()

    def begin(self, seconds: float) -> None:
        """Choose anew, of a film of that length."""
        self._chosen = None
        self._times = [seconds / 2 * n / (COUNT - 1) for n in range(COUNT)]

    @property
    def are_missing(self) -> bool:
        """Whether later frames are wanted."""
        return bool(self._times)

    def may_be(self, times: Sequence[float]) -> bool:
        """Whether the frames at these times, in order, are spread well enough to be all that are shown."""
        if len(self._times) < COUNT:
            return False
        half, step = self._times[-1], self._times[1]
        inside = [time for time in times if 0 < time < half]
        return all(later - earlier <= 2 * step for earlier, later in pairwise([0, *inside, half]))

    def see(self, frame: VideoFrame, at: float) -> None:
        """The frame at that second."""
        if not self._times or at < self._times[0] - A_HAIR:
            return
        self._times = [time for time in self._times if time > at + A_HAIR]
        score = self._detail(frame)
        if self._chosen is None or score > self._chosen[0] * 1.1:
            self._chosen = (score, frame)

    def _detail(self, frame: VideoFrame) -> float:
        """The standard deviation of a frame's luma; 0.01 for a black frame."""
        grey = self._small.reformat(frame, width=160, height=90, format="gray", interpolation="AREA", threads=1)
        plane = grey.planes[0]
        stat = ImageStat.Stat(Image.frombytes("L", (160, 90), bytes(plane), "raw", "L", plane.line_size))
        return 0.01 if stat.mean[0] < BLACK else stat.stddev[0]

    @property
    def best(self) -> VideoFrame:
        """Raises Unplayable if no frame has come."""
        if self._chosen is None:
            raise Unplayable("not one frame can be decoded")
        return self._chosen[1]
