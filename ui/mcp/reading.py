"""Tools that only read."""

import asyncio
import base64
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ContentBlock, ImageContent, TextContent
from pydantic import BaseModel, Field

from core.accounts import users
from core.billing import budgets
from core.database.session import reading
from core.errors import NotAvailable
from core.ids import MAX_ID
from core.models import ACTIVE
from core.models import Video as Row
from core.redis.news import News, last_of
from core.settings import settings
from core.storage import store
from core.videos import queries

from .. import poll_cache
from ..api.following import LOOK_SECONDS, listening, poll
from ..api.models import ModelOut, all_models
from .caller import user
from .shapes import Video, Videos

MAX_WAIT = 25
"""Clients give a call up after a minute or less."""
ALONE_SECONDS = 1.0
"""Between two looks in a process that no news reaches."""
VideoId = Annotated[int, Field(ge=1, le=MAX_ID, description="The id of a video of yours")]


class Models(BaseModel):
    """Every model; those in state `ready` can be used."""

    models: list[ModelOut]


class Account(BaseModel):
    """Who calls, and what may be spent."""

    email: str
    name: str
    role: str
    credits: int
    budget_left: int | None = Field(description="Credits of this month's budget that are left; null: no budget")
    videos_per_hour: int


async def list_models() -> Models:
    """The models that videos can be made with: state, sizes, lengths in seconds, price in credits."""
    await user()
    return Models(models=await all_models())


async def account() -> Account:
    """Who I am, how many credits I have, and my limits."""
    me = await user()
    async with reading() as db:
        budget = await budgets.budget(db, me.id)
    return Account(
        **me.model_dump(include={"email", "name", "credits"}),
        role=users.role(me),
        budget_left=budget.left if budget else None,
        videos_per_hour=settings().generations_per_hour,
    )


async def list_videos(
    cursor: Annotated[int | None, Field(ge=1, le=MAX_ID, description="next_cursor of the page before")] = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    kind: Literal["generated", "edited", "ad"] | None = None,
) -> Videos:
    """My videos, newest first."""
    me = await user()
    async with reading() as db:
        rows = await queries.page(db, me.id, cursor, limit + 1, kind)
    shown = rows[:limit]
    news = await last_of([row.id for row in shown if row.status in ACTIVE])
    videos = [Video.of(row, news.get(row.id)) for row in shown]
    return Videos(videos=videos, next_cursor=shown[-1].id if len(rows) > limit else None)


async def get_video(
    id: VideoId,
    wait_seconds: Annotated[int, Field(ge=0, le=MAX_WAIT, description="Answer when it has ended, at the latest")] = 0,
    ctx: Context[Any, Any] | None = None,
) -> Annotated[CallToolResult, Video]:
    """A video and how far it is; once completed with its poster to look at, and a link to the MP4 for an hour."""
    me = await user()
    row, news = await _ended(me.id, id, wait_seconds, ctx)
    video = Video.of(row, news)
    text = TextContent(type="text", text=video.model_dump_json(indent=1))
    content: list[ContentBlock] = [text, *await _poster(row)]
    return CallToolResult(content=content, structured_content=video.model_dump(mode="json"))


async def _ended(user_id: int, video_id: int, seconds: int, ctx: Context[Any, Any] | None) -> tuple[Row, News | None]:
    """The video when it has ended, or after so many seconds; meanwhile its progress is reported."""
    until = asyncio.get_running_loop().time() + seconds
    with listening(user_id, video_id) as ear:
        row, news = await poll(user_id, video_id)
        reported = -1.0
        while row.status in ACTIVE and (left := until - asyncio.get_running_loop().time()) > 0:
            if ctx and news and (progress := news.progress or 0) > reported:  # the protocol wants it to grow
                reported = progress
                await ctx.report_progress(progress, 100, news.stage)
            await ear.wait(min(left, LOOK_SECONDS if poll_cache.is_on() else ALONE_SECONDS))
            row, news = await poll(user_id, video_id)
    return row, news


async def _poster(row: Row) -> list[ContentBlock]:
    """The poster as an image; none while there is none, or while the storage does not answer."""
    if row.status != "completed" or not row.poster_key:
        return []
    try:
        content = await store.get(row.poster_key)
    except (FileNotFoundError, NotAvailable):
        return []
    return [ImageContent(type="image", data=base64.b64encode(content).decode(), mime_type="image/webp")]
