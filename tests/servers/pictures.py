"""A web server that hands out pictures, and much else that one may find at the address of a picture."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp

from tests.servers import Call, LocalServer, jpeg

MEGABYTE = 1024 * 1024


class PictureServer(LocalServer):
    """`/photo.jpg` is a picture; the other paths say what they do."""

    def app(self) -> ASGIApp:
        app = FastAPI()

        @app.middleware("http")
        async def note(request: Request, go_on):  # type: ignore[no-untyped-def]
            self.calls.append(Call(request.method, request.url.path, dict(request.headers)))
            return await go_on(request)

        @app.get("/photo.jpg")
        async def photo() -> Response:
            return Response(jpeg(320, 240), media_type="application/octet-stream")

        @app.get("/text.png")
        async def text() -> Response:
            return Response("I am text", media_type="image/png")

        @app.get("/half.jpg")
        async def half() -> Response:
            return Response(jpeg(320, 240)[:3000], media_type="image/jpeg")

        @app.get("/large.jpg")
        async def large() -> StreamingResponse:
            async def endless() -> AsyncIterator[bytes]:
                for _ in range(64):
                    yield bytes(MEGABYTE)

            return StreamingResponse(endless(), media_type="image/jpeg")

        @app.get("/drip.jpg")
        async def drip() -> StreamingResponse:
            async def drops() -> AsyncIterator[bytes]:
                while True:
                    yield b"\xff"
                    await asyncio.sleep(0.05)

            return StreamingResponse(drops(), media_type="image/jpeg")

        @app.get("/redirect")
        async def redirect(to: str) -> RedirectResponse:
            return RedirectResponse(to)

        @app.get("/round/{n}")
        async def around(n: int) -> RedirectResponse:
            return RedirectResponse(f"/round/{n - 1}" if n > 1 else "/photo.jpg")

        return app
