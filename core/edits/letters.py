"""The fonts of the letters inside videos: where they are, and which characters they have."""

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Literal

FONTS = Path(__file__).parent / "fonts"
Weight = Literal["medium", "bold", "noto-medium", "noto-bold"]
FACES: dict[Weight, tuple[str, str]] = {
    "medium": ("inter-medium.ttf", "noto-sans-sc-medium.otf"),
    "bold": ("inter-bold.ttf", "noto-sans-sc-bold.otf"),
    "noto-medium": ("noto-sans-sc-medium.otf", "inter-medium.ttf"),
    "noto-bold": ("noto-sans-sc-bold.otf", "inter-bold.ttf"),
}
"""The files of each weight; a character is drawn by the first that has it."""

UNSEEN = {"Cc", "Cf", "Zl", "Zp"}
"""Categories of characters that draw nothing: line breaks, joiners, direction marks."""


@lru_cache(1)
def _glyphs() -> dict[str, frozenset[int]]:
    lines = (line.split() for line in (FONTS / "glyphs.txt").read_text().splitlines())
    return {name: frozenset(code for run in runs for code in _codes(run)) for name, *runs in lines}


def _codes(run: str) -> range:
    first, _, last = run.partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)


def normal(text: str) -> str:
    """The text as it is drawn: accents joined to their letters, without what draws nothing but line breaks."""
    text = unicodedata.normalize("NFC", text.replace("\t", " ").replace("\u2028", "\n").replace("\u2029", "\n"))
    kept = (sign for sign in text if sign == "\n" or unicodedata.category(sign) not in UNSEEN)
    return "".join(sign for sign in kept if not 0xFE00 <= ord(sign) <= 0xFE0F)


def weight_of(font: str, *, bold: bool) -> Weight:
    """The weight of that font: `inter` or `noto-sans-sc`."""
    if font == "noto-sans-sc":
        return "noto-bold" if bold else "noto-medium"
    return "bold" if bold else "medium"


def face_of(sign: str, weight: Weight) -> str | None:
    """The file of the font that draws this character, or None."""
    return next((name for name in FACES[weight] if ord(sign) in _glyphs()[name]), None)


def missing(text: str) -> str:
    """The characters that no font of ours has, each once, in their order."""
    return "".join(dict.fromkeys(sign for sign in normal(text) if sign != "\n" and face_of(sign, "bold") is None))
