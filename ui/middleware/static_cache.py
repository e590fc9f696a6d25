"""Serves static files from memory, read and compressed only once."""

from collections import OrderedDict
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .compression import STATIC, coding_of

LARGEST = 1024 * 1024
ROOM = 32 * 1024 * 1024
OF_PAGES = {
    b"content-security-policy",
    b"cross-origin-opener-policy",
    b"permissions-policy",
    b"referrer-policy",
    b"x-frame-options",
}
"""What a browser is told about a page, 400 bytes; an SVG may be one, with scripts."""
NOT_KEPT = {b"set-cookie", b"date", b"x-request-id"}


@dataclass(frozen=True)
class _File:
    headers: list[tuple[bytes, bytes]]
    body: bytes


class KeptFiles:
    """ASGI middleware around all others: static files need no session, cookies or headers.

    Only answers marked `immutable` are cached. Requests with Range or If-None-Match pass unchanged.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._files: OrderedDict[tuple[str, str, bool], _File] = OrderedDict()
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(STATIC):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        whole = scope["method"] == "GET" and "range" not in headers and "if-none-match" not in headers
        key = (coding_of(headers), scope["path"], b"v=" in scope.get("query_string", b""))
        file = self._files.get(key) if whole else None
        if file:
            self._files.move_to_end(key)
            await send({"type": "http.response.start", "status": 200, "headers": file.headers})
            await send({"type": "http.response.body", "body": file.body})
        else:
            await self.app(scope, receive, _Taking(self, send, key if whole else None))

    def keep(self, key: tuple[str, str, bool], file: _File) -> None:
        """Cache a file; the least recently used ones are dropped to stay under ROOM bytes."""
        before = self._files.pop(key, None)
        self._size += len(file.body) - (len(before.body) if before else 0)
        self._files[key] = file
        while self._size > ROOM:
            self._size -= len(self._files.popitem(last=False)[1].body)


def _own_headers(raw: list[tuple[bytes, bytes]], kind: str) -> list[tuple[bytes, bytes]]:
    """Those that say something about a file of this content type, and not about its visitor or a page."""
    left_out = NOT_KEPT if kind.startswith(("text/html", "image/svg")) else NOT_KEPT | OF_PAGES
    own = ((name, value) for name, value in raw if name.lower() not in left_out)
    return [(name, value.replace(b", Cookie", b"")) for name, value in own if (name, value) != (b"vary", b"Cookie")]


class _Taking:
    """The `send` of one request: removes cookies and caches what may be cached."""

    def __init__(self, owner: KeptFiles, send: Send, key: tuple[str, str, bool] | None) -> None:
        self._owner, self._send, self._key = owner, send, key
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()

    def _length(self) -> int:
        """The declared length of the body, which is incomplete if the visitor has left; -1 if unknown."""
        return int(Headers(raw=self._headers).get("content-length", -1))

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            self._headers = _own_headers(message["headers"], kind)
            message = {**message, "headers": self._headers}
            if message["status"] != 200 or "immutable" not in Headers(raw=self._headers).get("cache-control", ""):
                self._key = None
        elif self._key and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if len(self._body) > LARGEST:
                self._key = None
            elif not message.get("more_body") and len(self._body) == self._length():
                self._owner.keep(self._key, _File(self._headers, bytes(self._body)))
        await self._send(message)
