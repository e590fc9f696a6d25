"""Watches a film once: its first and its last frames, to know what it is, and a few between them for its poster.

Blocking.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path

from av.container import InputContainer
from av.video.frame import VideoFrame

from core.errors import Unplayable
from workers.media.candidates import Candidates
from workers.media.most import Most
from workers.media.packets import scan
from workers.media.reading import reading
from workers.media.shown import Shown, shown

MOST = Most()
END_SECONDS = 0.5
"""Of a film's end every frame is decoded; before it only those that others refer to, which takes half as long."""


@dataclass(frozen=True)
class Probe:
    """The properties of a file: size in pixels as shown, `seconds` of the video track, `fps` its mean rate."""

    width: int
    height: int
    seconds: float
    fps: float
    codec: str
    pix_fmt: str
    container: str
    has_audio: bool
    shown: Shown


def probe(path: Path, seconds: float | None = None, most: Most = MOST, candidates: Candidates | None = None) -> Probe:
    """Decode the first and the last frames and return the file's properties; between them show the candidates theirs.

    Raises Unplayable if it can't be played, or ends before `seconds` (before its own length, if that is longer);
    TooHeavy if it is more than `most`.
    """
    with reading(path, most) as container:
        stream = container.streams.video[0]
        first, following = begun(container, most)
        seen = shown(stream, first)
        width, height = reversed(seen.stretched) if seen.is_on_its_side else seen.stretched
        result = Probe(
            width=width,
            height=height,
            seconds=length(container, most),
            fps=float(stream.average_rate or stream.guessed_rate or 0),
            codec=stream.codec_context.name,
            pix_fmt=first.format.name,
            container=container.format.name,
            has_audio=bool(container.streams.audio),
            shown=seen,
        )
        most.check_length(result.seconds)
        expected = max(result.seconds, seconds or 0)
        if candidates:
            candidates.begin(result.seconds)
        film = _Film(container, most, chain([first], following))
        end = film.watch(expected - END_SECONDS, candidates or Candidates())
        _check_end(path, end, expected, result.fps, most)
    return result


def begun(container: InputContainer, most: Most) -> tuple[VideoFrame, Iterator[VideoFrame]]:
    """The first frame and those that follow it. Raises Unplayable, TooHeavy."""
    stream = container.streams.video[0]
    frames = most.kept(container.decode(stream))
    first = next(frames, None)
    if first is None:
        raise Unplayable("not one frame can be decoded")
    most.check_size(*shown(stream, first).stretched)
    return first, frames


def length(container: InputContainer, most: Most = MOST) -> float:
    """The length of the video track in seconds; where the file does not say it (it was written while it was recorded)
    up to its last frame. Raises Unplayable, TooHeavy."""
    stream = container.streams.video[0]
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration:
        return container.duration / 1_000_000
    return scan(Path(container.name), most).end


def _check_end(path: Path, end: float, seconds: float, fps: float, most: Most) -> None:
    """Raise Unplayable if the last frames are missing: a file cut off may still have its whole index."""
    a_frame = 1 / (fps or 24)
    # Varying rates and rounded durations need half a second of tolerance; for a very short clip that is too much.
    enough = seconds - max(min(0.5, seconds / 4), 2 * a_frame)
    end += a_frame
    if end < enough:
        # Where seeking lands behind the last keyframe (MPEG-TS), decode everything.
        with reading(path, most) as anew:
            end = max((at for at, _ in _Film(anew, most).frames()), default=0.0) + a_frame
    if end < enough:
        raise Unplayable(f"it ends at {end:.1f} s of {seconds:.1f} s")


class _Film:
    """The picture track of an open film; times are seconds from its start."""

    def __init__(self, container: InputContainer, most: Most, decoded: Iterator[VideoFrame] | None = None) -> None:
        self._container, self._most = container, most
        self._stream = container.streams.video[0]
        self._context = self._stream.codec_context
        self._base = self._stream.time_base or Fraction(1, 1000)
        self._start = (self._stream.start_time or 0) * self._base
        self._decoded = decoded or most.kept(container.decode(self._stream))

    def watch(self, late: float, candidates: Candidates) -> float:
        """Decode what the candidates want and what is to be seen from `late` on; the time of the last frame."""
        keys = self._keys()
        if candidates.may_be(keys):
            self._context.skip_frame = "NONKEY"
            for at, frame in self.frames():
                candidates.see(frame, at)
                if not candidates.are_missing:
                    break
            self._seek(0 if candidates.are_missing else late)  # missing if those are none that the file calls so
        last_key = max((key for key in keys if key <= late), default=late)
        end = 0.0
        for at, frame in self._until_late(late):
            candidates.see(frame, at)
            end = max(end, at)
            if not candidates.are_missing and at < last_key:
                break
        else:
            return end
        self._seek(late)
        return max((at for at, _ in self._until_late(late)), default=end)

    def frames(self) -> Iterator[tuple[float, VideoFrame]]:
        """The next ones, each with its time; one without has that of the one before."""
        at = 0.0
        for frame in self._decoded:
            if frame.time is not None:
                at = frame.time - float(self._start)
            yield at, frame

    def _until_late(self, late: float) -> Iterator[tuple[float, VideoFrame]]:
        """The next ones, of those before `late` only what others refer to."""
        self._context.skip_frame = "NONREF"
        for at, frame in self.frames():
            if at >= late:
                self._context.skip_frame = "DEFAULT"
            yield at, frame

    def _keys(self) -> list[float]:
        """When its key frames are decoded, as far as the file's index says, which is shortly before they are shown."""
        index = (entry.timestamp for entry in self._stream.index_entries if entry.is_keyframe)
        return [float(timestamp * self._base - self._start) for timestamp in index]

    def _seek(self, at: float) -> None:
        """To the key frame before."""
        self._container.seek(int((float(self._start) + at) / self._base), stream=self._stream)
        self._decoded = self._most.kept(self._container.decode(self._stream))
