"""The same form as bare HTML with our stylesheet, font and pictures: the least that a page which looks so can cost."""

# ruff: noqa: E402
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from ui import theme

PICTURES = "".join(
    f'<img class=tile src="/static/presets/{path.name}" alt="">'
    for path in sorted((theme.STATIC / "presets").glob("*-192.webp"))
)
PAGE = f"""<!doctype html><html lang=en><title>Bare</title><link rel=stylesheet href="/app.css">
<link rel=preload href="{theme.asset("fonts/inter.woff2")}" as=font type="font/woff2" crossorigin>
<main class=page><form class=form><input type=file>{PICTURES}<textarea class=input></textarea>
<select class=input><option>Sora 2<option>Sora 1<option>Runway<option>Camera</select>
<button type=button class=generate-button data-testid=generate>Generate</button></form>
<img src="/static/samples/perfume.webp" alt=""></main></html>"""


def page(_request: Request) -> Response:
    """The form."""
    return HTMLResponse(PAGE)


def style(_request: Request) -> Response:
    """Our stylesheet."""
    return Response(theme.stylesheet(), media_type="text/css", headers={"Cache-Control": "max-age=3600"})


app = Starlette(
    routes=[Route("/", page), Route("/app.css", style), Mount("/static", StaticFiles(directory=theme.STATIC))],
    middleware=[Middleware(GZipMiddleware)],
)
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error")
