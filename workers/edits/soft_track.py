"""Captions as a track of the MP4 (mov_text), which players offer in their menu."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

import av
from av.container import OutputContainer
from av.stream import Stream

from core.edits.captions import Cue

MILLISECONDS = Fraction(1, 1000)
LANGUAGES = {
    **{"en": "eng", "zh": "zho", "de": "deu", "fr": "fra", "es": "spa", "it": "ita", "pt": "por", "ru": "rus"},
    **{"ja": "jpn", "ko": "kor", "nl": "nld", "pl": "pol", "tr": "tur", "uk": "ukr", "sv": "swe", "el": "ell"},
}
"""Two letters (ISO 639-1) to the three that an MP4 takes (ISO 639-2)."""

NAMES = {"eng": "English", "zho": "中文"}

HEADER = b"""[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""The encoder does not open without a style."""


def add(out: OutputContainer, language: str) -> Stream:
    """A track for captions in that language (`en`, `zh` ...)."""
    track = out.add_stream("mov_text")
    track.codec_context.time_base = track.time_base = MILLISECONDS
    track.codec_context.subtitle_header = HEADER
    code = LANGUAGES.get(language, language if len(language) == 3 else "und")
    track.metadata["language"] = code
    track.metadata["handler_name"] = NAMES.get(code, code)
    return track


def write(out: OutputContainer, track: Stream, cues: Sequence[Cue], seconds: float) -> None:
    """All cues that begin before `seconds`, which is how long the video is."""
    for start, stop, text in _samples(cues, round(seconds * 1000)):
        content = text.encode()
        packet = av.Packet(len(content).to_bytes(2, "big") + content)
        packet.stream = track
        packet.pts = packet.dts = start
        packet.duration, packet.time_base, packet.is_keyframe = stop - start, MILLISECONDS, True
        out.mux(packet)


def _samples(cues: Iterable[Cue], total: int) -> Iterator[tuple[int, int, str]]:
    """The track without a gap: (start, stop, text) in milliseconds, the text empty where nothing is said.

    The format holds one text at a time, so where cues overlap each of them is written again together with the others.
    """
    spans = [(round(cue.start * 1000), min(round(cue.end * 1000), total), cue.text) for cue in cues]
    spans = [span for span in spans if span[0] < span[1]]
    edges = sorted({0, total, *(edge for start, stop, _ in spans for edge in (start, stop))})
    active: list[tuple[int, int, str]] = []
    coming = sorted(spans, reverse=True)
    for start, stop in pairwise(edges):
        active = [span for span in active if span[1] > start]
        while coming and coming[-1][0] <= start:
            active.append(coming.pop())
        yield start, stop, "\n".join(text for _, _, text in active)
