"""What every request passes through before a page, a route or the API sees it."""

from nicegui import App

from .. import compat
from .cookieless import Cookieless
from .request_id import RequestId
from .requests import BodyBound, HeadAsGet, SoundRange
from .safety_headers import SafetyHeaders
from .same_site import KnownHost, SameSite
from .static_cache import KeptFiles
from .turns import Turns


def install(app: App) -> None:
    """Put them before the app; the last one added is the first that a request meets."""
    for middleware in (BodyBound, HeadAsGet, SoundRange, SameSite, KnownHost, Turns, SafetyHeaders, RequestId):
        app.add_middleware(middleware)
    compat.put_first(app, lambda inner: KeptFiles(Cookieless(inner)))
