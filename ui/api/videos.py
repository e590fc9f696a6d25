"""`/api/v1/videos`: make, follow, fetch, cancel, delete."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from core import at_once
from core.catalog import entries
from core.catalog.size import Size
from core.database.session import reading, session
from core.errors import NotFound
from core.ids import MAX_ID
from core.models import ACTIVE, Video
from core.phrase import Phrase
from core.pictures.fit import Framing, FramingIn
from core.redis.news import News, last_of
from core.videos import library, queries, states
from core.videos.ask import ask
from core.videos.library import name_of
from core.videos.options import Options
from core.videos.recipe import Recipe
from core.videos.request import MAX_PROMPT

from .. import files
from ..middleware import turns
from ..session import CallerId, CurrentUser
from .following import LOOK_SECONDS, last_news, listening, mine, poll
from .schemas import WEB_ADDRESS, problems, stored
from .shapes import Id, Page, VideoOut

router = APIRouter(tags=["videos"])
CACHE = "private, max-age=86400"



def _offered(schema: dict[str, Any]) -> None:
    """What is checked later, with an error of its own: exactly one picture, and what the catalogue offers."""
    models = entries.models().values()
    lengths = sorted({seconds for model in models for seconds in model.seconds})
    fields = schema["properties"]
    fields["model"]["enum"] = [*(model.id for model in models), None]
    fields["seconds"]["enum"] = [*lengths, None]
    fields["size"]["enum"] = [*sorted(map(str, entries.sizes())), None]
    fields["prompt"] |= {"minLength": 1, "maxLength": MAX_PROMPT, "pattern": r"\S"}
    del fields["prompt"]["default"]
    schema["required"] = ["prompt"]
    schema["oneOf"] = [
        {"required": ["image_id"], "properties": {"image_id": {"type": "integer"}}},
        {"required": ["image_url"], "properties": {"image_url": {"type": "string", "minLength": 1}}},
    ]


class GenerateIn(BaseModel):
    """What to make, of a picture of yours (`image_id`) or of one on the web (`image_url`).

    Without `model`, `seconds` or `size` the default is taken; `framing` is a centred crop. `options` are those that
    the model names; of the studio camera's each that is left out is taken from the words of the prompt.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra=_offered)

    image_id: int | None = Field(None, ge=1, le=MAX_ID, strict=True)
    image_url: str | None = Field(None, max_length=2000, json_schema_extra=WEB_ADDRESS)
    prompt: str = Field("", max_length=20_000)
    model: str | None = None
    seconds: int | None = Field(None, strict=True)
    size: str | None = None
    framing: FramingIn | None = None
    options: Options | None = None
    batch: bool | None = Field(None, description="True: it has time, and is begun after everything that has none")

    def recipe(self) -> Recipe:
        """Raises BadSize."""
        return Recipe(
            picture_id=self.image_id,
            picture_url=self.image_url or "",
            prompt=self.prompt,
            model=self.model,
            seconds=self.seconds,
            size=None if self.size is None else Size.parse(self.size),
            framing=Framing(**self.framing.model_dump()) if self.framing else None,
            options=self.options,
        )


