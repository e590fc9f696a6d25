"""`/api/v1/videos/{id}/events`: a video as server-sent events, from now to its end."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse

from core import at_once
from core.errors import NotFound, NotSignedIn
from core.models import ACTIVE
from core.redis.news import News

from .. import holders
from ..session import CurrentUser, caller
from .following import LOOK_SECONDS, Mine, last_news, listening, mine
from .schemas import problems
from .shapes import VideoOut

router = APIRouter(tags=["videos"])


async def seem_free(request: Request) -> None:
    """Refuse one too many before the database is asked who it is. Raises TooManyStreams."""
    user_id = holders.user_id(holders.of(request.scope))
    if user_id is not None:
        at_once.STREAMS.check(user_id)


async def place(user: CurrentUser) -> AsyncIterator[None]:
    """One of the user's streams, until it has ended or its reader is gone. Raises TooManyStreams."""
    with at_once.STREAMS.of(user.id):
        yield


@router.get(
    "/videos/{video_id}/events",
    response_class=EventSourceResponse,
    responses=problems(404),
    dependencies=[Depends(seem_free)],
)
async def events(
    request: Request, user: CurrentUser, video: Mine, _place: Annotated[None, Depends(place)]
) -> AsyncIterator[VideoOut]:
    """The video at once and whenever it changes, each time as `GET /videos/{id}` answers; ends after its end.

    It ends as well when the video is deleted, and when its owner signs out, there or elsewhere, or revokes a key:
    whoever may still listen asks again. At most eight of yours at once, else 429.
    """
    with listening(user.id, video.id) as ear:
        sent: VideoOut | None = None
        news: News | None = None
        while True:
            if news is None:
                try:
                    await caller(request)
                    video = await mine(user, video.id)
                except (NotFound, NotSignedIn):
                    return
                news = await last_news(video)
            now = VideoOut.of(video, news)
            if now != sent:
                yield now
                sent = now
            if video.status not in ACTIVE:
                return
            news = ear.moved if await ear.wait(LOOK_SECONDS) else None
            if ear.shut_out:
                return
