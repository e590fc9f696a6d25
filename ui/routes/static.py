"""Our own static files, cached for ever: their addresses carry a hash of their content."""

import mimetypes
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from .. import theme

ROOT = Path(__file__).resolve().parent.parent / "static"
KINDS = {".css", ".js", ".svg", ".png", ".jpg", ".webp", ".avif", ".ico", ".woff2", ".mp4", ".json"}
FOREVER = "public, max-age=31536000, immutable"
mimetypes.add_type("image/avif", ".avif")
mimetypes.add_type("image/webp", ".webp")
mimetypes.add_type("font/woff2", ".woff2")

router = APIRouter(include_in_schema=False)


@router.get("/static/{path:path}")
def static(path: str, v: str = "") -> Response:
    """A file below ui/static; without its hash in the address it is cached for an hour only."""
    headers = {"Cache-Control": FOREVER if v else "public, max-age=3600"}
    if make := theme.JOINED.get(path):
        return Response(make(), media_type=mimetypes.guess_type(path)[0], headers=headers)
    if not path.isprintable():
        return Response(status_code=404)
    file = (ROOT / path).resolve()
    if not file.is_relative_to(ROOT) or file.suffix not in KINDS or not file.is_file():
        return Response(status_code=404)
    return FileResponse(file, headers=headers)
