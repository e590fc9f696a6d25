"""Encodes drawn frames to an MP4: in parts at once, one thread each, sharing nothing."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

import av
from av.codec.context import Flags
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from core.errors import ProviderFailed, Retryable
from workers.engines import Report

FPS = 24
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
PARTS = min(CORES, 2)
"""A clip is drawn and encoded in this many parts at once, one thread each.

Threads that share nothing use two cores to the full; one encoder with threads of its own leaves a sixth of them idle.
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

Packets = list["av.Packet[av.VideoStream]"]


class Frames(Protocol):
    """What is to be encoded: `width` and `height` even, in pixels; `count` frames at FPS."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def count(self) -> int: ...

    def frame(self, number: int) -> av.VideoFrame:
        """Frame `number`, yuv420p in BT.709, with its time. May be called from several threads at once."""
        ...


class Stopped(Exception):
    """The caller has gone; nobody sees this."""


def set_up(context: av.VideoCodecContext, frames: Frames) -> None:
    """Make an H.264 encoder one for these frames."""
    context.width, context.height, context.pix_fmt = frames.width, frames.height, "yuv420p"
    context.framerate, context.time_base = Fraction(FPS), Fraction(1, FPS)
    context.options = dict(ENCODER)
    context.gop_size, context.thread_count = KEY_EVERY, 1
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    context.flags |= Flags.global_header


def _part(frames: Frames, numbers: range, step: Callable[[], None]) -> Packets:
    """These frames drawn and encoded; `step` is called for each frame and for each packet."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    set_up(context, frames)
    packets: Packets = []
    for number in [*numbers, None]:
        new = context.encode(frames.frame(number) if number is not None else None)
        for _ in range(len(new) + (number is not None)):
            step()
        packets += new
    return packets


def _encoded(frames: Frames, report: Report) -> Packets:
    """The whole clip as H.264, made in PARTS at once. What `report` raises stops them."""
    steps: SimpleQueue[bool] = SimpleQueue()
    stop = threading.Event()

    def step() -> None:
        if stop.is_set():
            raise Stopped
        steps.put(True)

    def part(numbers: range) -> Packets:
        try:
            return _part(frames, numbers, step)
        except av.FFmpegError as error:
            raise ProviderFailed(error) from error
        finally:
            steps.put(False)

    edges = [frames.count * n // PARTS for n in range(PARTS + 1)]
    with ThreadPoolExecutor(PARTS, thread_name_prefix="render") as pool:
        parts = [pool.submit(part, range(*pair)) for pair in pairwise(edges)]
        try:
            percent, done, ended = -1, 0, 0
            while ended < PARTS:
                if steps.get():
                    done += 1
                else:
                    ended += 1
                if (now := done * 99 // (2 * frames.count)) > percent:
                    percent = now
                    report(percent)
            return [packet for made in parts for packet in made.result()]
        finally:
            stop.set()


def _write(packets: Packets, frames: Frames, path: Path) -> None:
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS)
        set_up(stream.codec_context, frames)
        for packet in packets:
            packet.stream = stream
            container.mux(packet)


def render(frames: Frames, target: Path, report: Report) -> None:
    """Draw and encode the frames to `target`, which appears only when it is whole. What `report` raises ends it.

    Raises Retryable if the disk refuses, ProviderFailed if the encoder does.
    """
    packets = _encoded(frames, report)
    half = target.with_name(f".{target.name}.part")
    try:
        _write(packets, frames, half)
        half.replace(target)
    except OSError as error:
        raise Retryable(error) from error
    except av.FFmpegError as error:
        raise ProviderFailed(error) from error
    finally:
        half.unlink(missing_ok=True)
    report(100)
