"""Reads and writes MP4 with PyAV: probe, finish (faststart, metadata, conversion), encode. Blocking."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from core.errors import Unplayable
from workers.media.most import Most
from workers.media.packets import Packets, scan
from workers.media.reading import reading
from workers.media.shown import Shown, Turning, shown

MOST = Most()
KEPT_CONTAINERS = {"mp4", "matroska"}
KEPT_PIXELS = {"yuv420p", "yuvj420p"}
KEPT_SOUND = {"aac", "mp3", "mp3float"}
CAPTIONS = "mov_text"
MP4_OPTIONS = {"movflags": "+faststart+use_metadata_tags"}
X264 = {"preset": "medium", "crf": "19"}
TICKS = Fraction(1, 90_000)
HD = 720  # rows; from here on an unmarked video's colours are taken for BT.709, as players do
UNMARKED = 2  # FFmpeg's “unspecified” colour space


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


def probe(path: Path, seconds: float | None = None, most: Most = MOST) -> Probe:
    """Decode the first and the last frames and return the file's properties.

    Raises Unplayable if it can't be played, or ends before `seconds` (before its own length, if that is longer);
    TooHeavy if it is more than `most`.
    """
    with reading(path, most) as container:
        stream = container.streams.video[0]
        first, seen = _first(container, most)
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
        )
        most.check_length(result.seconds)
        _check_end(path, container, max(result.seconds, seconds or 0), result.fps, most)
    return result


def length(container: InputContainer, most: Most = MOST) -> float:
    """The length of the video track in seconds; where the file does not say it (it was written while it was recorded)
    up to its last frame. Raises Unplayable, TooHeavy."""
    stream = container.streams.video[0]
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration:
        return container.duration / 1_000_000
    return scan(Path(container.name), most).end


def _check_end(path: Path, container: InputContainer, seconds: float, fps: float, most: Most) -> None:
    """Raise Unplayable if the last frames are missing: a file cut off may still have its whole index."""
    a_frame = 1 / (fps or 24)
    # Varying rates and rounded durations need half a second of tolerance; for a very short clip that is too much.
    enough = seconds - max(min(0.5, seconds / 4), 2 * a_frame)
    end = _end(container, seconds - 0.5, most) + a_frame
    if end < enough:
        # Where seeking lands behind the last keyframe (MPEG-TS), decode everything.
        with reading(path, most) as anew:
            end = _end(anew, 0, most) + a_frame
    if end < enough:
        raise Unplayable(f"it ends at {end:.1f} s of {seconds:.1f} s")


def _end(container: InputContainer, since: float, most: Most) -> float:
    """The time of the last frame that can be decoded, starting at the keyframe before `since`; in seconds."""
    stream = container.streams.video[0]
    base = stream.time_base or Fraction(1, 1000)
    start = float((stream.start_time or 0) * base)
    if since > 0:
        container.seek(int((start + since) / base), stream=stream)
    frames = most.kept(container.decode(stream))
    return max((frame.time - start for frame in frames if frame.time is not None), default=0.0)


def finish(source: Path, target: Path, tags: dict[str, str], most: Most = MOST) -> Probe:
    """Write an MP4 with the index in front and `tags`; it is converted only if browsers could not play it.

    `target` appears when it is whole and checked. Raises Unplayable, TooHeavy; OSError if our own disk refuses.
    """
    half = target.with_name(f".{target.name}.part.mp4")
    try:
        seen, packets = _seen(source, most), None
        with reading(source, most) as container, _writing(half) as out:
            out.metadata.update(tags)
            if copied := seen.is_plain and _is_kept(container):
                packets = scan(source, most)
                copied = packets.whole
            if copied and packets:
                _copy(container, out, packets)
                expected_seconds = length(container)
            else:
                expected_seconds = probe(source, most=most).seconds
                _convert(container, out, X264, most, seen)
        # Decoding is slow, and for copied packets once is enough; but a copy of a truncated file no longer shows
        # that its end is missing, so compare with the length that the source states.
        result = probe(half, expected_seconds if copied else None, most)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    return result


def _first(container: InputContainer, most: Most) -> tuple[VideoFrame, Shown]:
    """The first frame, and how the film is to be shown by it. Raises Unplayable, TooHeavy."""
    stream = container.streams.video[0]
    first = next(most.kept(container.decode(stream)), None)
    if first is None:
        raise Unplayable("not one frame can be decoded")
    return first, shown(stream, first)


def _seen(path: Path, most: Most) -> Shown:
    """How the film is to be shown, within the bounds of its size."""
    with reading(path, most) as container:
        _frame, seen = _first(container, most)
    most.check_size(*seen.stretched)
    return seen


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[OutputContainer]:
    """A new MP4. A place that can't be written to is an OSError, which is told from what FFmpeg says of the source."""
    path.touch()
    with av.open(str(path), "w", options=MP4_OPTIONS) as out:
        yield out


def _is_kept(container: InputContainer) -> bool:
    """Whether the packets may be copied: browsers play them, and the container's timestamps are exact."""
    picture = container.streams.video[0].codec_context
    sound = {audio.codec_context.name for audio in container.streams.audio[:1]}
    container_plays = bool(KEPT_CONTAINERS & set(container.format.name.split(",")))
    return container_plays and picture.name == "h264" and picture.pix_fmt in KEPT_PIXELS and sound <= KEPT_SOUND


