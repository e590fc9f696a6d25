"""What is neither a page nor the API: sign-in, static files, shared media, webhooks, health."""

from nicegui import App

from .. import compat
from ..middleware.compression import Compression as compression  # noqa: N813 - a factory to whoever uses it
from ..middleware.request_id import RequestId
from ..middleware.requests import BodyBound, HeadAsGet, SoundRange
from ..middleware.safety_headers import SafetyHeaders
from ..middleware.same_site import KnownHost, SameSite
from ..middleware.static_cache import KeptFiles
from . import auth, docs, media, ops, static, webhooks

__all__ = ["compression", "register"]


def register(app: App) -> None:
    """Add the routes to the app, and what stands before all of them."""
    for part in (auth, docs, media, ops, static, webhooks):
        app.include_router(part.router)
    app.add_middleware(BodyBound)
    app.add_middleware(HeadAsGet)
    app.add_middleware(SoundRange)
    app.add_middleware(SameSite)
    app.add_middleware(KnownHost)
    app.add_middleware(SafetyHeaders)
    app.add_middleware(RequestId)
    compat.put_first(app, KeptFiles)
