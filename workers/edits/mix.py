"""The sound of an edit, block by block: its clips' own, and music under it. As long as the picture, to the sample."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from core.edits.fields import Music
from workers.edits.files import Files
from workers.edits.plan import Plan, Shot
from workers.media.sound import RATE, Samples, Tape, at_speed, gain_for, limited, loudness, read

BLOCK = 4800
"""Samples; how finely the music follows the clips' sound."""
DUCKED = 0.3
"""What is left of the music under a clip's sound: -10.5 dB."""
HEARD = 0.004
"""From this mean level on a clip is taken to be heard, -48 dB."""
RELEASE = 1.12
"""How much faster than before the music comes back, each block."""
FADE_IN = 2400
"""Samples."""


def has_sound(plan: Plan) -> bool:
    """Whether there is anything to be heard."""
    return plan.edit.music is not None or any(_is_heard(shot) for shot in plan.shots)


def _is_heard(shot: Shot) -> bool:
    return shot.source is not None and shot.source.has_sound and not shot.clip.mute


def samples_until(frames: int, rate: Fraction) -> int:
    """How many samples so many frames last."""
    return round(frames / rate * RATE)


def mix(plan: Plan) -> Iterator[Samples]:
    """All of it, in blocks of BLOCK samples and a last one. Raises Unplayable."""
    total = samples_until(plan.total, plan.rate)
    voices = [_Voice(plan, n, shot) for n, shot in enumerate(plan.shots) if _is_heard(shot)]
    music = _Bed(plan, plan.edit.music, plan.files, total) if plan.edit.music else None
    for start in range(0, total, BLOCK):
        stop = min(start + BLOCK, total)
        block = np.zeros((2, stop - start), np.float32)
        for voice in voices:
            voice.add(block, start, stop)
        yield limited(music.under(block, start, stop) if music else block)


class _Voice:
    """The sound of one clip, faded where clips overlap."""

    def __init__(self, plan: Plan, number: int, shot: Shot) -> None:
        after = plan.shots[number + 1].overlap if number + 1 < len(plan.shots) else plan.card_overlap
        self._first, self._stop = samples_until(shot.first, plan.rate), samples_until(shot.stop, plan.rate)
        self._fade_in = samples_until(shot.overlap, plan.rate)
        self._fade_out = samples_until(after, plan.rate)
        self._shot = shot
        self._tape: Tape | None = None

    def add(self, block: Samples, start: int, stop: int) -> None:
        """Its part of the samples from `start` to before `stop`."""
        first, last = max(start, self._first), min(stop, self._stop)
        if first >= last:
            self._tape = self._tape if stop <= self._first else None
            return
        self._tape = self._tape or Tape(self._sound())
        at = np.arange(first - self._first, last - self._first)
        level = np.ones(last - first, np.float32)
        if self._fade_in:
            level *= np.clip(at / self._fade_in, 0, 1)
        if self._fade_out:
            level *= np.clip((self._stop - self._first - at) / self._fade_out, 0, 1)
        block[:, first - start : last - start] += self._tape.take(last - first) * level

    def _sound(self) -> Iterator[Samples]:
        source, clip = self._shot.source, self._shot.clip
        assert source is not None
        return at_speed(read(self._shot.path, float(source.first(clip) / source.rate)), clip.speed)


class _Bed:
    """Music: at one loudness, from its start again when it ends, faded out, and quieter where clips are heard."""

    def __init__(self, plan: Plan, music: Music, files: Files, total: int) -> None:
        assert files.music is not None
        self._music, self._total = music, total
        lufs = loudness(read(files.music)) if files.music_lufs is None else files.music_lufs
        self._gain = gain_for(lufs) * music.volume
        self._tape = Tape(_repeated(files.music, music.start))
        self._fade_out = round(min(music.fade_out, float(plan.seconds)) * RATE)
        self._level = 1.0

    def under(self, block: Samples, start: int, stop: int) -> Samples:
        """The block with the music below it."""
        at = np.arange(start, stop)
        level = np.clip((at + 1) / FADE_IN, 0, 1)
        if self._fade_out:
            level = level * np.clip((self._total - at) / self._fade_out, 0, 1)
        if self._music.duck:
            level = level * self._ducked(block)
        added: Samples = block + self._tape.take(stop - start) * (level * self._gain).astype(np.float32)
        return added

    def _ducked(self, block: Samples) -> Samples:
        heard = float(np.sqrt(np.mean(np.square(block)))) > HEARD
        before, self._level = self._level, DUCKED if heard else min(self._level * RELEASE, 1.0)
        ramp: Samples = np.linspace(before, self._level, block.shape[1], dtype=np.float32)
        return ramp


def _repeated(path: Path, start: float) -> Iterator[Samples]:
    """From `start` to the end, then from the beginning as often as need be."""
    since = start
    while True:
        count = 0
        for block in read(path, since):
            count += block.shape[1]
            yield block
        if not count and not since:
            return
        since = 0.0
