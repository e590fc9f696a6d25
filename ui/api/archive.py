"""`/api/v1/videos/zip`: several videos as one file."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from core.database.session import reading
from core.errors import NotFound
from core.phrase import Phrase
from core.storage import zip_stream
from core.videos import library

from ..session import CurrentUser
from .schemas import problems

router = APIRouter(tags=["videos"])
ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}}, **problems(404)}
IDS = r"^[0-9]{1,9}(,[0-9]{1,9})*$"


@router.get("/videos/zip", response_class=StreamingResponse, responses=ZIP)
async def videos_zip(
    user: CurrentUser, ids: Annotated[str, Query(pattern=IDS, max_length=10 * library.MAX_CHOSEN)]
) -> StreamingResponse:
    """The MP4s of these videos and a `manifest.json` of how they were made; those without a file are left out."""
    wanted_ids = {int(one) for one in ids.split(",")}
    async with reading() as db:
        videos = await library.chosen(db, user.id, list(wanted_ids))
    finished = [video for video in videos if video.key]
    if {video.id for video in videos} != wanted_ids or not finished:
        raise NotFound(Phrase("video"))
    headers = {"Content-Disposition": 'attachment; filename="adsvideo.zip"', "Cache-Control": "no-store"}
    files = [(name, video.key or "") for name, video in zip(library.names_of(finished), finished, strict=True)]
    zipped = zip_stream.zipped({"manifest.json": library.manifest(finished)}, files)
    return StreamingResponse(zipped, media_type="application/zip", headers=headers)
