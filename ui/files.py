"""Serves a stored file with Range: from our disk, or by a redirect to the bucket."""

from urllib.parse import quote

from fastapi.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from core.errors import NotFound
from core.phrase import Phrase
from core.storage import store


async def answer(
    key: str | None,
    media_type: str,
    *,
    cache: str,
    name: str = "",
    what: Phrase | None = None,
    streamed: bool = False,
) -> Response:
    """The file; with `name` as an attachment. Raises NotFound (`what`, else a video), NotAvailable.

    A bucket's file is fetched there by a signed URL; a download comes through us, as that sets its name, and so does
    what is `streamed`, for clients that follow no redirect.
    """
    headers = {"Cache-Control": cache, "X-Content-Type-Options": "nosniff"}
    if not key:
        raise NotFound(what or Phrase("video"))
    path = store.path(key)
    if path:
        if not path.is_file():
            raise NotFound(what or Phrase("video"))
        return FileResponse(path, media_type=media_type, filename=name or None, headers=headers)
    if not name and not streamed:
        # not cached: the address expires, and what is deleted or withdrawn leads nowhere at once
        return RedirectResponse(await store.url(key) or "", 307, headers={"Cache-Control": "no-store"})
    try:
        size, chunks = await store.stream(key)
    except FileNotFoundError:
        raise NotFound(what or Phrase("video")) from None
    headers["Content-Length"] = str(size)
    if name:
        headers["Content-Disposition"] = attachment(name)
    return StreamingResponse(chunks, media_type=media_type, headers=headers)


def attachment(name: str) -> str:
    """The header that names a download, whatever letters its name has (RFC 6266)."""
    if name.isascii():
        return f'attachment; filename="{name}"'
    return f"attachment; filename*=utf-8''{quote(name)}"
