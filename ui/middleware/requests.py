"""Middleware before every route: a limit for request bodies, HEAD for every GET, and valid ranges only."""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.edits import audio
from core.errors import AdsVideoError, AudioTooLarge, BodyTooLarge, PictureTooLarge
from core.pictures.intake import MAX_BYTES

from ..openai_problem import is_ours
from ..problem import envelope

AROUND = 64 * 1024
"""The multipart lines around a file."""
LIMIT = MAX_BYTES + AROUND
AUDIO_LIMIT = audio.MAX_BYTES + AROUND
DOOR_LIMIT = MAX_BYTES * 4 // 3 + AROUND
"""At the front door a picture may come as base64."""
DRAIN = 256 * 1024 * 1024


class BodyBound:
    """Answers 413 to a body over the limit. The body is read and dropped, so that the client receives the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        limit = AUDIO_LIMIT if scope["path"].endswith("/audio") else DOOR_LIMIT if is_ours(scope["path"]) else LIMIT
        if declared.isdigit() and int(declared) > limit:
            await self._refuse(scope, receive, send)
            return
        seen, over = 0, False

        async def bounded() -> Message:
            nonlocal seen, over
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                over = True
                return {"type": "http.disconnect"}
            return message

        answered = False

        async def watched(message: Message) -> None:
            nonlocal answered
            if not over:
                answered = True
                await send(message)

        try:
            await self.app(scope, bounded, watched)
        except Exception:
            if not over:
                raise
        if over and not answered:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        dropped = 0
        while dropped < DRAIN:
            message = await receive()
            dropped += len(message.get("body", b""))
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                break
        by_noun = {"images": PictureTooLarge(), "audio": AudioTooLarge(audio.MAX_MB)}
        error: AdsVideoError = by_noun.get(scope["path"].rpartition("/")[2], BodyTooLarge())
        await envelope(error, path=scope["path"])(scope, receive, send)


class HeadAsGet:
    """Answers HEAD like GET, without the body; link previews and load balancers use it.

    The answer ends with its headers; a stream then sees a disconnect.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        over = False

        async def without_body(message: Message) -> None:
            nonlocal over
            if message["type"] != "http.response.body":
                await send(message)
            elif not over:
                over = True
                await send({"type": "http.response.body", "body": b""})

        await self.app({**scope, "method": "GET"}, receive, without_body)


class SoundRange:
    """Removes an invalid Range (`bytes=5-2`, another unit): RFC 9110 says to ignore it, Starlette answers 400."""

    RANGE = re.compile(r"bytes=[ \t]*((\d+-\d*|-\d+)[ \t]*(,[ \t]*|$))+", re.IGNORECASE)

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = [(name, value) for name, value in scope["headers"] if name != b"range" or self._is_sound(value)]
            scope = {**scope, "headers": headers}
        await self.app(scope, receive, send)

    def _is_sound(self, value: bytes) -> bool:
        text = value.decode("latin-1").strip()
        if len(text) > 1000 or not self.RANGE.fullmatch(text):
            return False
        return all(int(first) <= int(last) for first, last in re.findall(r"(\d+)-(\d+)", text))
