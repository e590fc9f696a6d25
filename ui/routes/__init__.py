"""What is neither a page nor the API: sign-in, static files, shared media, webhooks, health."""

from fastapi import APIRouter
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
    routes = APIRouter()  # one for all: each that the app itself includes wraps the app's start and end once more
    for part in (auth, docs, media, ops, static, webhooks):
        routes.include_router(part.router)
    app.include_router(routes)
    app.add_middleware(BodyBound)
    app.add_middleware(HeadAsGet)
    app.add_middleware(SoundRange)
    app.add_middleware(SameSite)
    app.add_middleware(KnownHost)
    app.add_middleware(SafetyHeaders)
    app.add_middleware(RequestId)
    compat.put_first(app, KeptFiles)
