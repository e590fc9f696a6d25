"""Lengths, sizes and times as the visitor reads them."""

from datetime import UTC, datetime

from babel.dates import format_date, format_datetime, format_skeleton, format_timedelta
from babel.numbers import format_currency

from core.billing.prices import Price

from .i18n import LOCALES, _, language, number


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


def money(price: Price) -> str:
    """An amount of money, like `€9.00`."""
    return format_currency(price.value, price.currency.upper(), locale=LOCALES[language()])


def usd(value: float) -> str:
    """What a provider takes, like `$0.126`: prices of a second need a third place."""
    places = 3 if 0 < abs(value) < 1 else 2
    pattern = f"¤#,##0.{'0' * 2}{'#' * (places - 2)}"
    return format_currency(value, "USD", pattern, locale=LOCALES[language()], currency_digits=False)


def month(moment: datetime) -> str:
    """The month and its year, in UTC."""
    return format_skeleton("yMMMM", moment, locale=LOCALES[language()])


def day(moment: datetime) -> str:
    """The day alone, in UTC."""
    return format_date(moment, "long", locale=LOCALES[language()])


def exactly(moment: datetime) -> str:
    """Date and time in full."""
    return format_datetime(moment, "long", locale=LOCALES[language()])
