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
"""The header in which our pages tell the API their language; without it the API answers in English."""

_spoken: ContextVar[str | None] = ContextVar("language", default=None)


def of(request: Request) -> str:
    """The language of a request: the visitor's choice, else the browser's first one that we have."""
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
    """The language of the page this code runs for, that of its visitor; English outside of any page."""
    if spoken := _spoken.get():
        return spoken
    if not compat.is_drawing():
        return "en"
    page = context.client
    if "language" not in page.storage:
        asked = compat.page_request()
        page.storage["language"] = of(asked) if asked else "en"
    return str(page.storage["language"])


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
    text = catalogue(language()).gettext(message)
    return text.format(**values) if values else text


def n_(one: str, many: str, n: int, **values: object) -> str:
    """The singular or plural message for `n`; `{n}` is the number."""
    return catalogue(language()).ngettext(one, many, n).format(n=number(n), **values)


def credits(n: int) -> str:
    """`10 credits`."""
    return n_("{n} credit", "{n} credits", n)


def phrase(message: Phrase | None) -> str:
    """A phrase in the visitor's language; empty for None."""
    return message.translated(catalogue(language()).gettext) if message else ""


def sentence(message: Phrase | None) -> str:
    """A phrase that stands alone: it begins with a capital."""
    text = phrase(message)
    return text[:1].upper() + text[1:]


def explain(error: AdsVideoError) -> str:
    """An error's message in the visitor's language."""
    return phrase(error.phrase)


def number(value: float) -> str:
    """A number in the visitor's notation."""
    return format_decimal(value, locale=LOCALES[language()])
