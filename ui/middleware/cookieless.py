"""Sets no cookie with what other sites fetch."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATHS = ("/embed", "/card.jpg", "/oembed")


class Cookieless:
    """Takes the session's cookie off the answers to PATHS."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith(PATHS):
            await self.app(scope, receive, send)
            return

        async def without(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                del headers["set-cookie"]
                message = {**message, "headers": headers.raw}
            await send(message)

        await self.app(scope, receive, without)
