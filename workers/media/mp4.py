"""Reads and writes MP4 with PyAV: probe, finish (faststart, metadata, conversion), encode. Blocking; use a thread."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from core.errors import Unplayable

# The formats FFmpeg may read. Others are no videos (pictures, text art) or make it open further files and addresses
# (playlists), which a file from outside must not do.
READ = {"format_whitelist": "mov,matroska,avi,mpegts,mpeg,flv,ogg,asf,gif", "protocol_whitelist": "file"}
KEPT_CONTAINERS = {"mp4", "matroska"}
KEPT_PIXELS = {"yuv420p", "yuvj420p"}
KEPT_SOUND = {"aac", "mp3", "mp3float"}
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


@contextlib.contextmanager
def reading(path: Path) -> Iterator[InputContainer]:
    """Open the file. FFmpeg's errors become Unplayable; an error of our own disk stays an OSError."""
    try:
        with av.open(str(path), "r", container_options=READ) as container:
            if not container.streams.video:
                raise Unplayable("no picture track")
            # as many files are read at once as there are cores: more threads would only cost time
            container.streams.video[0].codec_context.thread_count = 1
            yield container
    except OSError:
        raise
    except (FFmpegError, ValueError) as error:
        raise Unplayable(error) from None


def probe(path: Path, seconds: float | None = None) -> Probe:
    """Decode the first and the last frames and return the file's properties.

    Raises Unplayable if it can't be played, or ends before `seconds` (before its own length, if that is longer).
    """
    with reading(path) as container:
        stream = container.streams.video[0]
        first = next(container.decode(stream), None)
        if first is None:
            raise Unplayable("not one frame can be decoded")
        result = Probe(
            width=first.width,
            height=first.height,
            seconds=length(container),
            fps=float(stream.average_rate or stream.guessed_rate or 0),
            codec=stream.codec_context.name,
            pix_fmt=first.format.name,
            container=container.format.name,
            has_audio=bool(container.streams.audio),
        )
        _check_end(path, container, max(result.seconds, seconds or 0), result.fps)
    return result


def length(container: InputContainer) -> float:
    """The length of the video track in seconds. Raises Unplayable if the file does not say it."""
    stream = container.streams.video[0]
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration:
        return container.duration / 1_000_000
    raise Unplayable("it does not say how long it is")


def _check_end(path: Path, container: InputContainer, seconds: float, fps: float) -> None:
    """Raise Unplayable if the last frames are missing: a file cut off may still have its whole index."""
    a_frame = 1 / (fps or 24)
    # Varying rates and rounded durations need half a second of tolerance; for a very short clip that is too much.
    enough = seconds - max(min(0.5, seconds / 4), 2 * a_frame)
    end = _end(container, seconds - 0.5) + a_frame
    if end < enough:
        # Where seeking lands behind the last keyframe (MPEG-TS), decode everything.
        with reading(path) as anew:
            end = _end(anew, 0) + a_frame
    if end < enough:
        raise Unplayable(f"it ends at {end:.1f} s of {seconds:.1f} s")


def _end(container: InputContainer, since: float) -> float:
    """The time of the last frame that can be decoded, starting at the keyframe before `since`; in seconds."""
    stream = container.streams.video[0]
    base = stream.time_base or Fraction(1, 1000)
    start = float((stream.start_time or 0) * base)
    if since > 0:
        container.seek(int((start + since) / base), stream=stream)
    return max((frame.time - start for frame in container.decode(stream) if frame.time is not None), default=0.0)


def finish(source: Path, target: Path, tags: dict[str, str]) -> Probe:
    """Write an MP4 with the index in front and `tags`; it is converted only if browsers could not play it.

    `target` appears when it is whole and checked. Raises Unplayable; OSError if our own disk refuses.
    """
    half = target.with_name(f".{target.name}.part.mp4")
    try:
        with reading(source) as container, av.open(str(half), "w", options=MP4_OPTIONS) as out:
            out.metadata.update(tags)
            copied = _is_kept(container)
            if copied:
                _copy(container, out)
                expected_seconds = length(container)
            else:
                expected_seconds = probe(source).seconds
                _convert(container, out, X264)
        # Decoding is slow, and for copied packets once is enough; but a copy of a truncated file no longer shows
        # that its end is missing, so compare with the length that the source states.
        result = probe(half, expected_seconds if copied else None)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    return result


