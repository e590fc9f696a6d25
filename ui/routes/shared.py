"""The files of shared videos, for anybody who has the link; ui/plain/door.py leads there."""

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import Response

from core.database.session import reading
from core.errors import NotAvailable, NotFound
from core.models import Video
from core.social import sharing

from .. import files
from ..problem import envelope

router = APIRouter(include_in_schema=False)


async def _shared(slug: str, key_of: Callable[[Video], str | None], media_type: str) -> Response:
    try:
        async with reading() as db:
            video = await sharing.shared(db, slug)
        # not cached by proxies: a link that is withdrawn leads nowhere at once
        return await files.answer(key_of(video), media_type, cache="private, max-age=60")
    except (NotFound, NotAvailable) as error:
        return envelope(error)


@router.get("/v/{slug}/content")
async def content(slug: str) -> Response:
    """The MP4 of a shared video, with Range."""
    return await _shared(slug, lambda video: video.key, "video/mp4")


@router.get("/v/{slug}/preview")
async def preview(slug: str) -> Response:
    """A small copy of a shared video without sound, for a place where many are shown."""
    return await _shared(slug, lambda video: video.preview_key or video.key, "video/mp4")


@router.get("/v/{slug}/poster")
async def poster(slug: str) -> Response:
    """The poster of a shared video."""
    return await _shared(slug, lambda video: video.poster_key, "image/webp")
