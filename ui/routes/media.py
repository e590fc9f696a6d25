"""The files of videos that a signed link leads to, for an hour."""

from fastapi import APIRouter
from fastapi.responses import Response

from core.database.session import reading
from core.errors import NotAvailable, NotFound
from core.security import links
from core.videos import queries

from .. import files
from ..problem import envelope

router = APIRouter(include_in_schema=False)


@router.get("/media/{name}")
async def signed(name: str, expires: int = 0, signature: str = "") -> Response:
    """The MP4 or the poster behind a signed link, with Range; 404 once it has ended or the video is gone."""
    try:
        number = links.video_behind(name, expires, signature)
        async with reading() as db:
            video = await queries.completed(db, number or 0)
        is_film = name.endswith(".mp4")
        key, kind = (video.key, "video/mp4") if is_film else (video.poster_key, "image/webp")
        return await files.answer(key, kind, cache="private, max-age=60")
    except (NotFound, NotAvailable) as error:
        return envelope(error)