def _is_kept(container: InputContainer) -> bool:
    """Whether the packets may be copied: browsers play them, and the container's timestamps are exact."""
    picture = container.streams.video[0].codec_context
    sound = {audio.codec_context.name for audio in container.streams.audio[:1]}
    container_plays = bool(KEPT_CONTAINERS & set(container.format.name.split(",")))
    return container_plays and picture.name == "h264" and picture.pix_fmt in KEPT_PIXELS and sound <= KEPT_SOUND


def _copy(container: InputContainer, out: OutputContainer) -> None:
    """Copy the packets into another container."""
    video = container.streams.video[0]
    streams: dict[Stream, Stream] = {video: out.add_stream_from_template(video)}
    for audio in container.streams.audio[:1]:
        streams[audio] = out.add_stream_from_template(audio)
    for packet in container.demux(*streams):
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
) -> None:
    """Encode with these x264 options, the longer side at most `longest` pixels unless 0.

    Raises Unplayable; OSError if our own disk refuses.
    """
    with reading(source) as container, av.open(str(target), "w", options=MP4_OPTIONS) as out:
        out.metadata.update(tags or {})
        _convert(container, out, options, longest=longest, sound=sound)


def _convert(
    container: InputContainer, out: OutputContainer, options: dict[str, str], *, longest: int = 0, sound: bool = True
) -> None:
    """Decode and encode again as H.264 yuv420p and AAC, with even sides and every frame at its own time."""
    video = container.streams.video[0]
    picture = out.add_stream("libx264", rate=video.average_rate or video.guessed_rate or Fraction(24), options=options)
    scale = min(1.0, longest / max(video.width, video.height)) if longest else 1.0
    picture.width, picture.height = (max(int(side * scale) // 2 * 2, 2) for side in (video.width, video.height))
    picture.pix_fmt = "yuv420p"
    context = picture.codec_context
    context.time_base = TICKS
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    audio = container.streams.audio[0] if sound and container.streams.audio else None
    track = out.add_stream("aac", rate=48000) if audio else None
    resampler = av.AudioResampler("fltp", "stereo", 48000) if audio else None
    clock = _Clock(video)
    for packet in container.demux(*(s for s in (video, audio) if s is not None)):
        for frame in packet.decode():
            if isinstance(frame, VideoFrame):
                if (tick := clock.tick(frame)) is not None:
                    out.mux(picture.encode(_plain(frame, context, tick)))
            elif resampler and track and isinstance(frame, AudioFrame):
                for piece in resampler.resample(frame):
                    out.mux(track.encode(piece))
    out.mux(picture.encode())
    if resampler and track:
        for piece in resampler.resample(None):
            out.mux(track.encode(piece))
        out.mux(track.encode())


class _Clock:
    """Timestamps in TICKS, always growing; a frame without one follows the frame before at the mean rate."""

    def __init__(self, stream: VideoStream) -> None:
        self._step = max(round(1 / Fraction(stream.average_rate or 24) / TICKS), 1)
        self._last: int | None = None

    def tick(self, frame: VideoFrame) -> int | None:
        """The frame's timestamp; None for a duplicate or late frame."""
        if frame.pts is not None and frame.time_base:
            now = round(frame.pts * frame.time_base / TICKS)
        else:
            now = 0 if self._last is None else self._last + self._step
        if self._last is not None and now <= self._last:
            return None
        self._last = now
        return now


def _plain(frame: VideoFrame, context: VideoCodecContext, tick: int) -> VideoFrame:
    unmarked = frame.colorspace == UNMARKED and not frame.format.is_rgb and frame.height >= HD
    plain = frame.reformat(
        width=context.width,
        height=context.height,
        format="yuv420p",
        src_colorspace=Colorspace.ITU709 if unmarked else None,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )
    plain.pict_type = PictureType.NONE  # else the encoder copies the source's frame types
    plain.colorspace, plain.color_range = Colorspace.ITU709, ColorRange.MPEG
    plain.pts, plain.time_base = tick, TICKS
    return plain
