"""Reads and writes captions: SubRip (.srt) and WebVTT (.vtt), with the oddities that files in the wild have."""

import html
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from core.errors import CaptionReversed, CaptionTooLong, NotCaptions, SubStation, TooManyCaptions

MAX_CUES = 10_000
MAX_TEXT = 500

_TIME = r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"^\s*{_TIME}\s*(?:-{{1,3}}>|[–—]>|→|=>)\s*{_TIME}(?:\s.*)?$")
_TAG = re.compile(r"</?(?:b|i|u|s|font|c|v|lang|ruby|rt|span)(?:[.\s][^<>]*)?/?>|<\d[\d:.,]*>", re.IGNORECASE)
_OVERRIDE = re.compile(r"\{\\[^{}]*\}|\{[bius]\}|\{/[bius]\}", re.IGNORECASE)
_SUBSTATION = re.compile(r"^\s*(\[Script Info\]|\[V4\+? Styles\]|Dialogue:)", re.IGNORECASE | re.MULTILINE)


class Cue(NamedTuple):
    """A text and when it is shown, in seconds. Lines are separated by `\\n`; there is no markup."""

    start: float
    end: float
    text: str


def decode(content: bytes) -> str:
    """The text of a file that does not say how it is encoded: UTF-8, UTF-16 with a mark, or GB 18030."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", "replace")


def read(text: str) -> list[Cue]:
    """The cues of an .srt or .vtt file, by their start. Styles and positions are left out; overlapping ones all stay.

    Raises BadCaptions.
    """
    text = text.lstrip("\ufeff\n\r\t ").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    is_vtt = text.startswith("WEBVTT")
    if not is_vtt and _SUBSTATION.search(text[:20_000]):
        raise SubStation()
    cues: list[Cue] = []
    for number, timing, lines in _blocks(text.split("\n"), is_vtt=is_vtt):
        start, end = _seconds(*timing.groups()[:4]), _seconds(*timing.groups()[4:])
        if end < start:
            raise CaptionReversed(number)
        words = plain("\n".join(lines), entities=is_vtt)
        if len(words) > MAX_TEXT:
            raise CaptionTooLong(number, MAX_TEXT)
        if words and end > start:
            cues.append(Cue(start, end, words))
        if len(cues) > MAX_CUES:
            raise TooManyCaptions(MAX_CUES)
    if not cues:
        raise NotCaptions()
    return sorted(cues)


def _blocks(lines: list[str], *, is_vtt: bool) -> Iterator[tuple[int, re.Match[str], list[str]]]:
    """Each timing line with its number, counted from 1, and the lines of its text."""
    timings = [(index, match) for index, line in enumerate(lines) if (match := _TIMING.match(line))]
    ends = [*(index for index, _ in timings[1:]), len(lines)]
    for (index, match), end in zip(timings, ends, strict=False):  # without any timing there is one end too many
        body = lines[index + 1 : end]
        if is_vtt:  # an empty line ends a cue; behind it may be notes, styles and the next one's name
            body = body[: next((at for at, line in enumerate(body) if not line.strip()), len(body))]
        elif end < len(lines) and body and body[-1].strip().isdigit():
            body = body[:-1]  # the next one's number
        yield index + 1, match, body


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    thousandths = int((fraction or "0").ljust(3, "0"))
    return round(int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + thousandths / 1000, 3)


def plain(text: str, *, entities: bool = False) -> str:
    """Without markup, empty lines and the space around lines."""
    text = _OVERRIDE.sub("", _TAG.sub("", text))
    if entities:
        text = html.unescape(text)
    text = text.replace("\\N", "\n").replace("\u200e", "").replace("\u200f", "")
    return "\n".join(line for line in (" ".join(line.split()) for line in text.split("\n")) if line)


def write_srt(cues: Iterable[Cue]) -> str:
    """As SubRip."""
    blocks = (f"{n}\n{_stamp(c.start, ',')} --> {_stamp(c.end, ',')}\n{c.text}\n" for n, c in enumerate(cues, start=1))
    return "\n".join(blocks)


def write_vtt(cues: Iterable[Cue]) -> str:
    """As WebVTT."""
    blocks = (
        f"{_stamp(cue.start, '.')} --> {_stamp(cue.end, '.')}\n{html.escape(cue.text, quote=False)}\n" for cue in cues
    )
    return "WEBVTT\n\n" + "\n".join(blocks)


def _stamp(seconds: float, point: str) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}{point}{whole % 1000:03}"
