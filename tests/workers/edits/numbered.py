"""Clips whose every frame shows its own number, as a row of squares, so that a test knows which frame it sees."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

from workers.edits.planes import blank, planes

BITS = 10
LOW, HIGH = 40, 220


def draw_number(frame: VideoFrame, number: int) -> VideoFrame:
    """Across the middle third of the height, the lowest bit left."""
    luma = planes(frame)[0]
    rows, columns = luma.shape
    width = columns // BITS
    for bit in range(BITS):
        value = HIGH if number >> bit & 1 else LOW
        luma[rows // 3 : rows * 2 // 3, bit * width : (bit + 1) * width] = value
    return frame


def read_number(luma: NDArray[np.uint8]) -> int:
    """The number in a frame's luma that still has its whole width."""
    rows, columns = luma.shape
    width = columns / BITS
    middles = (round((bit + 0.5) * width) for bit in range(BITS))
    patches = [luma[rows // 2 - 2 : rows // 2 + 2, middle - 3 : middle + 3].mean() for middle in middles]
    return sum(1 << bit for bit, value in enumerate(patches) if value > (LOW + HIGH) / 2)


def clip(
    path: Path,
    count: int = 48,
    rate: Fraction | int = 24,
    size: tuple[int, int] = (320, 180),
    *,
    first: int = 0,
    color: tuple[int, int, int] = (120, 128, 128),
    tone: float = 0.0,
    tone_seconds: float | None = None,
    layout: str = "stereo",
    key_every: int = 24,
) -> Path:
    """Frames numbered from `first` on over a colour (Y, Cb, Cr), with a tone of that many Hz unless 0."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        video = out.add_stream("libx264", rate=Fraction(rate), options={"preset": "veryfast", "crf": "16", "bf": "2"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        context = video.codec_context
        context.gop_size, context.thread_count = key_every, 1
        context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        audio = out.add_stream("aac", rate=48_000, layout=layout) if tone else None
        for number in range(first, first + count):
            frame = draw_number(blank(*size, color), number)
            frame.pts, frame.time_base = number - first, 1 / Fraction(rate)
            out.mux(video.encode(frame))
        out.mux(video.encode())
        if audio:
            samples = round((tone_seconds or count / Fraction(rate)) * 48_000)
            wave = 0.25 * np.sin(2 * np.pi * tone * np.arange(samples) / 48_000)
            channels = audio.codec_context.layout.nb_channels
            for start in range(0, samples, 1024):
                block = np.tile(wave[start : start + 1024], (channels, 1)).astype(np.float32)
                sound = av.AudioFrame.from_ndarray(block, "fltp", layout)
                sound.sample_rate, sound.pts, sound.time_base = 48_000, start, Fraction(1, 48_000)
                out.mux(audio.encode(sound))
            out.mux(audio.encode())
    return path


def tone(path: Path, seconds: float, hertz: float, level: float = 0.25) -> Path:
    """A WAV file with one tone."""
    wave = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 48_000)) / 48_000)
    with av.open(str(path), "w", format="wav") as out:
        track = out.add_stream("pcm_s16le", rate=48_000, layout="stereo")
        block = (np.repeat(wave, 2) * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(block, "s16", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
        out.mux(track.encode(frame))
        out.mux(track.encode())
    return path


def lumas(path: Path) -> list[NDArray[np.uint8]]:
    """The brightness of every frame of a small video."""
    with av.open(str(path)) as container:
        return [planes(frame)[0].copy() for frame in container.decode(video=0)]


def numbers(path: Path) -> list[int]:
    """The number in every frame of a video."""
    return [read_number(luma) for luma in lumas(path)]


def waves(path: Path) -> NDArray[np.float32]:
    """The samples of a video's sound that its length covers, (2, n) at 48 kHz."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        whole = np.concatenate([frame.to_ndarray() for frame in container.decode(stream)], axis=1)
        return whole[:, : round(float((stream.duration or 0) * (stream.time_base or 0)) * 48_000)].astype(np.float32)


def level(samples: NDArray[np.float32], hertz: float) -> float:
    """How strong a tone is in these samples: its amplitude."""
    at = np.arange(samples.shape[1]) / 48_000
    return float(2 * abs(np.mean(samples[0] * np.exp(-2j * np.pi * hertz * at))))
