"""Reads and writes MP4 with PyAV: probe, finish (faststart, metadata, conversion), poster. Blocking; use a thread."""

import contextlib
import io
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
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from av.video.stream import VideoStream
from PIL import Image, ImageStat

from core.errors import Unplayable

# What FFmpeg may take a file for. Others are no videos (pictures, text shown on a terminal) or name further files and
# addresses to be read (playlists), which a file from outside must not make us do.
READ = {"format_whitelist": "mov,matroska,avi,mpegts,mpeg,flv,ogg,asf,gif", "protocol_whitelist": "file"}
KEPT_CONTAINERS = {"mp4", "matroska"}
KEPT_PIXELS = {"yuv420p", "yuvj420p"}
KEPT_SOUND = {"aac", "mp3", "mp3float"}
MP4_OPTIONS = {"movflags": "+faststart+use_metadata_tags"}
X264 = {"preset": "medium", "crf": "19"}
TICKS = Fraction(1, 90_000)
HD = 720  # rows; from here on an unmarked video's colours are taken for BT.709, as players do
POSTER_CANDIDATES = 6
UNMARKED = 2  # FFmpeg's “unspecified” colour space
BLACK = 24  # a mean luma below this is a black frame


@dataclass(frozen=True)
class Probe:
    """What a file is. Sizes in pixels as shown, `seconds` of the picture track, `fps` its mean rate."""

    width: int
    height: int
    seconds: float
    fps: float
    codec: str
    pix_fmt: str
    container: str
    has_audio: bool


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[InputContainer]:
    """The file opened; whatever FFmpeg says of it becomes Unplayable. Trouble with our own disk stays an OSError."""
    try:
        with av.open(str(path), "r", container_options=READ) as container:
            if not container.streams.video:
                raise Unplayable("no picture track")
            # as many files are read at once as there are cores; starting threads for each costs more than they bring
            container.streams.video[0].codec_context.thread_count = 1
            yield container
    except OSError:
        raise
    except (FFmpegError, ValueError) as error:
        raise Unplayable(error) from None


def probe(path: Path, seconds: float | None = None) -> Probe:
    """Decode the first and the last frames and tell what the file is.

    Raises Unplayable if it can't be played, or ends before `seconds` (before its own length, if that is longer).
    """
    with _reading(path) as container:
        stream = container.streams.video[0]
        first = next(container.decode(stream), None)
        if first is None:
            raise Unplayable("not one frame can be decoded")
        found = Probe(
            width=first.width,
            height=first.height,
            seconds=_seconds(container),
            fps=float(stream.average_rate or stream.guessed_rate or 0),
            codec=stream.codec_context.name,
            pix_fmt=first.format.name,
            container=container.format.name,
            has_audio=bool(container.streams.audio),
        )
        _check_end(path, container, max(found.seconds, seconds or 0), found.fps)
    return found


def _seconds(container: InputContainer) -> float:
    stream = container.streams.video[0]
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration:
        return container.duration / 1_000_000
    raise Unplayable("it does not say how long it is")


def _check_end(path: Path, container: InputContainer, seconds: float, fps: float) -> None:
    """A file that was cut off has its index but not its last frames."""
    a_frame = 1 / (fps or 24)
    # Half a second is what rates that vary and rounded durations need; of a very short clip it would be too much.
    enough = seconds - max(min(0.5, seconds / 4), 2 * a_frame)
    end = _end(container, seconds - 0.5) + a_frame
    if end < enough:
        # Where seeking lands behind the last keyframe (MPEG-TS) only decoding it all tells.
        with _reading(path) as anew:
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
    """Write the file that we keep: MP4, index in front, tags inside; converted only if browsers could not play it.

    `target` appears when it is whole and checked. Raises Unplayable; OSError if our own disk refuses.
    """
    half = target.with_name(f".{target.name}.part.mp4")
    try:
        with _reading(source) as container, av.open(str(half), "w", options=MP4_OPTIONS) as out:
            out.metadata.update(tags)
            copied = _is_kept(container)
            if copied:
                _copy(container, out)
                said = _seconds(container)
            else:
                said = probe(source).seconds
                _convert(container, out, X264)
        # Decoding is the dear part, and of copied packets once is enough; but a file that was cut off has lost its
        # missing end by now, so what it said of itself is what must be there.
        kept = probe(half, said if copied else None)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    return kept


def _is_kept(container: InputContainer) -> bool:
    """Whether browsers play these packets as they are. Other containers keep H.264's times too loosely to copy them."""
    picture = container.streams.video[0].codec_context
    sound = {audio.codec_context.name for audio in container.streams.audio[:1]}
    known = bool(KEPT_CONTAINERS & set(container.format.name.split(",")))
    return known and picture.name == "h264" and picture.pix_fmt in KEPT_PIXELS and sound <= KEPT_SOUND


def _copy(container: InputContainer, out: OutputContainer) -> None:
    """The same packets in a new box."""
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
    """Write it anew with these options of x264, its longer side at most `longest` pixels unless 0.

    Raises Unplayable; OSError if our own disk refuses.
    """
    with _reading(source) as container, av.open(str(target), "w", options=MP4_OPTIONS) as out:
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
    """The frames' times in TICKS, always growing; a frame without a time follows the one before at the mean rate."""

    def __init__(self, stream: VideoStream) -> None:
        self._step = max(round(1 / Fraction(stream.average_rate or 24) / TICKS), 1)
        self._last: int | None = None

    def tick(self, frame: VideoFrame) -> int | None:
        """The frame's time, or None for a frame that comes twice or too late."""
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
    plain.pict_type = PictureType.NONE  # else the encoder repeats the source's frame types
    plain.colorspace, plain.color_range = Colorspace.ITU709, ColorRange.MPEG
    plain.pts, plain.time_base = tick, TICKS
    return plain


def poster(source: Path, target: Path, width: int = 1280) -> None:
    """Write a frame that shows the video, as the suffix says (.webp, .jpg), at most `width` pixels wide.

    Of a few frames spread over the first half the most detailed one that is not black. Raises Unplayable.
    """
    best: tuple[float, VideoFrame] | None = None
    small = VideoReformatter()  # one for all: a frame's own is made anew for each frame, which costs more than its work
    with _reading(source) as container:
        stream = container.streams.video[0]
        half = _seconds(container) / 2
        wanted = [half * n / (POSTER_CANDIDATES - 1) for n in range(POSTER_CANDIDATES)]
        for frame in container.decode(stream):
            if not wanted:
                break
            if (frame.time or 0) >= wanted[0] - 1e-6:
                wanted.pop(0)
                score = _detail(frame, small)
                if best is None or score > best[0] * 1.1:
                    best = (score, frame)
    if best is None:
        raise Unplayable("not one frame can be decoded")
    picture = best[1].to_image()  # type: ignore[no-untyped-call]
    if picture.width > width:
        picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP" if target.suffix == ".webp" else "JPEG", quality=82, method=2)
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(out.getvalue())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _detail(frame: VideoFrame, small: VideoReformatter) -> float:
    """How much there is to see in a frame, from its luma plane; next to nothing in a black one."""
    grey = small.reformat(frame, width=160, height=90, format="gray", interpolation="AREA")
    plane = grey.planes[0]
    stat = ImageStat.Stat(Image.frombytes("L", (160, 90), bytes(plane), "raw", "L", plane.line_size))
    return 0.01 if stat.mean[0] < BLACK else stat.stddev[0]


def read_tags(path: Path) -> dict[str, str]:
    """The metadata of a file. Raises Unplayable."""
    with _reading(path) as container:
        return dict(container.metadata)
