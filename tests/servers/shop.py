"""A shop with a product's page, and pages as one would not wish them."""

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp

from tests.servers import LocalServer, jpeg

CUP = {
    "@type": "Product",
    "name": "Ceramic Cup",
    "description": "Hand made",
    "image": ["/cup.jpg", "/gone.jpg", "/side.jpg", "/cup.jpg"],
    "offers": {"price": "24.90", "priceCurrency": "EUR"},
}


class ShopServer(LocalServer):
    """`/cup` is a product's page; the other paths say what they do."""

    def app(self) -> ASGIApp:
        app = FastAPI()

        @app.get("/cup")
        async def cup() -> HTMLResponse:
            return HTMLResponse(f'<html><script type="application/ld+json">{json.dumps(CUP)}</script></html>')

        @app.get("/cup.jpg")
        async def front() -> Response:
            return Response(jpeg(320, 240), media_type="image/jpeg")

        @app.get("/side.jpg")
        async def side() -> Response:
            return Response(jpeg(240, 320), media_type="image/jpeg")

        @app.get("/nothing")
        async def nothing() -> HTMLResponse:
            return HTMLResponse("<html><title>About us</title><p>We make cups.</p></html>")

        @app.get("/inside")
        async def inside() -> RedirectResponse:
            return RedirectResponse("http://169.254.169.254/latest/meta-data/")

        @app.get("/huge")
        async def huge() -> HTMLResponse:
            return HTMLResponse("<html>" + "x" * (4 * 1024 * 1024))

        @app.get("/drip")
        async def drip() -> StreamingResponse:
            async def drops() -> AsyncIterator[bytes]:
                while True:
                    yield b"<p>"
                    await asyncio.sleep(0.05)

            return StreamingResponse(drops(), media_type="text/html")

        return app
