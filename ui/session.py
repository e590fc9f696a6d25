"""The user of a request: CurrentUser and Visitor; sign in, sign out.

The cookie is signed but readable, so it holds only the user's number and epoch and the browser's random id.
It is valid as long as core/accounts/sessions.py has that browser.
"""

import contextlib
import hashlib
import logging
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, Request
from nicegui import background_tasks
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from core import limits
from core.accounts import api_keys, sessions, users
from core.accounts.sessions import Ticket
from core.database.session import after_commit, reading, session
from core.errors import AdsVideoError, NotSignedIn
from core.models import ApiKey, User
from core.redis.news import SIGNED_OUT, News, publish
from core.settings import settings

from . import holders, poll_cache

log = logging.getLogger(__name__)
_touching: set[int] = set()
"""The keys whose last use is being written."""


def cookie_options() -> dict[str, Any]:
    """For Starlette's session middleware. Lax, because the way back from an identity provider is a cross-site GET."""
    secure = settings().public_url.startswith("https://")
    return {"max_age": sessions.DAYS * 24 * 3600, "same_site": "lax", "https_only": secure}


def ticket(request: Request) -> Ticket | None:
    """What the cookie of a request says of its visitor, to be shown to `sessions.by_ticket`."""
    browser, user_id, epoch = (request.session.get(name) for name in ("id", "user", "epoch"))
    if isinstance(browser, str) and isinstance(user_id, int) and isinstance(epoch, int):
        return Ticket(browser, user_id, epoch)
    return None


async def visitor(request: Request) -> User | None:
    """The signed-in user of a browser, if there is one."""
    shown = ticket(request)
    if shown is None:
        return None
    async with reading() as db:
        return await sessions.by_ticket(db, shown)


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
            holders.learn(f"{scheme} {key}", user.id)
        except NotSignedIn:
            holders.unlearn(f"{scheme} {key}")
            await limits.check_attempts(address(request), failed=True)
            raise
        if api_keys.is_stale(api_key) and api_key.id not in _touching:
            _touching.add(api_key.id)
            background_tasks.create(_touch(api_key), name="touch an API key")
        return user
    user_or_none = await visitor(request)
    if user_or_none is None:
        raise NotSignedIn()
    return user_or_none


@background_tasks.await_on_shutdown
async def _touch(key: ApiKey) -> None:
    """Beside the request: whoever only reads waits for no writer."""
    try:
        async with session() as db:
            await api_keys.touch_key(db, key)
    except (AdsVideoError, DBAPIError) as error:
        log.info("when a key was used last is not written: %s", type(error).__name__)
    finally:
        _touching.discard(key.id)


def _credential(request: Request) -> str:
    """A cache key for the request's credential: the hashed API key or the cookie, with different prefixes."""
    header = request.headers.get("authorization", "")
    if header.partition(" ")[0]:
        return "key " + hashlib.sha256(header.encode()).hexdigest()
    return f"cookie {ticket(request)}"


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


async def sign_in(db: AsyncSession, request: Request, user: User) -> str:
    """Sign the user in with a new session, which prevents session fixation; the previous one ends.

    Returns the browser's previous id, for `tell` once the answer with the new cookie is sent.
    """
    browser = await sign_out(db, request)
    request.session.update(user=user.id, epoch=user.epoch)
    await sessions.begin(db, user, request.session["id"])
    return browser


async def sign_out(db: AsyncSession, request: Request) -> str:
    """End this browser's session. Returns its previous id, for `tell`."""
    browser: str = request.session.get("id", "")
    request.session.clear()
    request.session["id"] = str(uuid4())
    await sessions.end(db, browser)
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
