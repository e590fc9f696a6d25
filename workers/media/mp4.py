"""Writes MP4 with PyAV: finish (faststart, metadata, conversion), encode. Blocking."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from workers.media.candidates import Candidates
from workers.media.most import Most
from workers.media.packets import Packets, scan
from workers.media.reading import reading
from workers.media.shown import Shown, Turning, has_square_pixels, shown
from workers.media.watching import MOST, Probe, begun, length, probe

KEPT_CONTAINERS = {"mp4", "matroska"}
KEPT_PIXELS = {"yuv420p", "yuvj420p"}
KEPT_SOUND = {"aac", "mp3", "mp3float"}
CAPTIONS = "mov_text"
MP4_OPTIONS = {"movflags": "+faststart+use_metadata_tags"}
X264 = {"preset": "medium", "crf": "19"}
TICKS = Fraction(1, 90_000)
HD = 720  # rows; from here on an unmarked video's colours are taken for BT.709, as players do
UNMARKED = 2  # FFmpeg's “unspecified” colour space


def finish(
    source: Path, target: Path, tags: dict[str, str], most: Most = MOST, candidates: Candidates | None = None
) -> Probe:
    """Write an MP4 with the index in front and `tags`; it is converted only if browsers could not play it.

    `target` appears when it is whole and checked; the candidates for its poster have been seen then. Raises Unplayable,
    TooHeavy; OSError if our own disk refuses.
    """
    half = target.with_name(f".{target.name}.part.mp4")
    try:
        result, stated = None, _copied(source, half, tags, most)
        if stated is not None:
            # Decoding is slow, and for copied packets once is enough; but a copy of a truncated file no longer shows
            # that its end is missing, so compare with the length that the source states.
            result = probe(half, stated, most, candidates)
        if result is None or not result.shown.is_plain:
            probe(source, most=most)
            encode(source, half, X264, tags=tags, most=most)
            result = probe(half, None, most, candidates)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    return result


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[OutputContainer]:
    """A new MP4. A place that can't be written to is an OSError, which is told from what FFmpeg says of the source."""
    path.touch()
    with av.open(str(path), "w", options=MP4_OPTIONS) as out:
        yield out


def _copied(source: Path, target: Path, tags: dict[str, str], most: Most) -> float | None:
    """Copy a film that browsers play as it is, and return the length that it states; None if they don't."""
    with reading(source, most) as container:
        if not _is_kept(container):
            return None
        # only an MP4 always says when to decode a packet
        scanned = None if "mp4" in container.format.name.split(",") else scan(source, most)
        with _writing(target) as out:
            out.metadata.update(tags)
            packets = _copy(container, out, scanned, most)
        return length(container, most) if packets.whole else None


def _is_kept(container: InputContainer) -> bool:
    """Whether the packets may be copied: browsers play them, and the container's timestamps are exact."""
    stream = container.streams.video[0]
    picture = stream.codec_context
    sound = {audio.codec_context.name for audio in container.streams.audio[:1]}
    container_plays = bool(KEPT_CONTAINERS & set(container.format.name.split(",")))
    picture_plays = picture.name == "h264" and picture.pix_fmt in KEPT_PIXELS and has_square_pixels(stream)
    return container_plays and picture_plays and sound <= KEPT_SOUND


def _copy(container: InputContainer, out: OutputContainer, scanned: Packets | None, most: Most) -> Packets:
    """Copy the packets into another container, which wants to know when to decode each; up to one that is left out."""
    decoded = None if scanned is None or scanned.ordered else iter(scanned.decoded())
    video, packets = container.streams.video[0], Packets()
    streams: dict[Stream, Stream] = {video: out.add_stream_from_template(video)}
    for audio in container.streams.audio[:1]:
        streams[audio] = out.add_stream_from_template(audio)
    for captions in container.streams.subtitles[:1]:
        if captions.codec_context.name == CAPTIONS:
            streams[captions] = out.add_stream_from_template(captions)
            streams[captions].metadata.update(captions.metadata)
    for packet in container.demux(*streams):
        if packet.size and packet.stream is video:
            packets.add(packet, most)
            if not packets.all_shown:
                break
            if scanned and decoded and packet.time_base:
                packet.dts = next(decoded)
                if len(packets.shown) == len(scanned.shown):
                    packet.duration = round(scanned.end / packet.time_base) - (packet.pts or 0)
        if packet.dts is None:
            continue
        packet.stream = streams[packet.stream]
        out.mux(packet)
    return packets


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
    with reading(source, most) as container:
        first, _ = begun(container, most)
        seen = shown(container.streams.video[0], first)
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
        threads=1,
    )
    plain.pts, plain.time_base = tick, TICKS
    return plain


def _marked(plain: VideoFrame) -> VideoFrame:
    """With what the encoder and players have to know of it."""
    plain.pict_type = PictureType.NONE  # else the encoder copies the source's frame types
    plain.colorspace, plain.color_range = Colorspace.ITU709, ColorRange.MPEG
    return plain
