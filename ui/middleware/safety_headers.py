"""Adds security headers: what our pages may do in a browser."""

import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.settings import settings
from core.storage import store

# NiceGUI runs what the server sends it (and on /kit Vue compiles templates), so 'unsafe-eval' has to stay; styles
# are set inline by Vue and Quasar. Inline scripts run only with the nonce of this very answer.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-eval' 'nonce-{nonce}'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob: https:{bucket}",  # an avatar is on the identity provider's host
    "media-src": "'self' blob:{bucket}",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
CSP = "; ".join(f"{name} {value}" for name, value in POLICY.items())
# for everything but pages: a browser that shows a video or picture alone wraps it in a page of its own
NOTHING = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), browsing-topics=()"
HSTS = "max-age=31536000; includeSubDomains"
PRIVATE = "private, no-store"
PROGRAMS = ("/api/", "/v1/", "/mcp")
"""Where programs call; what is answered there belongs into no cache."""


class SafetyHeaders:
    """ASGI middleware: adds the headers that a route has not set itself. API answers are never cached."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _Answer(scope["path"], send))


def _policy(nonce: str) -> str:
    """The policy with this nonce, and with the bucket's host if files are there."""
    return CSP.format(nonce=nonce, bucket="".join(f" {origin}" for origin in store.origins()))


class _Answer:
    """The `send` of one request: buffers a page until it is complete and adds the nonce to its scripts."""

    def __init__(self, path: str, send: Send) -> None:
        self._path, self._send = path, send
        self._page: Message | None = None
        self._nonce = secrets.token_urlsafe(16)
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            is_page = headers.get("content-type", "").startswith("text/html")
            self._add(headers, is_page)
            message = {**message, "headers": headers.raw}
            if is_page:
                self._page = message
                return
        elif self._page and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_page(self._page)
            return
        await self._send(message)

    def _add(self, headers: MutableHeaders, is_page: bool) -> None:
        added = {
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "Permissions-Policy": PERMISSIONS,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-site" if self._path.startswith(PROGRAMS) else "",
            "Content-Security-Policy": _policy(self._nonce) if is_page else NOTHING,
            "Cache-Control": PRIVATE if self._path.startswith(PROGRAMS) else "",
            "Strict-Transport-Security": HSTS if settings().public_url.startswith("https://") else "",
        }
        if "frame-ancestors *" in headers.get("content-security-policy", ""):
            added["X-Frame-Options"] = ""  # a page for other sites
        for name, value in added.items():
            if value:
                headers.setdefault(name, value)

    async def _send_page(self, start: Message) -> None:
        body = bytes(self._body).replace(b"<script", f'<script nonce="{self._nonce}"'.encode())
        self._body = bytearray()  # frees the memory: an open page keeps its request, which refers to us
        headers = MutableHeaders(raw=start["headers"])
        if "content-length" in headers and body:
            headers["Content-Length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})
