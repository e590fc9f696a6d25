"""Who calls: an API key, and nothing but one. A browser's session opens nothing here."""

from typing import Annotated

from fastapi import Depends, Request

from core.models import User

from ...openai_problem import Refusal
from ...session import caller, current_user

NO_KEY = "You didn't provide an API key. Send it as Authorization: Bearer KEY."


def _check_key(request: Request) -> None:
    if not request.headers.get("authorization"):
        raise Refusal(NO_KEY, "invalid_api_key", status=401)


async def key_user(request: Request) -> User:
    """The user of the key. Raises NotSignedIn, TooManyAttempts, Refusal."""
    _check_key(request)
    return await current_user(request)


async def key_caller(request: Request) -> int:
    """The id of the key's user, cached for polls. Raises the same."""
    _check_key(request)
    return await caller(request)


KeyUser = Annotated[User, Depends(key_user)]
KeyCaller = Annotated[int, Depends(key_caller)]
