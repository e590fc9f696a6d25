"""Where letters stand: widths, kerning, and lines broken by pixels and by the rules of Chinese. Sizes are in pixels."""

import json
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from PIL import ImageFont

from core.edits import letters
from core.edits.letters import Weight

SIZES = {"title": 0.075, "price": 0.11, "note": 0.052, "caption": 0.05}
"""Of letters, as shares of the height (of a tall video: of one and a half widths)."""
BAR = (0.09, 0.008, 0.026)
"""Length and thickness of the bar above a text, and the gap between them, in the same shares."""
LEADING = 1.22
"""From one baseline to the next, in sizes."""
LINES = {"title": 3, "price": 1, "note": 3}
"""As many lines as each may take."""

SMALLEST = 0.45
"""A text that does not fit is made smaller, down to this share of its size; then it is broken anywhere."""

EM = 256
"""The size at which widths are measured: they grow with the size, and are not rounded to pixels."""

NOT_FIRST = set("。，、；：？！）」』】〉》”’…—·～％,.;:?!)]}%°")
"""What a line never begins with."""
NOT_LAST = set("（「『【〈《“‘￥$€£([{#")
"""What a line never ends with."""
CLAUSE_ENDS, CLOSING = set("，。；：！？、"), "”’』」）》"
"""Where a line of Chinese ends best, and what may stand behind that."""
LEAST_CLAUSE = 0.4
"""A line of whole clauses is at least so long beside the longest: a single word is none."""


def unit(width: int, height: int) -> float:
    """What sizes of letters are shares of, in pixels."""
    return min(height, width * 1.5)


CARD_SPLIT = {"landscape": 0.5, "square": 0.6, "portrait": 0.48}
"""How much of an end card its picture takes: from the left in a wide one, else from above."""


def card_picture(width: int, height: int) -> tuple[int, int]:
    """The size of the picture that fills its part of an end card."""
    if width > height:
        return round(width * CARD_SPLIT["landscape"] / 2) * 2, height
    return width, round(height * CARD_SPLIT["square" if width == height else "portrait"] / 2) * 2


class Glyph(NamedTuple):
    """A character, the file of its font, and how far it stands from the line's left edge."""

    file: str
    sign: str
    left: float


@lru_cache(64)
def font_of(file: str, size: float) -> ImageFont.FreeTypeFont:
    """The font, set up for that size. The basic layout is the same on every machine."""
    return ImageFont.truetype(letters.FONTS / file, size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(20_000)
def _advance(file: str, sign: str) -> float:
    return font_of(file, EM).getlength(sign) / EM


@lru_cache(1)
def _kerning() -> dict[str, dict[str, int]]:
    kerning: dict[str, dict[str, int]] = json.loads((letters.FONTS / "kerning.json").read_text())
    return kerning


@dataclass(frozen=True)
class Setting:
    """A size in pixels and a weight, in which lines are set."""

    size: float
    weight: Weight = "bold"

    def glyphs(self, line: str) -> tuple[list[Glyph], float]:
        """Where each character stands, and how wide the line is."""
        placed: list[Glyph] = []
        at, before = 0.0, ""
        for sign in line:
            file = letters.face_of(sign, self.weight) or letters.FACES[self.weight][0]
            at += _kerning().get(file, {}).get(before + sign, 0) / 1000 * self.size
            placed.append(Glyph(file, sign, at))
            at += _advance(file, sign) * self.size
            before = sign
        return placed, at

    def width(self, line: str) -> float:
        """How wide the line is."""
        return self.glyphs(line)[1]

    def lines(self, text: str, most: float) -> list[str]:
        """As few lines as fit into `most` pixels, as equal as may be; whole clauses of Chinese if these are no more."""
        pieces = _pieces(text)
        lines, clauses = self._even(pieces, most), self._even(_clauses(pieces), most)
        widths = [self.width(line) for line in clauses]
        good = len(clauses) == len(lines) and max(widths) <= most and min(widths) >= LEAST_CLAUSE * max(widths)
        return clauses if good else lines

    def _even(self, pieces: list[str], most: float) -> list[str]:
        lines = self._broken(pieces, most)
        low, high = most / len(lines) * 0.6, most
        while len(lines) > 1 and high - low > max(2.0, most / 64):
            middle = (low + high) / 2
            narrower = self._broken(pieces, middle)
            fits = len(narrower) == len(lines) and all(self.width(line) <= middle for line in narrower)
            low, high = (low, middle) if fits else (middle, high)
        return self._broken(pieces, high)

    def _broken(self, pieces: list[str], most: float) -> list[str]:
        lines = [""]
        for piece in pieces:
            if lines[-1] and self.width((lines[-1] + piece).rstrip()) > most:
                lines.append("")
            lines[-1] += piece
        return [line.rstrip() for line in lines]

    def cut(self, line: str, most: float) -> list[str]:
        """A line that is one endless word, cut where it must be."""
        parts = [""]
        for sign in line:
            if parts[-1] and self.width(parts[-1] + sign) > most:
                parts.append("")
            parts[-1] += sign
        return parts


def fitted(text: str, setting: Setting, most: float, most_lines: int) -> tuple[list[str], Setting]:
    """The text in lines of at most `most` pixels, and the setting with the size at which it fits."""
    paragraphs = [part.strip() for part in letters.normal(text).split("\n") if part.strip()]
    least = setting.size * SMALLEST
    while True:
        lines = [line for part in paragraphs for line in setting.lines(part, most)]
        fits = len(lines) <= most_lines and all(setting.width(line) <= most for line in lines)
        if fits or setting.size <= least:
            return [part for line in lines for part in setting.cut(line, most)], setting
        setting = Setting(max(setting.size * 0.92, least), setting.weight)


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"


def _pieces(text: str) -> list[str]:
    """The text in pieces that stay whole on a line: words with the space behind them, and each Chinese character."""
    pieces: list[str] = []
    for sign in text:
        last = pieces[-1] if pieces else ""
        ends_word = not last or last[-1] == " " or _is_wide(last[-1]) or _is_wide(sign)
        binds = sign in NOT_FIRST or last[-1:] in NOT_LAST
        may_break = (last.endswith(" ") and not _is_wide(sign)) or (ends_word and not binds)
        if last and (sign == " " or not may_break):
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def _clauses(pieces: list[str]) -> list[str]:
    """The same, joined up to each Chinese comma or stop."""
    clauses = [""]
    for piece in pieces:
        clauses[-1] += piece
        if piece.strip().rstrip(CLOSING)[-1:] in CLAUSE_ENDS:
            clauses.append("")
    return [clause for clause in clauses if clause]
