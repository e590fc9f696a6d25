"""Adds camera moves to a prompt or takes them out, as words."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Move:
    """A camera move: its words for the prompt, and how to find it there."""

    name: str
    words: str
    pattern: str


MOVES = (
    Move("push-in", "push in", r"\bpush(es|ing)?[- ]in\b"),
    Move("pull-out", "pull out", r"\bpull(s|ing)?[- ]out\b"),
    Move("pan-left", "pan left", r"\bpan(s|ning)? left\b"),
    Move("pan-right", "pan right", r"\bpan(s|ning)? right\b"),
    Move("tilt-up", "tilt up", r"\btilt(s|ing)? up\b"),
    Move("tilt-down", "tilt down", r"\btilt(s|ing)? down\b"),
    Move("orbit", "orbit", r"\borbit(s|ing)?\b"),
    Move("drift", "parallax drift", r"\bparallax( drift)?\b"),
)


def find_move(prompt: str, move: Move) -> tuple[int, int] | None:
    """The span (start, end) of the move in the prompt; None if it is not there."""
    match = re.search(move.pattern, prompt, re.IGNORECASE)
    return match.span() if match else None


def toggle_move(prompt: str, move: Move) -> str:
    """The prompt with the move's words added at its end, or taken out where they stand alone.

    Unchanged if they are part of a sentence, which would break without them.
    """
    if find_move(prompt, move):
        by_itself = rf"[,;]\s*{move.pattern}(?=\s*(?:[.,;!?]|$))|(?:^|(?<=[.!?]))\s*{move.pattern}\s*(?:[.,;!?]+|$)"
        taken_out = re.sub(by_itself, "", prompt, flags=re.IGNORECASE)
        return prompt if taken_out == prompt else taken_out.strip(" ,;")
    prompt = prompt.rstrip()
    if not prompt or prompt[-1] in ".!?":
        return f"{prompt} {move.words.capitalize()}".strip()
    return f"{prompt.rstrip(',;')}, {move.words}"
