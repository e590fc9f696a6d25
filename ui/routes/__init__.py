"""What is neither a page nor the API: sign-in, static files, shared media, webhooks, health."""

from fastapi import APIRouter
from nicegui import App

from . import auth, media, ops, static, stripe, webhooks


def register(app: App) -> None:
    """Add the routes to the app."""
    routes = APIRouter()  # one for all: each that the app itself includes wraps the app's start and end once more
    for part in (auth, media, ops, static, stripe, webhooks):
        routes.include_router(part.router)
    app.include_router(routes)
