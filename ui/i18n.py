"""gettext: _() in the visitor's language.

English is the source text. The catalogues are read from locale/*/LC_MESSAGES/adsvideo.po and compiled in memory.
"""

import gettext
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date, format_datetime, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from fastapi import Request
from nicegui import context

from core.errors import AdsVideoError

from . import compat

LOCALE = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English", "zh": "简体中文"}
TAGS = {"en": "en-US", "zh": "zh-CN"}
LOCALES = {"en": "en", "zh": "zh_Hans_CN"}
COOKIE = "lang"

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


# ------------------------------------------------------------------------------------ sentences made in core


@lru_cache
def _patterns(code: str) -> list[tuple[re.Pattern[str], str]]:
    """The messages with placeholders, as patterns that recognise them filled in."""
    known = getattr(catalogue(code), "_catalog", {})
    found = []
    for message in known:
        if isinstance(message, str) and "{" in message and not re.fullmatch(r"\{\w+\}", message):
            parts = re.split(r"\{(\w+)\}", message)
            literal, names = parts[::2], parts[1::2]
            if len(set(names)) == len(names) and any(part.strip(" .,:") for part in literal):
                groups = [f"(?P<{name}>.+?)" for name in names] + [""]
                pattern = "".join(re.escape(text) + group for text, group in zip(literal, groups, strict=True))
                found.append((re.compile(pattern), message))
    return sorted(found, key=lambda entry: -len(entry[1]))


def sentence(text: str) -> str:
    """A whole English sentence, already filled in, that core made: in the visitor's language as far as it is known."""
    code = language()
    if code == "en" or not text:
        return text
    translated = catalogue(code).gettext(text)
    if translated != text:
        return translated
    for pattern, message in _patterns(code):
        if found := pattern.fullmatch(text):
            return catalogue(code).gettext(message).format(**{k: sentence(v) for k, v in found.groupdict().items()})
    return text


def explain(error: AdsVideoError) -> str:
    """What went wrong, in the visitor's language."""
    return error.message if language() == "en" else sentence(error.message)


# ------------------------------------------------------------------------------------------ numbers and times


def number(value: float) -> str:
    """A number as the visitor writes it."""
    return format_decimal(value, locale=LOCALES[language()])


def seconds(value: float | int | str) -> str:
    """A length, like `6.0 s`; whole seconds and ranges are written as they are."""
    return _("{n} s", n=f"{value:.1f}" if isinstance(value, float) else value)


def clock(value: float) -> str:
    """A length as players show it, like `0:06`."""
    minutes, rest = divmod(round(value), 60)
    return f"{minutes}:{rest:02}"


def megabytes(size: int) -> str:
    """The size of a file, like `1.2 MB`."""
    return f"{number(round(max(size / 1_000_000, 0.1), 1))} MB"


def ago(moment: datetime) -> str:
    """`3 minutes ago`."""
    past = min(moment - datetime.now(UTC), moment - moment)
    return format_timedelta(past, add_direction=True, locale=LOCALES[language()])


def day(moment: datetime) -> str:
    """The day alone, in UTC."""
    return format_date(moment, "long", locale=LOCALES[language()])


def exactly(moment: datetime) -> str:
    """Date and time in full."""
    return format_datetime(moment, "long", locale=LOCALES[language()])
