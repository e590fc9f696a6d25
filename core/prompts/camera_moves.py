"""Camera moves in a prompt: they are read there, added, replaced by another one, or taken out; English and Chinese."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Move:
    """A camera move: its words for the prompt, how to find it there, and how it stands in a sentence.

    `around` is the preposition before what the camera looks at, `does` what it does as a verb.
    """

    name: str
    words: str
    chinese: str
    pattern: str
    around: str
    does: str


MOVES = (
    Move("push-in", "push in", "镜头推近", r"\bpush(es|ing)?[- ]in\b|推近|推进|推镜", "on", "pushes in"),
    Move("pull-out", "pull out", "镜头拉远", r"\bpull(s|ing)?[- ]out\b|拉远|拉开|拉镜", "from", "pulls out"),
    Move("pan-left", "pan left", "镜头左移", r"\bpan(s|ning)?[- ]left\b|左移(?!动)|左摇", "across", "pans left"),
    Move("pan-right", "pan right", "镜头右移", r"\bpan(s|ning)?[- ]right\b|右移(?!动)|右摇", "across", "pans right"),
    Move("tilt-up", "tilt up", "镜头上移", r"\btilt(s|ing)?[- ]up\b|上移(?!动)|上摇|摇升", "along", "tilts up"),
    Move("tilt-down", "tilt down", "镜头下移", r"\btilt(s|ing)?[- ]down\b|下移(?!动)|下摇|摇降", "along", "tilts down"),
    Move("orbit", "orbit", "镜头环绕", r"\borbit(s|ing)?\b|环绕|围绕|环拍", "around", "orbits"),
    Move("drift", "parallax drift", "镜头视差漂移",
         r"\bparallax( drift)?\b|\bcamera drifts?\b|视差(?:漂移)?|漂移", "past", "drifts"),
    Move("still", "static shot", "固定镜头",
         r"\b(static|still) (shot|camera)\b|\bcamera (?:stays |is )?still\b|固定镜头|静止镜头", "of", "stays still"),
)  # fmt: skip

_ZH_STEPS = r"[，、；,;]"
_OTHERS = (
    r"\b(?:dolly(?:ing)?|zoom(?:s|ing)?|(?:lateral )?tracking shot|fly[- ]?(?:over|through)|handheld drift)"
    r"(?: (?:in|out|left|right|up|down|forward|back))?\b(?: from (?:left to right|right to left))?"
    r"|\bcran(?:e|ing) (?:up|down)\b|\bpan(?:ning)? across\b"
    r"|(?:(?<=\blow )|(?<=\bslow )|(?<=\bsmooth )|(?<=\bgentle ))glide\b|(?<=close-up )gliding\b"
    r"|(?<=camera )(?:dollies|cranes|zooms|glides|pans|tracks|flies|moves)(?: (?:in|out|left|right|up|down))?\b"
)
"""What else a camera may be told to do in a sentence; not a chip of its own."""
_ANY = "|".join([*(f"(?:{move.pattern})" for move in MOVES), _OTHERS])
_WAY = r"(?: from the [\w ]+? to (?:the (?:top|tip|end|bottom) of)?| through the [\w ]+? towards?)?"
_BEFORE = r"(?:in on|onto|on|around|about|past|along|across|over|through|towards?|from|of|to|up|down|into)"
_CLAUSE = re.compile(
    rf"(?P<camera>\b(?:the )?camera )?(?P<move>{_ANY})(?P<way>{_WAY})(?P<before> {_BEFORE}(?= \w)|(?= (?:the|an?) ))?",
    re.IGNORECASE,
)
_FAR = re.compile(r" from the [\w ]+? to the (?:top|bottom|end|tip)(?=\s*(?:[.,;!?]|$))", re.IGNORECASE)
_HAN = re.compile(r"[\u3400-\u9fff]")


def find_move(prompt: str, move: Move) -> tuple[int, int] | None:
    """The span (start, end) of the move in the prompt; None if it is not there."""
    match = re.search(move.pattern, prompt, re.IGNORECASE)
    return match.span() if match else None


def toggle_move(prompt: str, move: Move, *, chinese: bool = False) -> str:
    """The prompt with the move instead of the one it names, or added at its end; or taken out where it stands alone.

    Unchanged if it is part of a sentence, which would break without it. An empty prompt gets Chinese words if
    `chinese`; another one those of its own language.
    """
    if find_move(prompt, move):
        return _without(prompt, move)
    prompt = prompt.rstrip()
    if _HAN.search(prompt) or (chinese and not prompt):
        return _in_chinese(prompt, move)
    if replaced := _replaced(prompt, move):
        return replaced
    if not prompt or prompt[-1] in ".!?":
        return f"{prompt} {move.words.capitalize()}".strip()
    return f"{prompt.rstrip(',;')}, {move.words}"


def _without(prompt: str, move: Move) -> str:
    pattern = f"(?:{move.pattern})"
    chinese = rf"(?:^|(?<=[。！？])){move.chinese}(?:{_ZH_STEPS}|$)|{_ZH_STEPS}{move.chinese}(?={_ZH_STEPS}|$)"
    by_itself = rf"[,;]\s*{pattern}(?=\s*(?:[.,;!?]|$))|(?:^|(?<=[.!?]))\s*{pattern}\s*(?:[.,;!?]+|$)|{chinese}"
    taken_out = re.sub(by_itself, "", prompt, flags=re.IGNORECASE)
    return prompt if taken_out == prompt else taken_out.strip(" ,;，；")


def _replaced(prompt: str, move: Move) -> str:
    """The prompt with its camera clause turned into this move; empty if there is none."""
    match = _CLAUSE.search(prompt)
    if match is None:
        return ""
    before = f" {move.around}" if match["before"] is not None or match["way"] else ""
    words = move.does if match["camera"] else move.words.replace(" ", "-", 1) if before and "-" in move.name else ""
    words = words or move.words
    if match.start() == 0 or prompt[: match.start()].rstrip()[-1:] in (".", "!", "?"):
        words = words[:1].upper() + words[1:] if not match["camera"] else words
    rest = prompt[match.end() :]
    if not move.name.startswith("tilt"):
        rest = _FAR.sub("", rest, count=1)
    return f"{prompt[: match.start()]}{match['camera'] or ''}{words}{before}{rest}"


def _in_chinese(prompt: str, move: Move) -> str:
    for other in MOVES:
        words = re.search(rf"(?:镜头|机位|画面)?[缓慢快轻徐]*(?:{other.pattern})", prompt, re.IGNORECASE)
        if words and _HAN.search(words[0]):
            return f"{prompt[: words.start()]}{move.chinese}{prompt[words.end() :]}"
    if not prompt or prompt[-1] in "。！？":
        return f"{prompt}{move.chinese}"
    return f"{prompt.rstrip('，；,;')}，{move.chinese}"
