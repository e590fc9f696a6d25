"""The built-in engine: smooth camera moves over the still picture. No key, no network.

The picture is turned into three planes (Y, Cb, Cr) once; a frame is a resampling of a box with fractional edges out of
each, done by Pillow, which lets go of the interpreter meanwhile.
"""

import asyncio
import io
import math
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue

import av
from av.codec.context import Flags
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from PIL import Image, ImageChops, UnidentifiedImageError

from core.catalog import Server
from core.errors import PictureRefused, ProviderFailed, Retryable
from workers.engines import Engine, Job, Look, Report
from workers.engines.moves import Columns, Move, plan

FPS = 24
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
CLIPS_AT_ONCE = max(CORES // 2, 1)
PARTS = min(CORES, 2)
"""A clip is drawn and encoded in this many parts at once, one thread each.

Threads that share nothing use two cores to the full; one encoder with threads of its own leaves a sixth of them idle.
"""

SPARE = 1.08
"""Source pixels per pixel of the frame where the camera is nearest."""
STRETCH = 8
"""The source is this many times as wide as the frame, so that the nearest of its columns is near enough: picking
columns takes a fifth of the time of blending them, and is at most a twelfth of a pixel off."""
CRISPER = 1.25
"""The source holds no more detail across than this many times what the widest view can show: the rest would flicker."""
BROAD, STRIP = 20, 16
"""Of a turned picture columns are picked in BROAD strips and rows blended in strips of STRIP pixels, each as if it were
flat: across that is off by at most a 25th of a pixel, down by a tenth."""
_one_at_a_time = threading.Lock()
"""Strips are many short calls. Two threads at it would spend their time on handing the interpreter to each other: one
draws them while another encodes."""
SOFT = 0.15
"""What the triangle filter takes from the contrast of neighbouring rows is given to the source beforehand, once.

Measured against Lanczos from the full picture: 47-51 dB, 96-101 % of the sharpness, whatever the zoom. Bicubic gives
51-54 dB and 93 %, and takes three times as long for a frame.
"""

ENCODER = {
    "preset": "veryfast",
    "crf": "18",
    # For gliding pictures these are worth 12 % of the bytes at the same quality, for a tenth more time; the next preset
    # is worth another 8 % for twice the time, and looking further ahead nothing but memory.
    "trellis": "1",
    "bf": "5",
    "rc-lookahead": "12",
}
KEY_EVERY = 24

# RGB to Y, Cb, Cr as BT.709 has it, in the limited range (16-235, 16-240).
_TO_BT709 = (
    *(0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16.0),
    *(-0.2126 / 1.8556 * 224 / 255, -0.7152 / 1.8556 * 224 / 255, 0.9278 / 1.8556 * 224 / 255, 128.0),
    *(0.7874 / 1.5748 * 224 / 255, -0.7152 / 1.5748 * 224 / 255, -0.0722 / 1.5748 * 224 / 255, 128.0),
)

Packets = list["av.Packet[av.VideoStream]"]


class _Stopped(Exception):
    """The caller has gone; nobody sees this."""


@dataclass(frozen=True)
class Clip:
    """What is to be drawn: `width` and `height` even, in pixels; `count` frames at FPS.

    `planes` are Y, Cb and Cr of the whole picture, chroma with half as many rows and columns.
    """

    planes: list[Image.Image]
    move: Move
    width: int
    height: int
    count: int


def clip_of(jpeg: bytes, move: Move, width: int, height: int, seconds: int) -> Clip:
    """The clip of a picture, which is cut to the frame's aspect. Raises PictureRefused.

    Memory depends on the size of the frame, not of the picture: a large JPEG is decoded at a fraction of its size.
    """
    widest, nearest = move.zooms
    scale = nearest * SPARE
    try:
        picture = Image.open(io.BytesIO(jpeg))
        picture.draft("RGB", (round(width * scale), round(height * scale)))
        ycc = picture.convert("RGB").convert("RGB", _TO_BT709)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise PictureRefused(error) from error
    shrink = min(ycc.width / width, ycc.height / height)
    left, top = (ycc.width - width * shrink) / 2, (ycc.height - height * shrink) / 2
    box = (max(left, 0.0), max(top, 0.0), min(ycc.width - left, ycc.width), min(ycc.height - top, ycc.height))

    def plane(band: Image.Image, width: int, height: int, gap: float | None) -> Image.Image:
        size = math.ceil(width * min(nearest, widest * CRISPER)), math.ceil(height * scale)
        sharp = _sharper(band.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=gap))
        return sharp.resize((width * STRETCH, size[1]), Image.Resampling.BICUBIC)

    with ThreadPoolExecutor(PARTS) as pool:
        luma, chroma = (width, height, None), (width // 2, height // 2, 1.1)
        planes = pool.map(plane, ycc.split(), *zip(luma, chroma, chroma, strict=True))
        return Clip(list(planes), move, width, height, seconds * FPS)


def _sharper(band: Image.Image) -> Image.Image:
    """Each row set off by SOFT from the ones above and below."""
    around = Image.blend(ImageChops.offset(band, 0, 1), ImageChops.offset(band, 0, -1), 0.5)
    return Image.blend(band, around, -2 * SOFT)


def _draw(source: Image.Image, columns: Columns, size: tuple[int, int], line: int, *, turned: bool) -> bytes:
    """What `columns` sees of the source, `size` pixels: the nearest columns, the rows blended. Rows are `line` bytes.

    `line` is a multiple of 4 that may be more than the width; nobody looks at what is there.
    """
    width, height = size
    tops, bottoms = zip(columns(0, 0)[1::2], columns(1, 1)[1::2], strict=True)
    first = max(int(min(tops) * source.height) - 2, 0)
    last = min(math.ceil(max(bottoms) * source.height) + 2, source.height)

    def pick(start: int, stop: int) -> Image.Image:
        left, _, right, _ = columns(start / width, stop / width)
        step = (right - left) * source.width / (stop - start)
        across = (step, 0, left * source.width, 0, 1, first)
        to = (line if stop == width else stop) - start
        return source.transform((to, last - first), Image.Transform.AFFINE, across, Image.Resampling.NEAREST)

    near = _joined(
        [pick(*strip) for strip in _strips(width, math.ceil(width / BROAD / 4) * 4 if turned else width)], line
    )
    # Rows are blended column by column, so four columns may pass as one with four channels, which is twice as fast.
    fours = Image.frombuffer("RGBX", (line // 4, last - first), near.tobytes(), "raw", "RGBX", 0, 1)

    def blend(start: int, stop: int) -> Image.Image:
        _, top, _, bottom = columns(start / width, stop / width)
        part = fours.crop((start // 4, 0, (line if stop == width else stop) // 4, fours.height)) if turned else fours
        box = (0, top * source.height - first, part.width, bottom * source.height - first)
        return part.resize((part.width, height), Image.Resampling.BILINEAR, box=box)

    return _joined([blend(*strip) for strip in _strips(width, STRIP if turned else width)], line // 4).tobytes()


def _strips(width: int, each: int) -> list[tuple[int, int]]:
    return [(start, min(start + each, width)) for start in range(0, width, each)]


def _joined(strips: list[Image.Image], width: int) -> Image.Image:
    if len(strips) == 1:
        return strips[0]
    whole = Image.new(strips[0].mode, (width, strips[0].height))
    start = 0
    for strip in strips:
        whole.paste(strip, (start, 0))
        start += strip.width
    return whole


def draw_frame(clip: Clip, number: int) -> av.VideoFrame:
    """Frame `number` of the clip, ready to be encoded."""
    pose = clip.move.at(number / max(clip.count - 1, 1))
    columns = pose.columns()
    frame = av.VideoFrame(clip.width, clip.height, "yuv420p")
    for index, (plane, source) in enumerate(zip(frame.planes, clip.planes, strict=True)):
        # H.264's chroma samples sit on every other luma sample of a row, half a luma pixel left of where a plane of
        # half the size would have them; between two rows they are in the middle.
        shift = -0.5 / clip.width if index else 0.0

        def column(start: float, stop: float, shift: float = shift) -> tuple[float, float, float, float]:
            left, top, right, bottom = columns(start + shift, stop + shift)
            return max(left, 0.0), top, right, bottom

        size = (plane.width, plane.height)
        with _one_at_a_time if pose.turn else nullcontext():
            plane.update(_draw(source, column, size, plane.line_size, turned=bool(pose.turn)))
    frame.pts, frame.time_base = number, Fraction(1, FPS)
    frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
    return frame


def set_up(context: av.VideoCodecContext, clip: Clip) -> None:
    """Make an H.264 encoder one for this clip."""
    context.width, context.height, context.pix_fmt = clip.width, clip.height, "yuv420p"
    context.framerate, context.time_base = Fraction(FPS), Fraction(1, FPS)
    context.options = dict(ENCODER)
    context.gop_size, context.thread_count = KEY_EVERY, 1
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    context.flags |= Flags.global_header


def _part(clip: Clip, numbers: range, step: Callable[[], None]) -> Packets:
    """These frames drawn and encoded; `step` is called for each frame and for each packet."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    set_up(context, clip)
    packets: Packets = []
    for number in [*numbers, None]:
        new = context.encode(draw_frame(clip, number) if number is not None else None)
        for _ in range(len(new) + (number is not None)):
            step()
        packets += new
    return packets


def _encoded(clip: Clip, report: Report) -> Packets:
    """The whole clip as H.264, made in PARTS at once. What `report` raises stops them."""
    steps: SimpleQueue[bool] = SimpleQueue()
    stop = threading.Event()

    def step() -> None:
        if stop.is_set():
            raise _Stopped
        steps.put(True)

    def part(numbers: range) -> Packets:
        try:
            return _part(clip, numbers, step)
        except av.FFmpegError as error:
            raise ProviderFailed(error) from error
        finally:
            steps.put(False)

    edges = [clip.count * n // PARTS for n in range(PARTS + 1)]
    with ThreadPoolExecutor(PARTS, thread_name_prefix="render") as pool:
        parts = [pool.submit(part, range(*pair)) for pair in pairwise(edges)]
        try:
            percent, done, ended = -1, 0, 0
            while ended < PARTS:
                if steps.get():
                    done += 1
                else:
                    ended += 1
                if (now := done * 99 // (2 * clip.count)) > percent:
                    percent = now
                    report(percent)
            return [packet for made in parts for packet in made.result()]
        finally:
            stop.set()


def _write(packets: Packets, clip: Clip, path: Path) -> None:
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS)
        set_up(stream.codec_context, clip)
        for packet in packets:
            packet.stream = stream
            container.mux(packet)


def render(clip: Clip, target: Path, report: Report) -> None:
    """Draw and encode the clip to `target`, which appears only when it is whole. What `report` raises ends it.

    Raises Retryable if the disk refuses, ProviderFailed if the encoder does.
    """
    packets = _encoded(clip, report)
    half = target.with_name(f".{target.name}.part")
    try:
        _write(packets, clip, half)
        half.replace(target)
    except OSError as error:
        raise Retryable(error) from error
    except av.FFmpegError as error:
        raise ProviderFailed(error) from error
    finally:
        half.unlink(missing_ok=True)
    report(100)


class Camera(Engine):
    """Makes the clip on this machine's processor, a clip or two at once."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._slots = asyncio.Semaphore(CLIPS_AT_ONCE)

    def scale(self, job: Job) -> float:
        """As much as the camera comes nearer, and a little more."""
        return plan(job.prompt, job.seconds).zooms[1] * SPARE

    async def fetch(self, job: Job, provider_id: str, look: Look | None, target: Path, report: Report) -> None:
        """Render the clip to `target`. Raises Permanent; what `report` raises stops the work and comes out here."""
        move = plan(job.prompt, job.seconds)
        gone = threading.Event()

        def tell(percent: int) -> None:
            if gone.is_set():
                raise _Stopped
            report(percent)

        async with self._slots:
            work = asyncio.ensure_future(asyncio.to_thread(self._make, job, move, target, tell))
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                # A thread can't be cancelled: it is told to stop, and waited for, so that the slot is really free.
                gone.set()
                await asyncio.wait([work])
                raise

    @staticmethod
    def _make(job: Job, move: Move, target: Path, report: Report) -> None:
        render(clip_of(job.picture, move, job.size.width, job.size.height, job.seconds), target, report)
