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
    """Refuses another name for our address where a click signs in.

    A name server of somebody else's may say that their name is 127.0.0.1: to the browser their page is then ours.
    Numbers and names without a dot can't be theirs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = settings()
        if scope["type"] == "http" and not known.has_provider and not _is_ours(Received(scope=scope).get("host", "")):
            await envelope(UnknownHost())(scope, receive, send)
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
    """Refuses what another site's page sends in the name of a visitor: the cookie comes along, the key would not.

    SameSite=Lax keeps the cookie from most of it; a browser says the rest itself, by Sec-Fetch-Site or Origin. Signing
    out is a GET, and refused likewise where another page's script or picture asks for it.
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
    if headers.get("authorization") and path.startswith("/api/"):  # a key; the cookie does nothing then
        return False
    site = headers.get("sec-fetch-site")
    if site:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if not origin:
        return False
    ours = {headers.get("host", ""), urlsplit(settings().public_url).netloc} - {""}  # of `null` there is no name
    return urlsplit(origin).netloc not in ours
