"""Stands before the app and hands `/mcp` to the MCP server, which is loaded when somebody with a key first calls.

The SDK's app has a lifespan and middleware of its own, and NiceGUI takes every path that comes behind it; so this is a
middleware, not a route. Loading takes some seconds of CPU and 40 MB, which nobody without a key may cause.
"""

import asyncio
import importlib
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import JSONResponse
from nicegui import background_tasks
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import AdsVideoError, NoAnswer, NotFound, NotSignedIn
from core.phrase import Phrase
from core.settings import settings

from ..problem import envelope
from ..session import caller
from .caller import Caller, calling

log = logging.getLogger(__name__)
PATH = "/mcp"
RESOURCE = "/.well-known/oauth-protected-resource"
"""Where the specification of MCP has clients look for how to sign in."""


class Room:
    """The MCP server of this process: not there, being loaded, or running."""

    def __init__(self) -> None:
        self._app: asyncio.Future[ASGIApp] | None = None
        self._leave = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def open(self) -> ASGIApp:
        """The server's app; loaded by whoever comes first. Raises whatever keeps it from being loaded."""
        if self._app is None or (self._app.done() and self._app.exception()):
            self._app = asyncio.get_running_loop().create_future()
            self._running = background_tasks.create(self._run(self._app), name="mcp")
        return await asyncio.shield(self._app)

    async def _run(self, opened: asyncio.Future[ASGIApp]) -> None:
        try:
            server = await asyncio.to_thread(importlib.import_module, f"{__package__}.server")
            app, sessions = server.over_http()
            async with sessions.run():
                opened.set_result(app)
                await self._leave.wait()
        except Exception as error:
            if not opened.done():
                opened.set_exception(error)
            raise

    async def close(self) -> None:
        """End it; calls that are waiting end with it."""
        self._leave.set()
        if self._running:
            await asyncio.gather(self._running, return_exceptions=True)
        self._app, self._running, self._leave = None, None, asyncio.Event()


class Door:
    """ASGI middleware: `/mcp` to the server, with who calls; everything else goes on."""

    def __init__(self, app: ASGIApp, room: Room) -> None:
        self.app, self.room = app, room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].rstrip("/") if scope["type"] == "http" else ""
        if path not in (PATH, RESOURCE, RESOURCE + PATH):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if settings().mcp == "off":
            await envelope(NotFound())(scope, receive, send)
        elif path != PATH:
            await JSONResponse(_resource(request))(scope, receive, send)
        else:
            await self._enter({**scope, "path": PATH, "raw_path": PATH.encode()}, receive, send)

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        try:
            if not request.headers.get("authorization"):
                raise NotSignedIn()  # a browser's session opens nothing here
            user_id = await caller(request)
        except AdsVideoError as error:
            await _refused(error, request)(scope, receive, send)
            return
        try:
            server = await self.room.open()
        except Exception:
            log.exception("the MCP server can't be loaded")
            await envelope(NoAnswer(Phrase("MCP")))(scope, receive, send)
            return
        token = calling.set(Caller(user_id, base_url(request)))
        try:
            await server(scope, receive, send)
        finally:
            calling.reset(token)


def base_url(request: Request) -> str:
    """The address of AdsVideo as its callers know it."""
    return settings().public_url or f"{request.url.scheme}://{request.url.netloc}"


def _resource(request: Request) -> dict[str, object]:
    """RFC 9728: what is here, and that a key goes into the header."""
    return {
        "resource": base_url(request) + PATH,
        "resource_name": "AdsVideo",
        "bearer_methods_supported": ["header"],
        "resource_documentation": f"{base_url(request)}/docs",
    }


def _refused(error: AdsVideoError, request: Request) -> JSONResponse:
    answer = envelope(error)
    if isinstance(error, NotSignedIn):
        where = f"{base_url(request)}{RESOURCE}{PATH}"
        answer.headers["WWW-Authenticate"] = f'Bearer error="invalid_token", resource_metadata="{where}"'
    return answer


def hosts() -> list[str]:
    """The values of Host under which `/mcp` answers; empty: whatever the rest of the app answers under.

    Without PUBLIC_URL an app that listens on other than loopback addresses can't know its names; there calls need a
    key, which no foreign page has.
    """
    config = settings()
    ours = ["127.0.0.1", "localhost", "[::1]"] if config.public_url or config.is_loopback else []
    named = [urlsplit(config.public_url).netloc] if config.public_url else []
    return [*named, *(f"{host}{port}" for host in ours for port in ("", ":*"))]


def install(add_middleware: Callable[..., Any], room: Room) -> None:
    """Put the door before the app."""
    add_middleware(Door, room=room)
