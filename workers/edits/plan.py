"""An edit counted in frames of its own rate: which clip is to be seen when, and how long it all lasts."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from PIL import Image

from core.edits.fields import PICTURE_SECONDS, TRANSITION_SECONDS, Clip
from core.edits.timeline import Edit
from workers.edits.clips import Measured, measure
from workers.edits.files import Files

PICTURE_RATE = Fraction(24)
"""Frames a second of an edit of pictures only."""
RATES = (Fraction(10), Fraction(60))
DEFAULT_SIZES = ((1280, 720), (720, 1280), (1080, 1080))


@dataclass(frozen=True)
class Shot:
    """A clip in its place: frames `first` to `first + count`, of which `overlap` lie over the shot before."""

    clip: Clip
    path: Path
    source: Measured | None
    first: int
    count: int
    overlap: int

    @property
    def stop(self) -> int:
        """The first frame that it is not in any more."""
        return self.first + self.count


@dataclass(frozen=True)
class Plan:
    """The whole edit: `width` and `height` in pixels, `rate` in frames a second, `body` and `total` in frames."""

    edit: Edit
    files: Files
    width: int
    height: int
    rate: Fraction
    shots: tuple[Shot, ...]
    body: int
    card_overlap: int
    total: int

    @property
    def seconds(self) -> Fraction:
        """How long it is."""
        return self.total / self.rate

    def frame_at(self, seconds: float) -> int:
        """The frame that is to be seen then, the last one for all that is later."""
        number = int(Fraction(seconds).limit_denominator(90_000) * self.rate + Fraction(1, 1000))
        return min(max(number, 0), self.total - 1)

    def frames(self, seconds: float) -> int:
        """So many frames, rounded."""
        return round(Fraction(seconds).limit_denominator(90_000) * self.rate)


def plan(edit: Edit, files: Files) -> Plan:
    """Measure the clips and lay them out. Raises Unplayable, TooHeavy."""
    pairs = list(zip(edit.clips, files.clips, strict=True))
    sources = [measure(path, files.most) if clip.video_id else None for clip, path in pairs]
    rate = next((source.rate for source in sources if source), PICTURE_RATE)
    rate = min(max(rate, RATES[0]), RATES[1])
    transition = round(Fraction(TRANSITION_SECONDS) * rate)
    shots: list[Shot] = []
    for (clip, path), source in zip(pairs, sources, strict=True):
        count = source.count(clip, rate) if source else max(round((clip.seconds or PICTURE_SECONDS) * rate), 1)
        before = shots[-1] if shots else None
        # neighbours of a short clip overlap by as much as there is of it
        overlap = min(transition, before.count - before.overlap, count) if before and clip.transition != "cut" else 0
        shots.append(Shot(clip, path, source, before.stop - overlap if before else 0, count, overlap))
    body = shots[-1].stop
    card = round(Fraction(edit.end_card.seconds).limit_denominator(1000) * rate) if edit.end_card else 0
    card_overlap = min(transition, shots[-1].count, card)
    width, height = _size(edit, shots[0])
    return Plan(edit, files, width, height, rate, tuple(shots), body, card_overlap, body + card - card_overlap)


def _size(edit: Edit, first: Shot) -> tuple[int, int]:
    """The size that is asked for, else the first video's, else the usual one that is nearest to the picture's shape."""
    if edit.size:
        width, _, height = edit.size.partition("x")
        return int(width), int(height)
    if first.source:
        return first.source.width // 2 * 2, first.source.height // 2 * 2
    with Image.open(first.path) as picture:
        shape = picture.width / picture.height
    return min(DEFAULT_SIZES, key=lambda size: abs(size[0] / size[1] - shape))
