"""The user of a request: CurrentUser and Visitor; sign in, sign out.

The cookie is signed but readable, so it holds only the user's number and epoch and the browser's random id.
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

    Raises NotSignedIn; TooManyAttempts after many wrong keys. A valid key always works.
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
    """A cache key for the request's credential: the hashed API key or the cookie, with different prefixes."""
    header = request.headers.get("authorization", "")
    if header.partition(" ")[0]:
        return "key " + hashlib.sha256(header.encode()).hexdigest()
    return f"cookie {request.session.get('user')} {request.session.get('epoch')}"


async def caller(request: Request) -> int:
    """The id of a request's user, like `current_user`, cached for polls (ui/poll_cache.py)."""
    credential = _credential(request)
    if user_id := poll_cache.caller(credential):
        return user_id
    before = poll_cache.callers()
    user = await current_user(request)
    poll_cache.keep_caller(credential, user.id, before)
    return user.id


def address(request: Request) -> str:
    """The client's IP address; behind a trusted proxy (FORWARDED_ALLOW_IPS) the one it reports."""
    return request.client.host if request.client else ""


def sign_in(request: Request, user: User) -> str:
    """Sign the user in with a new session, which prevents session fixation.

    Returns the browser's previous id, for `tell` once the answer with the new cookie is sent.
    """
    browser: str = request.session.get("id", "")
    request.session.clear()
    request.session.update(id=str(uuid4()), user=user.id, epoch=user.epoch)
    return browser


def sign_out(request: Request) -> str:
    """Sign this browser out. Returns its previous id, for `tell`."""
    browser: str = request.session.get("id", "")
    request.session.clear()
    request.session["id"] = str(uuid4())
    return browser


async def sign_out_everywhere(user: User) -> None:
    """Sign the user out in every browser and on every open page; old cookies become invalid."""
    async with session() as db:
        await users.end_sessions(db, user.id)
        after_commit(db, lambda: publish(News(user_id=user.id, status=SIGNED_OUT)))


async def tell(browser: str) -> None:
    """Notify the browser's open pages that its visitor has changed; without Redis they notice at the next click."""
    with contextlib.suppress(RedisError, OSError):
        await publish(News(browser=browser))


Visitor = Annotated[User | None, Depends(visitor)]
CurrentUser = Annotated[User, Depends(current_user)]
CallerId = Annotated[int, Depends(caller)]
