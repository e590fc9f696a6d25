"""Refuses JSON with half a character in it (`"\\ud800"`): no database, file or answer of ours can hold one."""

from fastapi import Request

from core.errors import WrongInput
from core.phrase import Phrase


async def whole_characters(request: Request) -> None:
    """A dependency of every route, which runs before the body's fields are read. Raises WrongInput."""
    if "json" not in request.headers.get("Content-Type", "application/json").lower():
        return
    try:
        body = await request.json() if await request.body() else None
    except (ValueError, RecursionError):
        return  # whoever reads the body says what is wrong with it
    if has_half(body):
        raise WrongInput(Phrase("The text has half a character in it (a lone surrogate)."))


def has_half(body: object) -> bool:
    """Whether any string of a JSON value, names included, is no Unicode text. Not recursive: JSON may be deep."""
    parts = [body]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            parts += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            parts += part
        elif isinstance(part, str) and any("\ud800" <= sign <= "\udfff" for sign in part):
            return True
    return False
