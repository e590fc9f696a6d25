"""Sign in and out: at an OpenID Connect provider, or, where none is configured, as the local user with a click."""

import logging
from functools import lru_cache
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from httpx2 import HTTPError  # what authlib speaks
from joserfc.errors import JoseError
from starlette.background import BackgroundTask

from core import limits
from core.accounts import identities, users
from core.accounts.identities import Identity
from core.database.session import session as unit_of_work
from core.errors import Blocked, EmailMissing, SignInFailed, SignInRefused, TooManyAttempts
from core.settings import settings

from .. import i18n, session
from ..addresses import inside, origin

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)


def _provider() -> Any:
    """The client of the configured issuer."""
    config = settings()
    secret = config.google_client_secret
    return _client(config.oidc_issuer, config.google_client_id, secret.get_secret_value() if secret else None)


@lru_cache
def _client(issuer: str, client_id: str, client_secret: str | None) -> Any:
    """Code flow with PKCE, state and nonce checked."""
    oauth = OAuth()
    oauth.register(
        "provider",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": 10},
    )
    return oauth.provider


def _callback(request: Request) -> str:
    """The callback URL: based on PUBLIC_URL if set, else on the Host header."""
    return f"{origin(request)}/auth/callback"


def _go(target: str, browser: str) -> Response:
    """Redirect, then notify the browser's other pages, which need the new cookie first."""
    return RedirectResponse(target, status_code=303, background=BackgroundTask(session.tell, browser))


def _refused(error: SignInRefused) -> Response:
    return RedirectResponse(f"/login?why={error.code}", status_code=303)


async def _failed(request: Request, error: SignInRefused) -> Response:
    try:
        await limits.check_attempts(session.address(request), failed=True)
    except TooManyAttempts as too_many:
        return _too_many(request, too_many)
    return _refused(error)


def _too_many(request: Request, error: TooManyAttempts) -> Response:
    """Plain text: a full page would cost more than the attempt."""
    with i18n.speaking(i18n.of(request)):
        return PlainTextResponse(i18n.explain(error), error.status, {"Retry-After": str(error.retry_after)})


@router.get("/auth/login")
async def login(request: Request, next: str = "/") -> Response:
    """Lead to the provider, or sign the local user in, and go back to where the click came from."""
    if not settings().has_provider:
        async with unit_of_work() as db:
            user = await users.find_or_create(db, users.LOCAL_EMAIL, "You")
            if user.blocked_at is not None:
                return _refused(Blocked())
            browser = await session.sign_in(db, request, user)
        return _go(inside(next), browser)
    request.session["next"] = inside(next)
    try:
        await limits.check_attempts(session.address(request))
    except TooManyAttempts as error:
        return _too_many(request, error)
    try:
        answer: Response = await _provider().authorize_redirect(request, _callback(request))
    except (AuthlibBaseError, HTTPError, ValueError) as error:
        log.error("the identity provider can't be reached: %s", error)
        return _refused(SignInFailed())
    return answer


@router.get("/auth/callback")
async def callback(request: Request) -> Response:
    """Return from the provider: check its answer and sign the user in."""
    if not settings().has_provider:
        return RedirectResponse("/", status_code=303)
    target = inside(request.session.get("next"))
    try:
        await limits.check_attempts(session.address(request))
        token = await _provider().authorize_access_token(request)
        who = _identity(await _claims(token))
        async with unit_of_work() as db:
            browser = await session.sign_in(db, request, await identities.by_identity(db, who))
    except TooManyAttempts as error:
        return _too_many(request, error)
    except SignInRefused as error:
        log.warning("sign-in refused: %s", error.code)
        return await _failed(request, error)
    except (AuthlibBaseError, JoseError, HTTPError, KeyError, TypeError, ValueError) as error:
        log.warning("sign-in failed: %s: %.300s", type(error).__name__, error)
        return await _failed(request, SignInFailed())
    return _go(target, browser)


async def _claims(token: dict[str, Any]) -> dict[str, Any]:
    """What the ID token says, and UserInfo of what it leaves out, which is the standard's normal case.

    An e-mail and its verification count only together: one of them is never taken from elsewhere than the other,
    unless both places name the same e-mail. Raises SignInFailed if the two speak of different people.
    """
    claims: dict[str, Any] = dict(token.get("userinfo") or {})
    if claims.get("email") and "email_verified" in claims:
        return claims
    provider = _provider()
    if "userinfo_endpoint" not in await provider.load_server_metadata():
        return claims
    more = dict(await provider.userinfo(token=token))
    if not more.get("sub") or more["sub"] != claims["sub"]:
        log.warning("sign-in: the ID token is of %r, UserInfo of %r", claims["sub"], more.get("sub"))
        raise SignInFailed()
    source = more if claims.get("email") in (None, "", more.get("email")) else claims
    return {**more, **claims, "email": source.get("email"), "email_verified": source.get("email_verified")}


def _identity(claims: dict[str, Any]) -> Identity:
    """Raises EmailMissing."""
    if not claims.get("email"):
        raise EmailMissing()
    picture = str(claims.get("picture", ""))
    return Identity(
        issuer=claims["iss"],
        subject=claims["sub"],
        email=str(claims["email"]),
        email_verified=claims.get("email_verified") in (True, "true"),
        name=str(claims.get("name", ""))[:200],
        avatar_url=picture[:2000] if picture.startswith("https://") else "",
    )


@router.get("/auth/logout")
async def logout(request: Request) -> Response:
    """Sign out of this browser: its session ends, also for whoever has a copy of its cookie."""
    async with unit_of_work() as db:
        browser = await session.sign_out(db, request)
    return _go("/", browser)
