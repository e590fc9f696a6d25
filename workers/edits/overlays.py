"""The layers of an edit: where its texts, its logo and its captions stand, and when."""

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from PIL import Image

from core.edits import letters
from core.edits.captions import Cue
from core.edits.fields import Captions, Logo, Text
from core.edits.typesetting import BAR, LINES, SIZES, Setting, unit
from core.pictures.contrast import RGB, rgb
from workers.edits import ground
from workers.edits.layers import ENTER_SECONDS, RISE, Layer
from workers.edits.plan import Plan
from workers.media.text import Lettering, Shade, Style, draw

MARGIN = 0.06
"""Nothing comes nearer to an edge than this share of the side."""
PLAYER_TOP, PLAYER_BOTTOM = 0.14, 0.20
"""Shares of a vertical video's height that belong to the buttons of its player."""

CAPTION_LINES = 3


def safe_box(width: int, height: int) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the part of a frame that no player covers."""
    top, bottom = (PLAYER_TOP, PLAYER_BOTTOM) if height > width else (MARGIN, MARGIN)
    return width * MARGIN, height * top, width * (1 - MARGIN), height * (1 - bottom)


def layers(plan: Plan) -> list[Layer]:
    """Texts and logo, in the order in which they are drawn."""
    drawn = [_text(plan, text) for text in plan.edit.texts]
    if plan.edit.logo and plan.files.logo:
        drawn.append(_logo(plan, plan.edit.logo))
    return drawn


def _text(plan: Plan, text: Text) -> Layer:
    scale = unit(plan.width, plan.height)
    setting = Setting(scale * SIZES[text.role], letters.weight_of(plan.edit.font, bold=text.role != "note"))
    least = plan.width * MARGIN / 2
    first = plan.frames(text.start)
    stop = max(plan.body if text.end is None else plan.frames(text.end), first + 1)
    room, lines = _room(plan, text, least), LINES[text.role]
    style, bar = Style(setting, rgb(text.color)), rgb(text.bar) if text.bar else None
    if text.adapts and plan.shots:
        plain = draw(text.text, Style(setting, shade="none"), room, lines, text.align)
        behind = ground.behind(plan, _box(plan, text, plain, least), first, stop)
        style = Style(setting, *ground.letters_on(behind))
        bar = bar and ground.bar_on(behind, bar, style.color)
    words = draw(text.text, style, room, lines, text.align)
    if bar:
        words = _under_bar(words, bar, scale, text.align)
    left, top = _corner(plan, text, words, least)
    fade = min(round(ENTER_SECONDS * plan.rate), (stop - first) // 2)
    rise = RISE * min(plan.width, plan.height)
    place = (left - words.pad, top - words.pad)
    return Layer(words.image, place, first, stop, rise=rise, enter=fade, leave=fade if text.end else 0)


def _corner(plan: Plan, text: Text, words: Lettering, least: float) -> tuple[float, float]:
    """Where the words' block begins in the frame, in pixels, at `least` so far from its edges."""
    at = text.x * plan.width
    left = _inside(at if text.align == "left" else at - words.width / 2, words.width, plan.width, least)
    return left, _inside(text.y * plan.height - words.height / 2, words.height, plan.height, least)


def _box(plan: Plan, text: Text, words: Lettering, least: float) -> ground.Place:
    """Where in the frame the words' block stands, in pixels."""
    left, top = _corner(plan, text, words, least)
    return ground.Place(round(left), round(top), round(left + words.width), round(top + words.height))


def _room(plan: Plan, text: Text, least: float) -> float:
    """How wide the lines of a text may be, in pixels."""
    beside = 1 - text.x if text.align == "left" else 2 * min(text.x, 1 - text.x)
    room = max(beside * plan.width - least, plan.width * 0.2)
    return min(room, text.width * plan.width) if text.width else room


