"""The clips of an edit, frame by frame, each at the edit's rate and size."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.edits.fields import Clip
from workers.media.most import Most
from workers.media.reading import reading
from workers.media.watching import MOST, length

USUAL_RATE = Fraction(24)
EARLY = 16
"""A frame counts as there when its time is at most this part of a frame away: files round their times."""
STANDARD_RATES = [Fraction(n) for n in (12, 15, 16, 24, 25, 30, 48, 50, 60)] + [
    Fraction(n * 1000, 1001) for n in (24, 30, 60)
]


@dataclass(frozen=True)
class Measured:
    """What a video is: size in pixels, mean frames a second, length in seconds, whether it has sound."""

    width: int
    height: int
    rate: Fraction
    seconds: Fraction
    has_sound: bool

    def first(self, clip: Clip) -> int:
        """The number of the clip's first frame in the video."""
        return min(round(_exact(clip.start) * self.rate), max(self._frames - 1, 0))

    def count(self, clip: Clip, rate: Fraction) -> int:
        """How many frames of an edit of that rate the clip fills, at least one."""
        end = self._frames if clip.end is None else min(round(_exact(clip.end) * self.rate), self._frames)
        own = max(end - self.first(clip), 1)
        return max(round(own / self.rate / _exact(clip.speed) * rate), 1)

    @property
    def _frames(self) -> int:
        return max(round(self.seconds * self.rate), 1)


def _exact(seconds: float) -> Fraction:
    return Fraction(seconds).limit_denominator(90_000)


def measure(path: Path, most: Most = MOST) -> Measured:
    """Read what the file says of itself. Raises Unplayable, TooHeavy."""
    with reading(path, most) as container:
        stream = container.streams.video[0]
        seconds = Fraction(length(container)).limit_denominator(90_000)
        mean = stream.average_rate or stream.guessed_rate or USUAL_RATE
        return Measured(stream.width, stream.height, _standard(mean), seconds, bool(container.streams.audio))


def _standard(rate: Fraction) -> Fraction:
    """The usual rate that is so near that the difference is only how the file was written."""
    nearest = min(STANDARD_RATES, key=lambda usual: abs(usual - rate))
    return nearest if abs(nearest - rate) < nearest / 2000 else rate.limit_denominator(1001)


def frames(
    path: Path, source: Measured, clip: Clip, rate: Fraction, skip: int = 0, *, most: Most = MOST
) -> Iterator[VideoFrame]:
    """The clip's frames as an edit of that rate shows them, from the `skip`th on; the last one again and again.

    They are as the decoder made them and not to be written to. Raises Unplayable, TooHeavy.
    """
    begin = source.first(clip) / source.rate + 1 / (EARLY * source.rate)
    step = _exact(clip.speed) / rate
    wanted = (begin + number * step for number in itertools.count(skip))
    moment = next(wanted)
    shown: VideoFrame | None = None
    with reading(path, most) as container:
        for at, frame in _decoded(container, moment, most):
            while shown is not None and at > moment:
                yield shown
                moment = next(wanted)
            shown = frame
        while shown is not None:
            yield shown


def _decoded(container: InputContainer, since: Fraction, most: Most) -> Iterator[tuple[Fraction, VideoFrame]]:
    """Frames with their times in seconds, beginning at one that is not later than `since` where there is any."""
    stream = container.streams.video[0]
    first = _begin(container, stream, since)
    start = (stream.start_time or 0) * (stream.time_base or Fraction(1))
    last = Fraction(0)
    for frame in most.kept(itertools.chain([first] if first else [], container.decode(stream))):
        if frame.pts is not None and frame.time_base:
            last = frame.pts * frame.time_base - start
        yield last, frame


def _begin(container: InputContainer, stream: VideoStream, since: Fraction) -> VideoFrame | None:
    """Go to the key frame before `since`, and give the frame there."""
    base = stream.time_base or Fraction(1, 1000)
    start = stream.start_time or 0
    if since <= Fraction(1, 2):
        return None
    for back in (Fraction(1, 2), Fraction(5)):
        container.seek(start + max(int((since - back) / base), 0), stream=stream)
        first = next(container.decode(stream), None)
        if first is not None and first.pts is not None and (first.pts - start) * base <= since:
            return first
    container.seek(start, stream=stream)
    return next(container.decode(stream), None)
