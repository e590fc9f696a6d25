"""Gives every request an id, from a proxy's X-Request-ID or a new one; it is in the log and the answer."""

import logging
import re
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.ops import log_context

log = logging.getLogger(__name__)
ACTING = ("/api/", "/auth/", "/webhooks/", "/v1/", "/mcp")
VIDEO = re.compile(r"/videos/(\d{1,18})(/|$)")


class RequestId:
    """ASGI middleware, before all others. Work over a WebSocket has the id of that connection."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_id = log_context.valid_or_new(Headers(scope=scope).get("x-request-id"))
        with log_context.of_request(request_id):
            if scope["type"] == "websocket":
                await self.app(scope, receive, send)
            elif match := VIDEO.search(scope["path"]):
                with log_context.about(int(match[1])):
                    await self._answer(request_id, scope, receive, send)
            else:
                await self._answer(request_id, scope, receive, send)

    async def _answer(self, request_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        started, status = time.monotonic(), 500

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, named)
        finally:
            acts = scope["method"] not in ("GET", "HEAD", "OPTIONS") and scope["path"].startswith(ACTING)
            extra = {"status": status, "seconds": round(time.monotonic() - started, 3)}
            log.log(logging.INFO if acts else logging.DEBUG, "%s %s", scope["method"], scope["path"], extra=extra)
