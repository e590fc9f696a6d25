"""Whom gallery, likes and comments are for: SOCIAL."""

from typing import Annotated

from fastapi import Depends, Request

from core.errors import NotFound, NotSignedIn
from core.models import User
from core.phrase import Phrase
from core.settings import settings

from .session import current_user, visitor


def is_on() -> bool:
    """Whether there is anything of it."""
    return settings().social_for != "off"


def may_read(user: User | None) -> bool:
    """Whether that visitor may see gallery and comments."""
    return is_on() and (user is not None or settings().social_for == "public")


async def reader(request: Request) -> User | None:
    """Who reads: a user, or nobody in particular where it is public. Raises NotFound where it is off, NotSignedIn."""
    if not is_on():
        raise NotFound(Phrase("gallery"))
    if request.headers.get("authorization"):
        return await current_user(request)
    user = await visitor(request)
    if not may_read(user):
        raise NotSignedIn()
    return user


async def member(request: Request) -> User:
    """Who likes, comments and reports. Raises NotFound where it is off, NotSignedIn."""
    if not is_on():
        raise NotFound(Phrase("gallery"))
    return await current_user(request)


Reader = Annotated[User | None, Depends(reader)]
Member = Annotated[User, Depends(member)]
