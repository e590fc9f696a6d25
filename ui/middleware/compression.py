"""Compresses text: pages lightly each time, static files well, as static_cache.py caches the result.

NiceGUI's own middleware gzips every static file again on every cold visit, on the event loop; starlette-compress has
one quality for both and works on the event loop too.
"""

import asyncio
import gzip

import brotli
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TEXT = ("text/html", "text/css", "text/javascript", "application/javascript", "application/json", "image/svg+xml")
STATIC = ("/_nicegui/", "/static/")
SMALL = 600


def coding_of(headers: Headers) -> str:
    """The best encoding that the browser accepts: `br`, `gzip`, or empty for none."""
    accepted = headers.get("accept-encoding", "")
    return "br" if "br" in accepted else "gzip" if "gzip" in accepted else ""


class Compression:
    """ASGI middleware. Partial, small, encoded and non-text answers pass unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        coding = coding_of(headers)
        if not coding or "range" in headers:
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _Answer(send, coding, well=scope["path"].startswith(STATIC)))


class _Answer:
    """The `send` of one request: buffers a text answer until it is complete."""

    def __init__(self, send: Send, coding: str, *, well: bool) -> None:
        self._send, self._coding, self._well = send, coding, well
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self._is_text(message):
                self._start = message
                return
        elif self._start is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)
            return
        await self._send(message)

    def _is_text(self, start: Message) -> bool:
        headers = Headers(raw=start["headers"])
        kind = headers.get("content-type", "").partition(";")[0]
        return start["status"] in (200, 404, 500) and kind in TEXT and "content-encoding" not in headers

    async def _finish(self, start: Message) -> None:
        body, self._body = bytes(self._body), bytearray()  # free it: an open page keeps its request, and so us
        headers = MutableHeaders(raw=list(start["headers"]))
        headers.add_vary_header("Accept-Encoding")
        # when the visitor has left, the body is incomplete and must not get a matching length
        is_whole = int(headers.get("content-length", len(body))) == len(body)
        if len(body) >= SMALL and is_whole:
            body = await asyncio.to_thread(_compress, body, self._coding, well=self._well)
            headers["Content-Encoding"] = self._coding
            headers["Content-Length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def _compress(body: bytes, coding: str, *, well: bool) -> bytes:
    """Compress well what is cached, quickly what is not."""
    if coding == "br":
        return bytes(brotli.compress(body, quality=9 if well else 4))
    return gzip.compress(body, 9 if well else 4)
