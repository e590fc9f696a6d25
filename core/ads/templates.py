"""The ad templates, read from templates.toml beside this file, which says what each field means."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from core.edits.fields import Transition
from core.errors import NotFound
from core.phrase import Phrase
from core.videos.options import Move, Strength

SHIPPED = Path(__file__).with_name("templates.toml")
LENGTHS = (6, 10, 15)
"""Seconds of an ad with its end card; the middle one is usual."""
USUAL = 10

Language = Literal["en", "zh"]
Role = Literal["title", "price", "note"]
Place = Literal["headline", "foot"]
Words = Mapping[str, str]
"""A text by its language."""


@dataclass(frozen=True)
class Field:
    """A few words that a template asks for; `max_length` in characters."""

    name: str
    label: Words
    max_length: int


@dataclass(frozen=True)
class TemplateShot:
    """A shot: `picture` counts from 1, `seconds` are those in each of LENGTHS, 0 where it is left out."""

    picture: int
    move: Move
    seconds: tuple[float, ...]
    prompt: str
    words: Words
    strength: Strength = "normal"
    zoom: float = 1.0
    y: float = 0.5
    role: Role = "title"
    place: Place = "headline"
    bar: bool = False
    transition: Transition = "cut"


@dataclass(frozen=True)
class Template:
    """`pictures` are the least and the most; `card` the end card's seconds in each of LENGTHS; `music` a track."""

    id: str
    title: Words
    about: Words
    pictures: tuple[int, int]
    fields: tuple[Field, ...]
    required: frozenset[str]
    music: str
    card: tuple[float, ...]
    all_shots: tuple[TemplateShot, ...]

    def shots(self, length: int = USUAL) -> list[tuple[TemplateShot, float]]:
        """The shots of the variant of that length, each with its seconds."""
        at = LENGTHS.index(length)
        return [(shot, shot.seconds[at]) for shot in self.all_shots if shot.seconds[at]]

    def card_seconds(self, length: int = USUAL) -> float:
        """How long the end card of that variant is to be seen."""
        return self.card[LENGTHS.index(length)]


@lru_cache(1)
def templates() -> dict[str, Template]:
    """Every template by its id, in menu order."""
    tables = tomllib.loads(SHIPPED.read_text())
    fields = {
        name: Field(name, {key: entry[key] for key in ("en", "zh")}, entry["max"])
        for name, entry in tables["fields"].items()
    }
    return {name: _template(name, entry, fields) for name, entry in tables["templates"].items()}


def _template(name: str, entry: dict[str, Any], fields: dict[str, Field]) -> Template:
    asked = [field.rstrip("!") for field in entry["fields"]]
    return Template(
        id=name,
        title=entry["title"],
        about=entry["about"],
        pictures=(entry["pictures"][0], entry["pictures"][1]),
        fields=tuple(fields[field] for field in asked),
        required=frozenset(field.rstrip("!") for field in entry["fields"] if field.endswith("!")),
        music=entry["music"],
        card=tuple(entry["card"]),
        all_shots=tuple(TemplateShot(**{**shot, "seconds": tuple(shot["seconds"])}) for shot in entry["shots"]),
    )


def get(template_id: str) -> Template:
    """The template with that id. Raises NotFound."""
    try:
        return templates()[template_id]
    except KeyError:
        raise NotFound(Phrase("template")) from None


def filled(words: str, fields: Mapping[str, str]) -> str:
    """The words with their `{fields}`; nothing where one that they name is empty."""
    names = re.findall(r"{(\w+)}", words)
    if any(not fields.get(name) for name in names):
        return ""
    return re.sub(r"{(\w+)}", lambda match: fields[match[1]], words)
