"""What is neither a page nor the API: sign-in, static files, shared media, webhooks, health."""

from nicegui import App
from starlette.types import ASGIApp

from . import auth, docs, media, ops, static, webhooks
from .compression import Compression as compression  # noqa: N813 - a factory to whoever uses it
from .guard import BodyBound, HeadAsGet, SoundRange
from .headers import KnownHost, SafetyHeaders, SameSite
from .kept import KeptFiles
from .trail import RequestId

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
    _put_first(app)


def _put_first(app: App) -> None:
    """Kept files before everything, also before what NiceGUI adds when it runs: sessions, tracking, prefixes."""

    def build() -> ASGIApp:
        return KeptFiles(type(app).build_middleware_stack(app))

    app.build_middleware_stack = build  # type: ignore[method-assign]
