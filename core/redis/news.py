"""Publishes news of videos and users through Redis, and keeps each video's last. News may be lost at any time."""

import json
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, fields, replace
from typing import Literal

from redis.exceptions import RedisError

from core.redis import client

log = logging.getLogger(__name__)
CHANNEL = "adsvideo:news"
KEPT_SECONDS = 3600
SIGNED_OUT = "signed_out"
"""The status of a user whose sessions have ended: their open pages leave."""
ENDED_ACCESS = "ended_access"
"""The status of a user one of whose sessions has ended or API keys was revoked: whoever listens asks again."""
ENDED = ("completed", "failed", "canceled")
forget_access: list[Callable[[int], None]] = []
"""Called with a user's id, in the process that ends their access and before it goes on; others hear of it by news."""

Stage = Literal["starting", "queued", "processing", "downloading", "waiting", "canceling"]


@dataclass(frozen=True)
class News:
    """What changed. `progress` is 0-100 or None if unknown; `ahead` the number of videos before this one.

    `status` is the database's, or `deleted`, `restored` or `renamed`; if it is set, a page reads the video again.
    `browser` is the id of a browser whose signed-in user changed.
    """

    user_id: int = 0
    video_id: int = 0
    status: str = ""
    stage: Stage | None = None
    progress: float | None = None
    ahead: int | None = None
    note: str = ""
    browser: str = ""

    def to_json(self) -> str:
        """As JSON, without empty fields."""
        return json.dumps({k: v for k in _FIELDS if (v := getattr(self, k)) is not None and v != ""})

    @classmethod
    def from_json(cls, text: str | bytes) -> "News":
        """From JSON; fields that this version does not have are ignored."""
        return cls(**{k: v for k, v in json.loads(text).items() if k in _FIELDS})


_FIELDS = tuple(f.name for f in fields(News))


def _key(video_id: int) -> str:
    return f"adsvideo:video:{video_id}"


async def publish(news: News) -> bool:
    """Send news to every page. Progress never goes backwards within a stage; an ended video's news is deleted.

    False if Redis is away: the news is lost, and pages read the database once it is back.
    """
    return await publish_all([news])


async def publish_all(several: Sequence[News]) -> bool:
    """`publish` for several, in two round trips."""
    if not several:
        return True
    for news in several:
        if news.status in (SIGNED_OUT, ENDED_ACCESS):
            for forget in forget_access:
                forget(news.user_id)
    try:
        await _publish(several)
    except (RedisError, OSError) as error:
        log.debug("news is lost: %s", error)
        return False
    return True


async def _publish(several: Sequence[News]) -> None:
    redis = await client.redis()
    moving = [news for news in several if news.video_id and news.stage and not news.status]
    texts = await redis.mget([_key(news.video_id) for news in moving]) if moving else []
    before = {news.video_id: News.from_json(text) for news, text in zip(moving, texts, strict=True) if text}
    async with redis.pipeline(transaction=False) as pipeline:
        for news in several:
            latest = _forward(news, before.get(news.video_id))
            text = latest.to_json()
            if latest.video_id and latest.stage:
                pipeline.set(_key(latest.video_id), text, ex=KEPT_SECONDS)
            elif latest.status in ENDED:
                pipeline.delete(_key(latest.video_id))
            pipeline.publish(CHANNEL, text)
        await pipeline.execute()


def _forward(news: News, before: News | None) -> News:
    if before and before.stage == news.stage and (before.progress or 0) > (news.progress or 0):
        return replace(news, progress=before.progress)
    return news


async def last_of(video_ids: Sequence[int]) -> dict[int, News]:
    """The last news by video id, for videos that have any, in one round trip; empty if Redis does not answer."""
    if not video_ids:
        return {}
    try:
        texts = await (await client.redis()).mget([_key(video_id) for video_id in video_ids])
    except (OSError, RedisError):
        return {}
    return {video_id: News.from_json(text) for video_id, text in zip(video_ids, texts, strict=True) if text}


async def last_or_none(video_id: int) -> News | None:
    """The last news of a video; None if there is none or Redis does not answer."""
    return (await last_of([video_id])).get(video_id)


async def listen(started: Callable[[], None]) -> AsyncGenerator[News]:
    """All news from the moment `started` is called. Close it with `aclosing`.

    Raises what redis raises if the connection is lost.
    """
    async with aclosing(client.subscribe(CHANNEL)) as messages:
        async for message in messages:
            if message is None:
                started()
            else:
                yield News.from_json(message)
