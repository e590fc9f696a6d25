"""Prompt templates with blanks to fill: ours and the users' own.

A blank is written `[name: words]`: its name, and the words used if it is not filled, so that a template is a good
prompt as it is. `[words]` is both.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import NotFound, WrongInput
from core.models import Template
from core.phrase import Phrase
from core.prompts.camera_moves import MOVES, find_move

Category = Literal["show", "detail", "scene", "story"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
MAX_OWN = 100
MAX_TITLE = 80
_BLANK = re.compile(r"\[([^\[\]:]{1,40})(?::([^\[\]]{1,120}))?\]")


@dataclass(frozen=True)
class Blank:
    """A blank of a template: its name, and the words used if it is not filled."""

    name: str
    words: str


@dataclass(frozen=True)
class Sample:
    """A template that comes with the app, in English and Chinese.

    A card shows what the camera makes of it and the preset `picture`. `full_turn`: no camera can do it with a picture.
    """

    name: str
    category: Category
    text: str
    text_zh: str
    picture: str
    full_turn: bool = False


def _read() -> tuple[Sample, ...]:
    entries = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return tuple(Sample(name, **entry) for name, entry in entries.items())


SAMPLES = _read()


def blanks(text: str) -> list[Blank]:
    """The blanks of a template in order, each name once."""
    by_name: dict[str, Blank] = {}
    for name, words in _BLANK.findall(text):
        by_name.setdefault(name.strip(), Blank(name.strip(), (words or name).strip()))
    return list(by_name.values())


def fill(text: str, values: Mapping[str, str]) -> str:
    """The prompt with each blank replaced by its value (by name), or by its own words."""

    def put(match: re.Match[str]) -> str:
        words = values.get(match[1].strip(), "").strip() or (match[2] or match[1]).strip()
        begins = text[: match.start()].rstrip()[-1:] in ("", ".", "!", "?")
        return words[:1].upper() + words[1:] if begins else words

    return _BLANK.sub(put, text)


@lru_cache
def signs(category: Category) -> tuple[str, ...]:
    """Words by which a prompt is known that was made with one of the category's templates, in both languages.

    It is the last sentence, which neither the blanks nor another camera move change; where it is a move itself, the
    longest piece of the others.
    """
    return tuple(_sign(text) for each in SAMPLES if each.category == category for text in (each.text, each.text_zh))


def _sign(text: str) -> str:
    pieces = [piece.strip() for piece in re.split(r"[.。\0]", _BLANK.sub("\0", text)) if piece.strip()]
    lasting = [piece for piece in pieces if not any(find_move(piece, move) for move in MOVES)]
    return lasting[-1] if lasting[-1] == pieces[-1] else max(lasting, key=len)


async def own(session: AsyncSession, user_id: int) -> Sequence[Template]:
    """The user's saved templates, newest first."""
    mine = select(Template).where(Template.user_id == user_id).order_by(col(Template.id).desc()).limit(MAX_OWN)
    return (await session.exec(mine)).all()


async def save(session: AsyncSession, user_id: int, title: str, text: str) -> Template:
    """Save a prompt as a template. Raises BadInput if it is empty or too long, or there are too many."""
    title, text = title.strip(), text.strip()
    if not title or not text:
        raise WrongInput(Phrase("A template needs a name and a prompt."))
    if len(title) > MAX_TITLE or len(text) > 500:
        raise WrongInput(Phrase("This is too long for a template."))
    if len(await own(session, user_id)) >= MAX_OWN:
        raise WrongInput(Phrase("There are too many templates; delete one first."))
    template = Template(user_id=user_id, title=title, text=text)
    session.add(template)
    await session.flush()
    return template


async def delete(session: AsyncSession, user_id: int, template_id: int) -> None:
    """Delete one of the user's templates. Raises NotFound."""
    query = select(Template).where(Template.id == template_id, Template.user_id == user_id)
    template = (await session.exec(query)).first()
    if template is None:
        raise NotFound(Phrase("template"))
    await session.delete(template)
