"""What every request passes through before a page, a route or the API sees it."""

from collections.abc import Callable
from functools import partial

from nicegui import App
from starlette.types import ASGIApp

from .. import compat
from .compression import Compression
from .request_id import RequestId
from .requests import BodyBound, HeadAsGet, SoundRange
from .safety_headers import SafetyHeaders
from .same_site import KnownHost, SameSite
from .static_cache import KeptFiles
from .turns import Turns


def install(app: App, door: Callable[[ASGIApp], ASGIApp]) -> None:
    """Put them before the app, and that door before them; the last one added is the first that a request meets."""
    for middleware in (BodyBound, HeadAsGet, SoundRange, SameSite, KnownHost, Turns, SafetyHeaders, RequestId):
        app.add_middleware(middleware)
    compat.put_first(app, lambda inner: KeptFiles(door(inner)))


def around_plain(app: ASGIApp) -> ASGIApp:
    """Those that an app needs that only shows, to whomever it may be."""
    for each in (HeadAsGet, SoundRange, KnownHost, partial(Turns, keeps_pages=False), SafetyHeaders, RequestId):
        app = each(app)
    return Compression(app)
