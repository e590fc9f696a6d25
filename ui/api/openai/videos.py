"""`/v1/videos`: list, follow, fetch, delete."""

import asyncio
import contextlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import FileResponse

from core.database.session import reading, session
from core.edits import exports
from core.errors import Conflict, NotFound
from core.models import ACTIVE, Video
from core.redis.news import last_of
from core.security import public_ids
from core.videos import library, queries, states

from ... import files
from ...openai_problem import Refusal
from ..following import LOOK_SECONDS, listening, poll
from .caller import KeyCaller
from .document import problems
from .pace import tell_pace
from .shapes import VideoDeleted, VideoList, VideoObject

router = APIRouter(tags=["videos"])
VideoId = Annotated[str, Path(description="`video_...`")]
CANCEL_SECONDS = 15.0
"""So long a deletion waits for a video that is being made to stop."""
CACHE = "private, max-age=86400"
BINARY = {"schema": {"type": "string", "format": "binary"}}
FILES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {"video/mp4": BINARY, "image/webp": BINARY, "image/jpeg": BINARY}},
    206: {"description": "The part that `Range` asks for", "content": {"video/mp4": BINARY}},
    416: {"description": "`Range` begins behind the end; no body", "content": {"text/plain": {}}},
}


def number_of(public: str) -> int:
    """The number behind a public id. Raises Refusal."""
    if (number := public_ids.video_id(public)) is None:
        raise _no_video(public)
    return number


def _no_video(public: str) -> Refusal:
    return Refusal(f"Video with id '{public[:100]}' not found.", "not_found", "video_id", 404)


async def _video(user_id: int, public: str) -> Video:
    try:
        return (await poll(user_id, number_of(public)))[0]
    except NotFound:
        raise _no_video(public) from None


@router.get("/videos", responses=problems(400, 401, 429))
async def videos_page(
    caller: KeyCaller,
    after: Annotated[str | None, Query(description="The id behind which the page begins")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Literal["asc", "desc"] = "desc",
) -> VideoList:
    """My videos, the newest first, or the oldest with `order=asc`."""
    start = public_ids.video_id(after) if after else None
    if after and start is None:
        raise Refusal(f"'{after[:100]}' is not the id of a video.", "invalid_value", "after")
    async with reading() as db:
        rows = await queries.behind(db, caller, start, limit + 1, oldest_first=order == "asc")
    shown = rows[:limit]
    news = await last_of([row.id for row in shown if row.status in ACTIVE])
    items = [VideoObject.of(row, news.get(row.id)) for row in shown]
    first, last = (items[0].id, items[-1].id) if items else (None, None)
    return VideoList(data=items, first_id=first, last_id=last, has_more=len(rows) > limit)


@router.get("/videos/{video_id}", responses=problems(401, 404, 429))
async def video(caller: KeyCaller, video_id: VideoId, response: Response) -> VideoObject:
    """A video and how far it is; `openai-poll-after-ms` says when to ask again."""
    try:
        row, news = await poll(caller, number_of(video_id))
    except NotFound:
        raise _no_video(video_id) from None
    await tell_pace(response, row)
    return VideoObject.of(row, news)


@router.get(
    "/videos/{video_id}/content",
    response_class=FileResponse,
    responses={**FILES, **problems(400, 401, 404, 429, 503)},
)
async def content(
    caller: KeyCaller, video_id: VideoId, variant: Literal["video", "thumbnail", "spritesheet"] = "video"
) -> Response:
    """The MP4, its poster as WebP, or frames of it on one JPEG. Never a redirect; 404 until it is completed."""
    row = await _video(caller, video_id)
    if row.status != "completed" or not row.key or not row.poster_key:
        raise Refusal(f"Video is not ready yet: its status is {row.status}.", "not_ready", "video_id", 404)
    if variant == "spritesheet":
        key, kind = await exports.made(row, "spritesheet"), exports.MEDIA_TYPES["spritesheet"]
    else:
        key, kind = (row.key, "video/mp4") if variant == "video" else (row.poster_key, "image/webp")
    return await files.answer(key, kind, cache=CACHE, streamed=True)


@router.delete("/videos/{video_id}", responses=problems(401, 404, 409, 429))
async def delete(caller: KeyCaller, video_id: VideoId) -> VideoDeleted:
    """Delete a video and its files; one that is being made is canceled first."""
    row = await _video(caller, video_id)
    if row.status in ACTIVE:
        await _cancel(caller, row.id)
    try:
        async with session() as db:
            await library.delete_one(db, caller, row.id)
    except NotFound:
        raise _no_video(video_id) from None
    return VideoDeleted(id=video_id)


async def _cancel(user_id: int, number: int) -> None:
    """Cancel, and wait until the video has ended, one way or another, for at most CANCEL_SECONDS."""
    until = asyncio.get_running_loop().time() + CANCEL_SECONDS
    with listening(user_id, number) as ear:
        with contextlib.suppress(Conflict):  # it is being brought home, which soon ends it as well
            async with session() as db:
                await states.cancel(db, user_id, number)
        while (left := until - asyncio.get_running_loop().time()) > 0:
            if (await poll(user_id, number))[0].status not in ACTIVE:
                return
            await ear.wait(min(left, LOOK_SECONDS))
