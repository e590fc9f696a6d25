"""Who is looking: CurrentUser and Visitor; sign in, sign out.

The cookie is signed and readable, so it holds nothing but the user's number and epoch and the browser's random id.
"""

import contextlib
import hashlib
from typing import Annotated
from uuid import uuid4

from fastapi import Depends, Request
from redis.exceptions import RedisError

from core import limits
from core.accounts import api_keys, users
from core.database.session import after_commit, reading, session
from core.errors import NotSignedIn
from core.models import User
from core.redis.news import SIGNED_OUT, News, publish
from core.settings import settings

from . import poll_cache

DAYS = 30


def cookie_options() -> dict[str, object]:
    """For Starlette's session middleware. Lax, because the way back from an identity provider is a cross-site GET."""
    secure = settings().public_url.startswith("https://")
    return {"max_age": DAYS * 24 * 3600, "same_site": "lax", "https_only": secure}


async def visitor(request: Request) -> User | None:
    """The signed-in user of a browser, if there is one."""
    user_id = request.session.get("user")
    if not isinstance(user_id, int):
        return None
    async with reading() as db:
        user = await users.get(db, user_id)
    mine = user is not None and user.epoch == request.session.get("epoch") and user.blocked_at is None
    return user if mine else None


async def current_user(request: Request) -> User:
    """The user behind a request: `Authorization: Bearer KEY`, else the browser's session.

    Raises NotSignedIn, and TooManyAttempts for one wrong key after the other. A right key always opens.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme:
        if scheme.lower() != "bearer" or not key:
            raise NotSignedIn()
        try:
            async with reading() as db:
                user, api_key = await api_keys.by_key(db, key.strip())
        except NotSignedIn:
            await limits.check_attempts(address(request), failed=True)
            raise
        if api_keys.is_stale(api_key):
            async with session() as db:
                await api_keys.touch_key(db, api_key)
        return user
    user_or_none = await visitor(request)
    if user_or_none is None:
        raise NotSignedIn()
    return user_or_none


def _credential(request: Request) -> str:
    """The key, not readable any more, or the cookie; the one can't be taken for the other."""
    header = request.headers.get("authorization", "")
    if header.partition(" ")[0]:
        return "key " + hashlib.sha256(header.encode()).hexdigest()
    return f"cookie {request.session.get('user')} {request.session.get('epoch')}"


async def caller(request: Request) -> int:
    """The id of a request's user, like `current_user`, without a query for every poll: see ui/poll_cache.py."""
    credential = _credential(request)
    if known := poll_cache.caller(credential):
        return known
    before = poll_cache.callers()
    user = await current_user(request)
    poll_cache.keep_caller(credential, user.id, before)
    return user.id


def address(request: Request) -> str:
    """Where a request comes from: behind a proxy that is believed (FORWARDED_ALLOW_IPS), what it says."""
    return request.client.host if request.client else ""


def sign_in(request: Request, user: User) -> str:
    """Make this browser the user's. The session is a new one: a planted one is useless.

    Gives the browser's id of before, for `tell` once the answer with the new cookie is sent.
    """
    browser: str = request.session.get("id", "")
    request.session.clear()
    request.session.update(id=str(uuid4()), user=user.id, epoch=user.epoch)
    return browser


def sign_out(request: Request) -> str:
    """Make this browser nobody's. Gives the browser's id of before, for `tell`."""
    browser: str = request.session.get("id", "")
    request.session.clear()
    request.session["id"] = str(uuid4())
    return browser


async def sign_out_everywhere(user: User) -> None:
    """Make every browser of the user nobody's, on every page they have open; old cookies are useless."""
    async with session() as db:
        await users.end_sessions(db, user.id)
        after_commit(db, lambda: publish(News(user_id=user.id, status=SIGNED_OUT)))


async def tell(browser: str) -> None:
    """The browser's pages hear that its visitor has changed, if news travels; else they find out at the next click."""
    with contextlib.suppress(RedisError, OSError):
        await publish(News(browser=browser))


Visitor = Annotated[User | None, Depends(visitor)]
CurrentUser = Annotated[User, Depends(current_user)]
CallerId = Annotated[int, Depends(caller)]
