"""Moments of an edit as people read and type them: `0:03.12`."""

import re

_TYPED = re.compile(r"(?:(\d{1,3}):)?(\d{1,5}(?:[.,]\d{1,3})?)")


def written(seconds: float) -> str:
    """Minutes, seconds and hundredths."""
    hundredths = round(seconds * 100)
    return f"{hundredths // 6000}:{hundredths // 100 % 60:02}.{hundredths % 100:02}"


def read(text: str) -> float | None:
    """The seconds of `0:03.12`, `3.12` or `3,12`; None if it is none of these."""
    match = _TYPED.fullmatch(text.strip().rstrip("s").strip())
    if match is None:
        return None
    return round(int(match[1] or 0) * 60 + float(match[2].replace(",", ".")), 3)
