"""Puts the plain pages before those that need a socket."""

from nicegui import App

from . import embed, gallery, pricing, watch
from .shell import route

PAGES = {"/v/{slug}": watch.draw, "/gallery": gallery.draw, "/pricing": pricing.draw}


def register(app: App) -> None:
    """Strangers get the plain pages; whoever is signed in gets the others."""
    app.include_router(embed.router)
    for path, draw in PAGES.items():
        app.router.routes.insert(0, route(path, draw))
