"""Says what a sound file is that somebody has brought: how long, how loud, and how it looks. Blocking."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from core.edits.audio import MAX_MINUTES, PEAKS, Measured
from core.errors import AudioTooLong, BrokenAudio, NotAudio, Unplayable
from workers.media import sound


def measure(path: Path) -> Measured:
    """Decode it from beginning to end. Raises NotAudio, BrokenAudio, AudioTooLong."""
    _check(path)
    peaks: list[float] = []
    length = 0

    def watched() -> Iterator[sound.Samples]:
        nonlocal length
        for block in sound.read(path):
            length += block.shape[1]
            if length > MAX_MINUTES * 60 * sound.RATE:
                raise AudioTooLong(MAX_MINUTES)
            peaks.append(float(np.abs(block).max(initial=0)))
            yield block

    try:
        lufs = sound.loudness(watched())
    except Unplayable:
        raise BrokenAudio() from None
    if not length:
        raise BrokenAudio()
    parts = np.array_split(np.array(peaks), min(PEAKS, len(peaks)))
    return Measured(length / sound.RATE, lufs, [min(round(float(part.max()) * 100), 100) for part in parts])


def _check(path: Path) -> None:
    """Look at what is in it before it is decoded."""
    try:
        with av.open(str(path), "r", container_options=sound.READ) as container:
            if not container.streams.audio or _is_film(container):
                raise NotAudio()
            if (container.duration or 0) > MAX_MINUTES * 60 * 1_000_000:
                raise AudioTooLong(MAX_MINUTES)
    except MemoryError:
        raise
    except (FFmpegError, ValueError):
        raise NotAudio() from None


def _is_film(container: InputContainer) -> bool:
    """A cover inside a song is no film."""
    return any(not video.disposition & Disposition.attached_pic for video in container.streams.video)