def _under_bar(words: Lettering, color: RGB, scale: float, align: str) -> Lettering:
    """The words with a thin bar above them."""
    length, thick, gap = round(scale * BAR[0]), max(round(scale * BAR[1]), 2), round(scale * BAR[2])
    image = Image.new("RGBA", (words.image.width, words.image.height + thick + gap), (*color, 0))
    image.alpha_composite(words.image, (0, thick + gap))
    left = words.pad if align == "left" else (image.width - length) // 2
    bar = Image.new("RGBA", (min(length, image.width - max(left, 0)), thick), (*color, 255))
    image.alpha_composite(bar, (max(left, 0), words.pad))
    return Lettering(image, words.pad, words.width, words.height + thick + gap)


def _inside(at: float, length: float, side: int, least: float) -> float:
    """Moved so far that it is inside, where it fits."""
    return max(min(at, side - least - length), least)


def _logo(plan: Plan, logo: Logo) -> Layer:
    assert plan.files.logo is not None
    left, top, right, bottom = safe_box(plan.width, plan.height)
    with Image.open(plan.files.logo) as picture:
        image = logo_image(picture, plan.width * logo.width, (bottom - top) / 2)
    x = left if "left" in logo.corner else right - image.width
    y = top if "top" in logo.corner else bottom - image.height
    first = plan.frames(logo.start)
    stop = plan.body if logo.end is None else min(plan.frames(logo.end), plan.body)
    fade = min(round(ENTER_SECONDS * plan.rate), max(stop - first, 0) // 2)
    enter, leave = fade if logo.start else 0, fade if logo.end else 0
    return Layer(image, (x, y), first, stop, enter=enter, leave=leave, opacity=logo.opacity)


def logo_image(picture: Image.Image, width: float, most_height: float) -> Image.Image:
    """The picture in that width, or lower where that would be too high; clear pixels lend it no colour."""
    scale = min(width / picture.width, most_height / picture.height)
    size = max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)
    return picture.convert("RGBa").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0).convert("RGBA")


class Subtitles:
    """Captions that are burnt in. Those of one moment stand in one block; only the one that is shown is kept."""

    def __init__(self, plan: Plan, cues: Sequence[Cue], captions: Captions) -> None:
        self.plan, self.captions = plan, captions
        self._spans = list(_spans([(plan.frames(cue.start), plan.frames(cue.end), cue.text) for cue in cues]))
        self._next = 0
        self._shown: Layer | None = None

    def at(self, number: int) -> Layer | None:
        """The block of frame `number`, if it has one. Frames are asked for in their order."""
        while self._next < len(self._spans) and self._spans[self._next][1] <= number:
            self._next += 1
        if self._next == len(self._spans) or self._spans[self._next][0] > number:
            self._shown = None
            return None
        first, stop, text = self._spans[self._next]
        if self._shown is None or self._shown.first != first:
            self._shown = self._block(first, stop, text)
        return self._shown

    def blocks(self, most: int) -> Iterator[Layer]:
        """The first blocks that are ever seen, at most so many."""
        seen = (span for span in self._spans if span[0] < self.plan.total)
        yield from (self._block(*span) for span in islice(seen, most))

    def _block(self, first: int, stop: int, text: str) -> Layer:
        width, height = self.plan.width, self.plan.height
        left, top, right, bottom = safe_box(width, height)
        weight = letters.weight_of(self.plan.edit.font, bold=self.captions.style == "bold")
        larger = 1.15 if self.captions.style == "bold" else 1.0
        setting = Setting(unit(width, height) * SIZES["caption"] * larger, weight)
        shade: Shade = "box" if self.captions.style == "box" else "soft"
        words: Lettering = draw(text, Style(setting, shade=shade), right - left, CAPTION_LINES)
        y = {"top": top, "middle": (height - words.height) / 2, "bottom": bottom - words.height}[self.captions.position]
        return Layer(words.image, ((width - words.width) / 2 - words.pad, y - words.pad), first, stop)


def _spans(cues: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Stretches of frames in which the same captions are seen, and what they say together."""
    edges = sorted({edge for first, stop, _ in cues for edge in (first, stop) if first < stop})
    waiting = sorted(cues, reverse=True)
    active: list[tuple[int, int, str]] = []
    for first, stop in pairwise(edges):
        active = [cue for cue in active if cue[1] > first]
        while waiting and waiting[-1][0] <= first:
            active.append(waiting.pop())
        if active:
            yield first, stop, "\n".join(text for _, _, text in active)
