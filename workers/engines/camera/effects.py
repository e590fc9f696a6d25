"""What a clip of the camera engine is to have, by the options that were chosen and else by the words of the prompt."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WORDS: dict[str, tuple[str, str]] = {
    # for it, against it; English and Chinese
    "layers": (
        r"\b(?:layers?|2\.5d|depth effect|parallax)\b|分层|纵深|景深感",
        r"\b(?:no|without) (?:depth|parallax|layers)\b|\bflat (?:shot|move|picture)\b|无视差|不分层",
    ),
    "focus": (
        r"\b(?:bokeh|rack focus|shallow (?:focus|depth)|(?:soft|blurr(?:y|ed)|defocused) (?:back)?ground)\b"
        r"|\bbackground (?:goes|turns|gets|is)? ?(?:soft|blurr\w+|out of focus)\b|虚化|浅景深|焦外",
        r"\b(?:deep focus|everything (?:in focus|sharp)|sharp background|(?:no|without) (?:blur|bokeh))\b"
        r"|全景深|背景清晰|不虚化",
    ),
    "light": (
        r"\b(?:light|glint|shine|gleam|reflection|highlight)s? (?:\w+ )?(?:sweep|glid|pass|mov|run|slid|travel|roll)\w*"
        r"|\b(?:light sweep|sweep of light|glint|gleam)s?\b|光线?(?:扫|掠|划|流)|扫光|流光|光泽",
        r"\b(?:no|without) (?:light sweep|glint|glare|reflection)s?\b|\b(?:even|flat|constant) light\b|无光效|不要光",
    ),
    "loop": (r"\b(?:seamless(?:ly)?|endless(?:ly)?|perfect)? ?loop(?:s|ed|ing|able)?\b|循环", r"\bno loop\b|不循环"),
}
_PATTERNS = {name: tuple(re.compile(words, re.IGNORECASE) for words in both) for name, both in _WORDS.items()}


@dataclass(frozen=True)
class Effects:
    """`layers`: product and ground move apart. `focus`: the ground goes soft. `light`: a light passes over the product.

    `loop`: the clip ends where it began.
    """

    layers: bool = True
    focus: bool = True
    light: bool = True
    loop: bool = False


def effects(prompt: str, options: Mapping[str, Any], *, still: bool) -> Effects:
    """`options` may say true or false for each; a camera that stands still leaves the ground as it is."""
    usual = {"layers": True, "focus": not still, "light": True, "loop": False}
    chosen = {}
    for name, otherwise in usual.items():
        wanted, refused = _PATTERNS[name]
        by_words = False if refused.search(prompt) else True if wanted.search(prompt) else otherwise
        option = options.get(name)
        chosen[name] = by_words if option is None else bool(option)
    return Effects(**chosen)
