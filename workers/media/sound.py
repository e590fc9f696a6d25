"""Sound as blocks of samples: read from files, played faster or slower, measured, faded. 48 kHz, stereo, float."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.error import FFmpegError
from av.filter import Graph
from numpy.typing import NDArray

from core.errors import Unplayable
from workers.media.reading import CODECS

RATE = 48_000
LOUDNESS = -16.0
"""LUFS, as EBU R128 measures it: what music is brought to."""
SILENCE = -70.0
PEAK = 0.89
"""No sample goes beyond this, -1 dB."""

FORMATS = "mov,mp3,wav,w64,ogg,flac,aac,matroska,aiff"
MORE = "alac pcm_u8 pcm_s8 pcm_s24be pcm_s32le pcm_s32be pcm_f32be pcm_f64le pcm_f64be"
SOUNDS = CODECS | frozenset(MORE.split())
"""FFmpeg's names of the decoders that may run: those of films, and what music comes in besides."""

READ = {"format_whitelist": FORMATS, "protocol_whitelist": "file", "codec_whitelist": ",".join(sorted(SOUNDS))}
"""What may be opened as sound; others can name further files and addresses."""

Samples = NDArray[np.float32]
"""Two rows, left and right; 1 is full scale."""


def read(path: Path, start: float = 0.0) -> Iterator[Samples]:
    """The first sound track of a file from `start` seconds after its picture begins (or its sound, if it has none).

    Raises Unplayable.
    """
    try:
        with av.open(str(path), "r", container_options=READ) as container:
            yield from _decoded(container, start)
    except (OSError, MemoryError):
        raise
    except (FFmpegError, ValueError) as error:
        raise Unplayable(error) from None


def _decoded(container: InputContainer, start: float) -> Iterator[Samples]:
    if not container.streams.audio:
        return
    stream = container.streams.audio[0]
    if stream.codec_context is None or stream.codec_context.codec.name not in SOUNDS:
        raise Unplayable(f"a codec that is not taken: {stream.name}")
    lead = container.streams.video[0] if container.streams.video else stream
    zero = float((lead.start_time or 0) * (lead.time_base or 1))
    if start > 2 and stream.time_base:
        container.seek(int((zero + start - 1) / stream.time_base), stream=stream)
    resampler = av.AudioResampler("fltp", "stereo", RATE)
    begun = False
    for frame in container.decode(stream):
        pieces = [_samples(piece) for piece in resampler.resample(frame)]
        samples = np.concatenate(pieces, axis=1) if pieces else np.zeros((2, 0), np.float32)
        if not begun and frame.time is not None:
            early = round((start + zero - frame.time) * RATE)
            if early >= frame.samples * RATE / frame.sample_rate:
                continue
            if early < 0:
                yield np.zeros((2, -early), np.float32)
            samples = samples[:, max(early, 0) :]
        begun = True
        yield samples
    yield from (_samples(piece) for piece in resampler.resample(None))


def _samples(frame: AudioFrame) -> Samples:
    return frame.to_ndarray().astype(np.float32, copy=False)


def at_speed(blocks: Iterable[Samples], speed: float) -> Iterator[Samples]:
    """The same at another speed, 0.25 to 4, and the same pitch."""
    if speed == 1:
        yield from blocks
        return
    graph = Graph()
    source = graph.add_abuffer(format="fltp", layout="stereo", sample_rate=RATE)
    # one filter slows down to a half at most
    steps = [0.5, speed / 0.5] if speed < 0.5 else [speed]
    tempos = [graph.add("atempo", str(step)) for step in steps]
    filters = [source, *tempos, graph.add("aformat", "sample_fmts=fltp"), graph.add("abuffersink")]
    for one, other in pairwise(filters):
        one.link_to(other)
    graph.configure()
    for block in blocks:
        if block.shape[1]:
            graph.push(to_frame(block))
            yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: Graph) -> Iterator[Samples]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        assert isinstance(frame, AudioFrame)
        yield _samples(frame)


def to_frame(block: Samples) -> AudioFrame:
    """For an encoder or a filter."""
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(block, np.float32), "fltp", "stereo")
    frame.sample_rate = RATE
    return frame


def loudness(blocks: Iterable[Samples]) -> float:
    """How loud it is as a whole, in LUFS by EBU R128; -70 is silence."""
    graph = Graph()
    source = graph.add_abuffer(format="fltp", layout="stereo", sample_rate=RATE)
    meter = graph.add("ebur128", "metadata=1")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    lufs = SILENCE
    for block in blocks:
        if block.shape[1]:
            graph.push(to_frame(block))
            lufs = _reading(graph, lufs)
    graph.push(None)
    return _reading(graph, lufs)


def _reading(graph: Graph, last: float) -> float:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return last
        assert isinstance(frame, AudioFrame)
        last = float(frame.metadata.get("lavfi.r128.I", last))


def gain_for(lufs: float) -> float:
    """The factor that brings sound of that loudness to LOUDNESS; silence stays as it is."""
    return 1.0 if lufs <= SILENCE + 1 else float(10 ** ((LOUDNESS - lufs) / 20))


def limited(block: Samples) -> Samples:
    """Peaks above 0.7 are bent so that none reaches full scale; what is below stays as it is."""
    size = np.abs(block)
    if float(size.max(initial=0)) <= 0.7:
        return block
    bent = 0.7 + (PEAK - 0.7) * np.tanh((size - 0.7) / (PEAK - 0.7))
    return np.where(size > 0.7, np.sign(block) * bent, block).astype(np.float32)


class Tape:
    """Blocks of any length, handed out in the lengths that are asked for; silence when they have ended."""

    def __init__(self, blocks: Iterator[Samples]) -> None:
        self._blocks = blocks
        self._rest: Samples = np.zeros((2, 0), np.float32)

    def take(self, count: int) -> Samples:
        """So many samples."""
        pieces, have = [self._rest], self._rest.shape[1]
        while have < count:
            piece = next(self._blocks, None)
            if piece is None:
                piece = np.zeros((2, count - have), np.float32)
            pieces.append(piece)
            have += piece.shape[1]
        whole = np.concatenate(pieces, axis=1) if len(pieces) > 1 else self._rest
        self._rest = whole[:, count:]
        return whole[:, :count]
