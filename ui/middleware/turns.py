"""Requests of one visitor take turns, so that others need not wait behind a hundred of them.

A web process is one event loop: what is asked at once is worked on at once, each a little at a time, and whoever comes
last waits for all. So of one visitor's requests only a few are worked on; the rest waits in line, and a line that is
too long is refused. A turn ends when the answer begins, or when there is nothing to do but wait for something.
"""

import asyncio
import html
import re

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import TooManyAtOnce, TooManyRequests

from .. import holders, i18n, open_pages
from ..problem import envelope

TURN = "adsvideo.turn"
UNCOUNTED = ("/_nicegui", "/static/", "/webhooks/", "/healthz", "/readyz", "/metrics", "/favicon.ico")
"""What costs next to nothing, or is asked by a machine for everybody; NiceGUI's long polls last until there is news."""
CALLS = re.compile(r"/(api|v1|mcp|auth)(/|$)|/v/[^/]+/")
CALLS_AT_ONCE, PAGES_AT_ONCE = 4, 1
LINE = 100
"""As many streams as one connection of HTTP/2 usually has."""
RETRY_SECONDS = 5
LONGEST_PAUSE = 0.2
"""Seconds. Where more pages of one visitor are waiting, the next begins after as long a pause as the last one took."""


class _Line:
    """Those of one visitor who have a turn, and those who wait for one, first come first served."""

    def __init__(self, at_once: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self.waiting = 0
        self.inside = 0

    @property
    def is_empty(self) -> bool:
        """Whether nobody is here."""
        return not self.waiting and not self.inside

    async def enter(self) -> None:
        """Wait for a turn. Raises TooManyAtOnce."""
        if self.waiting >= LINE:
            raise TooManyAtOnce(LINE, RETRY_SECONDS)
        self.waiting += 1
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1
        self.inside += 1

    def leave(self, pause: float) -> None:
        """Let the next one in, after so many seconds."""
        self.inside -= 1
        if self.waiting and pause:
            asyncio.get_running_loop().call_later(pause, self._places.release)
        else:
            self._places.release()


class _Turn:
    def __init__(self, line: _Line, is_page: bool) -> None:
        self._line, self._is_page = line, is_page
        self._began = asyncio.get_running_loop().time()
        self._is_over = False

    def end(self) -> None:
        """Let the next one in; once."""
        if not self._is_over:
            self._is_over = True
            took = asyncio.get_running_loop().time() - self._began
            self._line.leave(min(took, LONGEST_PAUSE) if self._is_page else 0)


def rest(request: Request) -> None:
    """From here on this request only waits: others of its visitor may go on."""
    turn = request.scope.get(TURN)
    if isinstance(turn, _Turn):
        turn.end()


class Turns:
    """ASGI middleware, behind the one that reads the session.

    An app whose pages are gone once they are answered has `keeps_pages` off: they need no room, and no pause between.
    """

    def __init__(self, app: ASGIApp, *, keeps_pages: bool = True) -> None:
        self.app, self._keeps_pages = app, keeps_pages
        self._lines: dict[tuple[str, bool], _Line] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(UNCOUNTED):
            await self.app(scope, receive, send)
            return
        is_page = self._keeps_pages and not CALLS.match(scope["path"])
        key = (holders.of(scope), is_page)
        line = self._lines.setdefault(key, _Line(PAGES_AT_ONCE if is_page else CALLS_AT_ONCE))
        try:
            await self._in_turn(line, is_page, scope, receive, send)
        except TooManyRequests as error:
            await _refusal(error, scope)(scope, receive, send)
        finally:
            if line.is_empty and self._lines.get(key) is line:
                del self._lines[key]

    async def _in_turn(self, line: _Line, is_page: bool, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises TooManyRequests before anything is answered."""
        await line.enter()
        turn = _Turn(line, is_page)
        try:
            if is_page:
                open_pages.make_room(holders.of(scope))
            await self._answer(turn, scope, receive, send)
        finally:
            turn.end()

    async def _answer(self, turn: _Turn, scope: Scope, receive: Receive, send: Send) -> None:
        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                turn.end()
            await send(message)

        await self.app({**scope, TURN: turn}, receive, watched)


def _refusal(error: TooManyRequests, scope: Scope) -> ASGIApp:
    """A page of one sentence for people, that loads itself anew; it costs nothing and holds nothing."""
    request = Request(scope)
    if CALLS.match(scope["path"]) or "text/html" not in request.headers.get("accept", ""):
        return envelope(error, request)
    language = i18n.of(request)
    with i18n.speaking(language):
        sentence = html.escape(i18n.explain(error))
    text = PAGE.format(language=i18n.TAGS[language], sentence=sentence, seconds=error.retry_after)
    return HTMLResponse(text, error.status, {"Retry-After": str(error.retry_after), "Cache-Control": "no-store"})


PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>AdsVideo</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="{seconds}"></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto; padding: 0 1.5rem">
<h1 style="font-size: 1.25rem">AdsVideo</h1><p role="alert">{sentence}</p></body></html>"""