def _copy(container: InputContainer, out: OutputContainer, packets: Packets) -> None:
    """Copy the packets into another container, which wants to know when to decode each."""
    decoded, left = None if packets.ordered else iter(packets.decoded()), len(packets.shown)
    video = container.streams.video[0]
    streams: dict[Stream, Stream] = {video: out.add_stream_from_template(video)}
    for audio in container.streams.audio[:1]:
        streams[audio] = out.add_stream_from_template(audio)
    for captions in container.streams.subtitles[:1]:
        if captions.codec_context.name == CAPTIONS:
            streams[captions] = out.add_stream_from_template(captions)
            streams[captions].metadata.update(captions.metadata)
    for packet in container.demux(*streams):
        if decoded and packet.size and packet.stream is video and packet.time_base:
            packet.dts = next(decoded)
            if not (left := left - 1):
                packet.duration = round(packets.end / packet.time_base) - (packet.pts or 0)
        if packet.dts is None:
            continue
        packet.stream = streams[packet.stream]
        out.mux(packet)


def encode(
    source: Path,
    target: Path,
    options: dict[str, str],
    *,
    tags: dict[str, str] | None = None,
    longest: int = 0,
    sound: bool = True,
    most: Most = MOST,
) -> None:
    """Encode with these x264 options, the longer side at most `longest` pixels unless 0.

    Raises Unplayable, TooHeavy; OSError if our own disk refuses.
    """
    seen = _seen(source, most)
    with reading(source, most) as container, _writing(target) as out:
        out.metadata.update(tags or {})
        _convert(container, out, options, most, seen, longest=longest, sound=sound)


def _convert(
    container: InputContainer,
    out: OutputContainer,
    options: dict[str, str],
    most: Most,
    seen: Shown,
    *,
    longest: int = 0,
    sound: bool = True,
) -> None:
    """Decode and encode again as H.264 yuv420p and AAC: upright, with square pixels and even sides, every frame at its
    own time."""
    video = container.streams.video[0]
    size = _even(seen.stretched, longest)
    picture = out.add_stream("libx264", rate=video.average_rate or video.guessed_rate or Fraction(24), options=options)
    picture.width, picture.height = reversed(size) if seen.is_on_its_side else size
    picture.pix_fmt = "yuv420p"
    context = picture.codec_context
    context.time_base = TICKS
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    turning = Turning(seen, *size, TICKS)
    audio = container.streams.audio[0] if sound and container.streams.audio else None
    track = out.add_stream("aac", rate=48000) if audio else None
    resampler = av.AudioResampler("fltp", "stereo", 48000) if audio else None
    clock, count = _Clock(video), 0
    for packet in container.demux(*(s for s in (video, audio) if s is not None)):
        for frame in packet.decode():
            if isinstance(frame, VideoFrame):
                count += 1
                most.check_frame(frame, count)
                if (tick := clock.tick(frame)) is not None:
                    out.mux(picture.encode(_marked(turning(_plain(frame, size, tick)))))
            elif resampler and track and isinstance(frame, AudioFrame):
                for piece in resampler.resample(frame):
                    out.mux(track.encode(piece))
    tail = picture.encode()
    if tail and tail[-1].pts is not None:
        tail[-1].duration = (
            clock.end - tail[-1].pts
        )  # the muxer takes it for the film's end, though it is only decoded last
    out.mux(tail)
    if resampler and track:
        for piece in resampler.resample(None):
            out.mux(track.encode(piece))
        out.mux(track.encode())


def _even(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """The size with even sides, the longer of them at most `longest` unless 0."""
    scale = min(1.0, longest / max(size)) if longest else 1.0
    width, height = (max(int(side * scale) // 2 * 2, 2) for side in size)
    return width, height


class _Clock:
    """Timestamps in TICKS, always growing; a frame without one follows the frame before at the mean rate."""

    def __init__(self, stream: VideoStream) -> None:
        self._step = max(round(1 / Fraction(stream.average_rate or 24) / TICKS), 1)
        self._last: int | None = None
        self.end = 0
        """When the last frame has been shown."""

    def tick(self, frame: VideoFrame) -> int | None:
        """The frame's timestamp; None for a duplicate or late frame."""
        if frame.pts is not None and frame.time_base:
            now = round(frame.pts * frame.time_base / TICKS)
        else:
            now = 0 if self._last is None else self._last + self._step
        if self._last is not None and now <= self._last:
            return None
        self._last = now
        own = round(frame.duration * frame.time_base / TICKS) if frame.duration and frame.time_base else 0
        self.end = now + (own or self._step)
        return now


def _plain(frame: VideoFrame, size: tuple[int, int], tick: int) -> VideoFrame:
    unmarked = frame.colorspace == UNMARKED and not frame.format.is_rgb and frame.height >= HD
    plain = frame.reformat(
        width=size[0],
        height=size[1],
        format="yuv420p",
        src_colorspace=Colorspace.ITU709 if unmarked else None,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )
    plain.pts, plain.time_base = tick, TICKS
    return plain


def _marked(plain: VideoFrame) -> VideoFrame:
    """With what the encoder and players have to know of it."""
    plain.pict_type = PictureType.NONE  # else the encoder copies the source's frame types
    plain.colorspace, plain.color_range = Colorspace.ITU709, ColorRange.MPEG
    return plain
