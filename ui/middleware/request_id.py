"""Gives every request its id: X-Request-ID as a proxy has set it, or a new one; it stands in the log and the answer."""

import logging
import re
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.ops import log_context

log = logging.getLogger(__name__)
ACTING = ("/api/", "/auth/", "/webhooks/")
VIDEO = re.compile(r"/videos/(\d{1,18})(/|$)")


class RequestId:
    """Before everything else. What a page asks for over its WebSocket has the id of that connection."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_id = log_context.sound_or_new(Headers(scope=scope).get("x-request-id"))
        with log_context.of_request(request_id):
            if scope["type"] == "websocket":
                await self.app(scope, receive, send)
            elif found := VIDEO.search(scope["path"]):
                with log_context.about(int(found[1])):
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
            said = {"status": status, "seconds": round(time.monotonic() - started, 3)}
            log.log(logging.INFO if acts else logging.DEBUG, "%s %s", scope["method"], scope["path"], extra=said)
