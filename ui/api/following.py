"""Waits for news of a user's videos, for event streams and `?wait=`."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends

from core.database.session import reading
from core.models import ACTIVE, Video
from core.redis.news import KEYS, SIGNED_OUT, News, last_or_none
from core.videos import queries

from .. import live, poll_cache
from ..session import CurrentUser
from .shapes import Id

LOOK_SECONDS = 5.0


class Ear:
    """Receives the news of one video. News may be lost, so callers also poll every LOOK_SECONDS."""

    def __init__(self, video_id: int) -> None:
        self._video_id = video_id
        self._heard = asyncio.Event()
        self.moved: News | None = None
        self.shut_out = False

    def hear(self, news: News) -> None:
        """Note a change of state, or of progress only (`moved`)."""
        if news.video_id not in (0, self._video_id):
            return
        self.shut_out = self.shut_out or news.status in (SIGNED_OUT, KEYS)
        only_moved = bool(news.stage) and not news.status and not (self._heard.is_set() and self.moved is None)
        self.moved = news if only_moved else None  # progress does not hide a change of state that nobody has read yet
        self._heard.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for news, at most `seconds`; True if there was any."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._heard.wait()
        heard = self._heard.is_set()
        self._heard.clear()
        return heard


@contextlib.contextmanager
def listening(user_id: int, video_id: int) -> Iterator[Ear]:
    """Subscribe to the news of a video, which must be the user's."""
    ear, news = Ear(video_id), live.for_user(user_id)
    news.subscribe(ear.hear, unsubscribe_on_delete=False)
    try:
        yield ear
    finally:
        news.unsubscribe(ear.hear)


async def last_news(video: Video) -> News | None:
    """The last news of a running video; None if Redis has none."""
    return await last_or_none(video.id) if video.status in ACTIVE else None


async def mine(user: CurrentUser, video_id: Id) -> Video:
    """The user's own video. Raises NotFound."""
    async with reading() as db:
        return await queries.owned(db, user.id, video_id)


async def poll(user_id: int, video_id: int) -> tuple[Video, News | None]:
    """The user's own video and its last news; reads the database only after a change. Raises NotFound."""
    if cached := poll_cache.video(user_id, video_id):
        return cached
    mark = poll_cache.begin(user_id, video_id)
    try:
        async with reading() as db:
            video = await queries.owned(db, user_id, video_id)
        news = await last_news(video)
    except BaseException:
        poll_cache.end(user_id, video_id, mark)
        raise
    poll_cache.end(user_id, video_id, mark, video, news)
    return video, news


Mine = Annotated[Video, Depends(mine)]