@router.post("/videos/generate", status_code=202, responses=problems(402, 404, 413, 429))
async def generate(
    user: CurrentUser,
    body: GenerateIn,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> VideoOut:
    """Take the price and start a video.

    The same `Idempotency-Key` gives the same video and one charge; with another body it is refused.
    """
    video = await ask(user, body.recipe(), idempotency_key=idempotency_key or "", batch=body.batch)
    return VideoOut.of(video, await last_news(video))


@router.get("/videos")
async def videos_page(
    user: CurrentUser,
    cursor: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    kind: Literal["generated", "edited", "ad"] | None = None,
) -> Page[VideoOut]:
    """My videos, newest first, all or of one kind."""
    async with reading() as db:
        rows = await queries.page(db, user.id, cursor, limit + 1, kind)
    return await videos_out(rows, limit)


async def videos_out(rows: list[Video], limit: int) -> Page[VideoOut]:
    """A page of videos with their news; one row more than `limit` says that there are more."""
    news = await last_of([row.id for row in rows[:limit] if row.status in ACTIVE])
    items = [VideoOut.of(row, news.get(row.id)) for row in rows[:limit]]
    return Page(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


@router.get("/videos/{video_id}", responses=problems(404))
async def video(
    request: Request,
    caller: CallerId,
    video_id: Id,
    wait: Annotated[int, Query(ge=0, le=60, description="Answer when it changes, or after so many seconds")] = 0,
) -> VideoOut:
    """A video and how far it is."""
    row, news = await poll(caller, video_id)
    if not wait or row.status not in ACTIVE:
        return VideoOut.of(row, news)
    with at_once.WAITS.of(caller):
        turns.rest(request)
        return VideoOut.of(*await _changed(caller, video_id, wait))


async def _changed(user_id: int, video_id: int, wait: int) -> tuple[Video, News | None]:
    """A video that is under way, and its news, as soon as something is new, at the latest after `wait` seconds."""
    until = asyncio.get_running_loop().time() + wait
    with listening(user_id, video_id) as ear:
        row, news = await poll(user_id, video_id)
        heard = False
        while row.status in ACTIVE and not heard and (left := until - asyncio.get_running_loop().time()) > 0:
            heard = await ear.wait(min(left, LOOK_SECONDS))
            row, news = await poll(user_id, video_id)
    return row, news


@router.delete("/videos/{video_id}", status_code=204, responses=problems(404, 409))
async def delete(user: CurrentUser, video_id: Id) -> None:
    """Delete a video; its files go a little later. One that is being made must be canceled first (409)."""
    async with session() as db:
        await library.delete_one(db, user.id, video_id)


@router.post("/videos/{video_id}/restore", responses=problems(404))
async def restore(user: CurrentUser, video_id: Id) -> VideoOut:
    """Bring back a video that was deleted less than five minutes ago; 404 after that."""
    async with session() as db:
        if not await library.restore(db, user.id, [video_id]):
            raise NotFound(Phrase("video"))
        row = await queries.owned(db, user.id, video_id)
    return VideoOut.of(row, await last_news(row))


@router.post("/videos/{video_id}/cancel", responses=problems(404, 409))
async def cancel(user: CurrentUser, video_id: Id) -> VideoOut:
    """Stop a video. Its price is returned unless its provider had started; 409 if it has ended."""
    async with session() as db:
        row = await states.cancel(db, user.id, video_id)
    return VideoOut.of(row, await last_news(row))


@router.get("/videos/{video_id}/content", response_class=FileResponse, responses=stored("video/mp4"))
async def content(user: CurrentUser, video_id: Id, download: bool = False) -> Response:
    """The MP4, with Range; `?download=1` as an attachment. Where files are in a bucket, a redirect to it.

    Of a file too heavy for the web a smaller copy is played, and the file itself is downloaded, if it was kept.
    """
    row = await mine(user, video_id)
    key = row.original_key or row.key if download else row.key
    return await files.answer(key, "video/mp4", cache=CACHE, name=name_of(row) if download else "")


@router.get("/videos/{video_id}/preview", response_class=FileResponse, responses=stored("video/mp4"))
async def preview(user: CurrentUser, video_id: Id) -> Response:
    """A small copy without sound, for a place where many are shown; the MP4 itself where that is small."""
    row = await mine(user, video_id)
    return await files.answer(row.preview_key or row.key, "video/mp4", cache=CACHE)


@router.get("/videos/{video_id}/poster", response_class=FileResponse, responses=stored("image/webp"))
async def poster(user: CurrentUser, video_id: Id) -> Response:
    """A picture of the video, as WebP."""
    return await files.answer((await mine(user, video_id)).poster_key, "image/webp", cache=CACHE)
