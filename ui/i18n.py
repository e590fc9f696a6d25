"""gettext: _() in the visitor's language.

English is the source text. The catalogues are read from locale/*/LC_MESSAGES/adsvideo.po and compiled in memory.
"""

import gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from fastapi import Request
from nicegui import context

from core.errors import AdsVideoError
from core.phrase import Phrase

from . import compat

LOCALE = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English", "zh": "简体中文"}
TAGS = {"en": "en-US", "zh": "zh-CN"}
LOCALES = {"en": "en", "zh": "zh_Hans_CN"}
COOKIE = "lang"
PAGE = "X-Page-Language"
"""The header in which a page of ours says its language to the API, which otherwise speaks English; app.js sends it."""

_spoken: ContextVar[str | None] = ContextVar("language", default=None)


def of(request: Request) -> str:
    """The language of a request: what was switched to, else the first one of the browser's that we speak."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    wanted: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "").split(",")[:20]:
        tag, _semicolon, weight = part.partition(";q=")
        try:
            wanted.append((-float(weight or 1), tag.strip().lower()[:2]))
        except ValueError:
            continue
    return next((tag for _weight, tag in sorted(wanted, key=lambda w: w[0]) if tag in LANGUAGES), "en")


def of_page(request: Request) -> str:
    """The language of the page that made this request with JavaScript; English for everybody else."""
    code = request.headers.get(PAGE, "")[:2]
    return code if code in LANGUAGES else "en"


def language() -> str:
    """The language of the page this code runs for; English outside of any page."""
    if spoken := _spoken.get():
        return spoken
    if not compat.is_drawing():
        return "en"
    return str(context.client.storage.get("language", "en"))


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Translate into this language where there is no page."""
    token = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(token)


@lru_cache
def catalogue(code: str) -> gettext.NullTranslations:
    """The compiled catalogue of a language."""
    if code == "en":
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with (LOCALE / code / "LC_MESSAGES" / "adsvideo.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=LOCALES[code]))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _(message: str, **values: object) -> str:
    """The message in the visitor's language, its placeholders filled in."""
    found = catalogue(language()).gettext(message)
    return found.format(**values) if values else found


def n_(one: str, many: str, n: int, **values: object) -> str:
    """The same for something that is counted; `{n}` is the number."""
    return catalogue(language()).ngettext(one, many, n).format(n=number(n), **values)


def credits(n: int) -> str:
    """`10 credits`."""
    return n_("{n} credit", "{n} credits", n)


# -------------------------------------------------------------------------------------------- what core says


def phrase(said: Phrase | None) -> str:
    """What core says, in the visitor's language; nothing for None."""
    return said.translated(catalogue(language()).gettext) if said else ""


def explain(error: AdsVideoError) -> str:
    """What went wrong, in the visitor's language."""
    return phrase(error.phrase)


# -------------------------------------------------------------------------------------------------- numbers


def number(value: float) -> str:
    """A number as the visitor writes it."""
    return format_decimal(value, locale=LOCALES[language()])
