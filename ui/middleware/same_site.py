"""Refuses requests that come from other sites' pages or under a host name that is not ours."""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers as Received
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import CrossSite, UnknownHost
from core.settings import settings

from ..problem import envelope

SAFE = ("GET", "HEAD", "OPTIONS")


class KnownHost:
    """Refuses foreign host names where a click signs in (DNS rebinding).

    A foreign name may resolve to 127.0.0.1; the browser then takes the foreign page for ours. IP addresses and names
    without a dot can't be foreign.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        config = settings()
        if scope["type"] == "http" and not config.has_provider and not _is_ours(Received(scope=scope).get("host", "")):
            await envelope(UnknownHost(), path=scope["path"])(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _is_ours(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if "." not in name or name.endswith(".localhost") or name == urlsplit(settings().public_url).hostname:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class SameSite:
    """Refuses requests that another site's page sends with the visitor's cookie (CSRF).

    SameSite=Lax stops most of them; Sec-Fetch-Site or Origin reveals the rest. Signing out is a GET and refused too
    when another site's page requests it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _acts(scope) and _is_from_elsewhere(scope["path"], Received(scope=scope)):
            await envelope(CrossSite())(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _acts(scope: Scope) -> bool:
    path = scope["path"]
    if path == "/auth/logout":
        return True
    return scope["method"] not in SAFE and path.startswith("/api/")


def _is_from_elsewhere(path: str, headers: Received) -> bool:
    if headers.get("authorization") and path.startswith("/api/"):  # a key: the cookie is ignored
        return False
    site = headers.get("sec-fetch-site")
    if site:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if not origin:
        return False
    ours = {headers.get("host", ""), urlsplit(settings().public_url).netloc} - {""}  # Origin `null` has no host
    return urlsplit(origin).netloc not in ours
