"""Errors as the database keeps them with a video: a code and a value, said as a sentence when they are read."""

from collections.abc import Callable

from core.errors import MAX_DETAIL, AdsVideoError, EngineError, Misconfigured, NoAnswer, NoRoom
from core.phrase import Phrase


def from_code(code: str, detail: str = "") -> EngineError:
    """The error a video failed with, rebuilt from its stored code and detail."""
    classes: list[type[EngineError]] = [EngineError]
    for kind in classes:
        if kind.code == code:
            return kind(detail)
        classes.extend(kind.__subclasses__())
    return EngineError(detail)


_OURS: dict[str, Callable[[str], AdsVideoError]] = {
    Misconfigured.code: Misconfigured,
    NoAnswer.code: lambda part: NoAnswer(Phrase(part)),
    NoRoom.code: lambda _nothing: NoRoom(),
}


def to_note(error: AdsVideoError) -> str:
    """An error as a note of a video: `code`, or `code: value` if its sentence shows one; at most 200 characters."""
    shown = [str(value) for name, value in error.values.items() if f"{{{name}}}" in error.template]
    return ": ".join([error.code, *filter(None, shown)])[:MAX_DETAIL]


def from_note(note: str) -> Phrase:
    """The sentence for a note; a note without an error code is returned as it is."""
    code, _colon, detail = note.partition(": ")
    error = _OURS[code](detail) if code in _OURS else from_code(code, detail)
    return error.phrase if error.code == code else Phrase(note)
