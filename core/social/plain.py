"""What people write for others: plain text, without what no reader sees or what breaks the page for them."""

import unicodedata

from core.errors import WrongInput
from core.phrase import Phrase
from core.settings import settings

MOST_MARKS = 3
"""Accents on one letter; more is only there to be seen."""
BREAKS = 2
"""Line breaks in a row."""


def cleaned(text: str) -> str:
    """Without control and direction characters; line breaks stay, at most two in a row."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = ["".join(_seen(line)).strip() for line in text.split("\n")]
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()


def _seen(line: str) -> list[str]:
    out: list[str] = []
    marks = 0
    for character in line:
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        joins = character == "\u200d" or "\ufe00" <= character <= "\ufe0f"  # what an emoji is made of
        if marks <= MOST_MARKS and (joins or kind[0] != "C"):
            out.append(" " if kind == "Zs" else character)
    return out


def checked(text: str, most: int) -> str:
    """The cleaned text. Raises WrongInput if nothing is left, it is longer than `most`, or holds a blocked word."""
    text = cleaned(text)
    if not text.strip("\u200d\ufe0f "):
        raise WrongInput(Phrase("Please write something."))
    if len(text) > most:
        raise WrongInput(Phrase("That is {n} characters; at most {most} are possible.", n=len(text), most=most))
    lower = text.casefold()
    blocked = [word.strip().casefold() for word in settings().blocked_words.split(",") if word.strip()]
    if any(word in lower for word in blocked):
        raise WrongInput(Phrase("That holds a word that is not wanted here."))
    return text
