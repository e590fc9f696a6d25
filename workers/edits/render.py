"""Renders an edit to an MP4, in one pass over its frames. Blocking; runs in a process of its own."""

import errno
import io
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from core.edits.timeline import Edit
from core.errors import ProviderFailed, TooHeavy
from workers.edits import copied, soft_track
from workers.edits.files import Files
from workers.edits.frames import frames
from workers.edits.lock import Lock, lock_of
from workers.edits.mix import has_sound, mix, samples_until
from workers.edits.plan import Plan, plan
from workers.edits.planes import stamp
from workers.media import mp4, sound

ENCODER = {"preset": "veryfast", "crf": "18"}
KEY_EVERY_SECONDS = 2
THREADS = 2
AUDIO_BITS = 160_000
AAC = {"aac_coder": "fast"}
"""At this many bits it sounds the same as the thorough one, which takes three times as long."""

Report = Callable[[int], None]
"""Called with a percentage, 0-100; what it raises ends the work."""


def render(edit: Edit, files: Files, target: Path, tags: dict[str, str], report: Report) -> str:
    """Write the edit to `target`; gives what is to be said about it, as a note.

    Raises Unplayable, TooHeavy, ProviderFailed; OSError if our own disk refuses.
    """
    whole = plan(edit, files)
    lock = lock_of(whole)
    try:
        with av.open(str(target), "w", format="mp4", options=mp4.MP4_OPTIONS) as out:
            out.metadata.update(tags)
            _write(out, whole, lock, report)
    except MemoryError:
        raise
    except OSError as error:
        if error.errno == errno.EFBIG:  # a bound of the process
            raise TooHeavy("the file that was written of it") from None
        raise
    except FFmpegError as error:
        raise ProviderFailed(error) from error
    report(100)
    return lock.note


def still(edit: Edit, files: Files, at: float) -> bytes:
    """The frame that is to be seen `at` seconds, as PNG. Raises Unplayable, TooHeavy."""
    whole = plan(edit, files)
    frame = next(frames(whole, whole.frame_at(at)))
    out = io.BytesIO()
    frame.to_image().save(out, "PNG", compress_level=1)  # type: ignore[no-untyped-call]
    return out.getvalue()


def _write(out: OutputContainer, whole: Plan, lock: Lock, report: Report) -> None:
    steps = copied.picture_track(out, whole) or _encoded(out, _picture_track(out, whole), whole, lock)
    voice = _Voice(out, whole) if has_sound(whole) else None
    captions = whole.edit.captions
    if captions and captions.track:
        track = soft_track.add(out, captions.language)
        soft_track.write(out, track, whole.edit.cues(), float(whole.seconds))
    percent = -1
    for done, _ in enumerate(steps, 1):
        if voice:
            voice.until(min(done, whole.total))
        if (now := min(done, whole.total) * 99 // whole.total) > percent:
            percent = now
            report(percent)
    if voice:
        voice.end()


def _encoded(out: OutputContainer, picture: VideoStream, whole: Plan, lock: Lock) -> Iterator[None]:
    """A step a frame, and one for what the encoder still holds."""
    for number, frame in enumerate(frames(whole, lock=lock)):
        frame.pict_type = PictureType.NONE  # else the encoder repeats the source's frame types
        out.mux(picture.encode(stamp(frame, number, whole.rate)))
        yield
    out.mux(picture.encode())
    yield


def _picture_track(out: OutputContainer, whole: Plan) -> VideoStream:
    picture = out.add_stream("libx264", rate=whole.rate, options=ENCODER)
    picture.width, picture.height, picture.pix_fmt = whole.width, whole.height, "yuv420p"
    picture.time_base = 1 / whole.rate
    context = picture.codec_context
    context.time_base, context.thread_count = 1 / whole.rate, THREADS
    context.gop_size = round(KEY_EVERY_SECONDS * whole.rate)
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    return picture


class _Voice:
    """The sound track, written as far as the picture has come."""

    def __init__(self, out: OutputContainer, whole: Plan) -> None:
        self._out, self._whole = out, whole
        self._track: AudioStream = out.add_stream("aac", rate=sound.RATE, layout="stereo", options=AAC)
        self._track.bit_rate = AUDIO_BITS
        self._blocks: Iterator[sound.Samples] = mix(whole)
        self._written = 0

    def until(self, number: int) -> None:
        """At least as many samples as that many frames last."""
        while self._written < samples_until(number, self._whole.rate):
            block = next(self._blocks)
            frame = sound.to_frame(block)
            frame.pts, frame.time_base = self._written, Fraction(1, sound.RATE)
            self._written += block.shape[1]
            self._out.mux(self._track.encode(frame))

    def end(self) -> None:
        """What the encoder still holds."""
        self._out.mux(self._track.encode(None))
