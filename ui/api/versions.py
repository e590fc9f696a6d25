"""`/api/v1/videos/{id}/...`: what was made from a video, its captions as files, and its title."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from core.catalog.size import Size
from core.database.session import reading, session
from core.edits import captions, exports, timeline
from core.edits.fields import Size as Offered
from core.errors import NotFound
from core.ids import MAX_ID
from core.models import TITLE_LENGTH
from core.phrase import Phrase
from core.videos import queries, states

from .. import files
from ..session import CurrentUser
from .following import last_news, mine
from .schemas import problems, stored
from .shapes import Id, Page, VideoOut
from .videos import videos_out

router = APIRouter(tags=["videos"])
CACHE = "private, max-age=86400"
WRITERS = {
    "srt": (captions.write_srt, "application/x-subrip; charset=utf-8"),
    "vtt": (captions.write_vtt, "text/vtt; charset=utf-8"),
}


class TitleIn(BaseModel):
    """A video's own name; null takes it away."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: str | None = Field(max_length=TITLE_LENGTH)


@router.patch("/videos/{video_id}", responses=problems(404))
async def rename(user: CurrentUser, video_id: Id, wanted: TitleIn) -> VideoOut:
    """Give a video a title of its own."""
    async with session() as db:
        await states.set_title(db, user.id, video_id, wanted.title or None)
        row = await queries.owned(db, user.id, video_id)
    return VideoOut.of(row, await last_news(row))


@router.get("/videos/{video_id}/versions", responses=problems(404))
async def versions(
    user: CurrentUser,
    video_id: Id,
    cursor: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Page[VideoOut]:
    """What was made from this video, newest first."""
    async with reading() as db:
        await queries.owned(db, user.id, video_id)
        rows = await queries.made_from(db, user.id, video_id, cursor, limit + 1)
    return await videos_out(rows, limit)


@router.get("/videos/{video_id}/filmstrip", response_class=FileResponse, responses=stored("image/webp"))
async def filmstrip(user: CurrentUser, video_id: Id) -> Response:
    """Thirty frames of the video side by side, as WebP; made when it is first asked for, and kept a day."""
    return await _export(user.id, video_id, "filmstrip")


@router.get(
    "/videos/{video_id}/animation.{form}",
    response_class=FileResponse,
    responses=stored("image/webp", "image/gif"),
)
async def animation(user: CurrentUser, video_id: Id, form: Literal["webp", "gif"], download: bool = False) -> Response:
    """The video without its sound, as an animated WebP or GIF for mails and shop pages.

    It is made when it is first asked for, which takes some seconds, and kept a day. `?download=1` as an attachment.
    """
    return await _export(user.id, video_id, form, f"adsvideo-{video_id}.{form}" if download else "")


@router.get("/videos/{video_id}/anew", response_class=FileResponse, responses=stored("video/mp4") | problems(409))
async def anew(user: CurrentUser, video_id: Id, size: Offered) -> Response:
    """A clip of the studio camera in another shape, rendered anew; made when it is first asked for, and kept a day."""
    async with reading() as db:
        row = await queries.owned(db, user.id, video_id)
    return await files.answer(await exports.anew(row, Size.parse(size)), "video/mp4", cache=CACHE)


async def _export(user_id: int, video_id: int, form: exports.Form, name: str = "") -> Response:
    async with reading() as db:
        row = await queries.owned(db, user_id, video_id)
    key = await exports.made(row, form)
    return await files.answer(key, exports.MEDIA_TYPES[form], cache=CACHE, name=name)


@router.get(
    "/videos/{video_id}/captions.{form}",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/vtt": {}, "application/x-subrip": {}}}, **problems(404)},
)
async def captions_file(user: CurrentUser, video_id: Id, form: Literal["srt", "vtt"]) -> Response:
    """An edit's captions as a file."""
    row = await mine(user, video_id)
    cues = timeline.read(row.edit).cues() if row.edit else []
    if not cues:
        raise NotFound(Phrase("captions"))
    write, media_type = WRITERS[form]
    return Response(write(cues), media_type=media_type, headers={"Cache-Control": CACHE})
