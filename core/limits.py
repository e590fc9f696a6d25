"""Limits per user and time: videos are counted in the database, uploads and sign-in attempts in Redis.

What a user may hold at once is in core/at_once.py.
"""

import asyncio
import logging
import math
import time
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter as Limiter
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, bindparam, func, literal, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import (
    TooManyAds,
    TooManyAttempts,
    TooManyBatches,
    TooManyComments,
    TooManyOpen,
    TooManyRequests,
    TooManyUploads,
)
from core.models import ACTIVE, Ad, Batch, Video, now
from core.redis.client import redis
from core.settings import settings

log = logging.getLogger(__name__)
KEYS = "adsvideo:limits"
HOUR = timedelta(hours=1)
_videos: Any = Video.__table__  # type: ignore[attr-defined]


def _asked_for_one_by_one() -> tuple[ColumnElement[bool], ...]:
    """Conditions: not in a batch and no shot of an ad; those have limits of their own."""
    return _videos.c.batch_id.is_(None), _videos.c.ad_id.is_(None)


OPEN_WAIT_SECONDS = 30
"""The Retry-After while too many videos are active: a guess, since their end is unknown."""


# ------------------------------------------------------------------------------------------------- in the database


def counts(*, open_videos: bool) -> list[ColumnElement[Any]]:
    """What `check_counts` must know of the user's videos, as SQL; `open_videos` if there is a limit for these.

    Asked after the charge, in its transaction: the charge holds the user's row, so two requests can't both see the last
    free slot. Built once, as it runs under that lock.
    """
    mine = (_videos.c.user_id == bindparam("user_id"), *_asked_for_one_by_one())
    # when the video was made that must be an hour old before the next one
    oldest = (
        select(_videos.c.created_at)
        .where(*mine, _videos.c.kind == bindparam("kind"), _videos.c.created_at > bindparam("hour_ago"))
        .order_by(_videos.c.id.desc())
        .limit(1)
        .offset(bindparam("per_hour"))
    )
    under_way = select(func.count()).select_from(_videos).where(*mine, _videos.c.status.in_(map(literal, ACTIVE)))
    return [
        oldest.scalar_subquery().label("oldest"),
        *([under_way.scalar_subquery().label("under_way")] if open_videos else []),
    ]


def count_parameters(kind: str) -> dict[str, Any]:
    """The parameters of `counts`."""
    return {"kind": kind, "hour_ago": now() - HOUR, "per_hour": _per_hour(kind)}


def _per_hour(kind: str) -> int:
    return settings().generations_per_hour if kind == "generated" else settings().edits_per_hour


def check_counts(kind: str, oldest: datetime | None, under_way: int = 0) -> None:
    """What `counts` has found, the new video included. Raises TooManyRequests, TooManyOpen."""
    wait = oldest + HOUR - now() if oldest else timedelta()
    if wait > timedelta():  # else its hour has ended while this waited for the user's row
        raise TooManyRequests(_per_hour(kind), max(1, math.ceil(wait.total_seconds())))
    limit = settings().open_videos_per_user
    if limit is not None and under_way > limit:
        raise TooManyOpen(limit, OPEN_WAIT_SECONDS)


async def check_batches(session: AsyncSession, user_id: int) -> None:
    """Raises TooManyBatches if the user's batches of the last hour, the new one included, are over the limit."""
    await _check_rows(session, Batch, user_id, settings().batches_per_hour, TooManyBatches)


async def check_ads(session: AsyncSession, user_id: int) -> None:
    """Raises TooManyAds if the user's ads of the last hour, the new one included, are over the limit."""
    await _check_rows(session, Ad, user_id, settings().ads_per_hour, TooManyAds)


async def _check_rows(
    session: AsyncSession, table: type[Batch | Ad], user_id: int, limit: int, error: type[TooManyRequests]
) -> None:
    """Called after the charge like `counts`, and exact for the same reason."""
    mine = (col(table.user_id) == user_id, col(table.created_at) > now() - HOUR)
    oldest = select(col(table.created_at)).where(*mine).order_by(col(table.id).desc()).limit(1).offset(limit)
    if made_at := (await (await session.connection()).execute(oldest)).scalar():
        raise error(limit, max(1, math.ceil((made_at + HOUR - now()).total_seconds())))


# --------------------------------------------------------------------------------------------- in Redis or in memory


_shared: WeakKeyDictionary[object, Limiter] = WeakKeyDictionary()
_own: WeakKeyDictionary[asyncio.AbstractEventLoop, Limiter] = WeakKeyDictionary()
COMMENTS_A_MINUTE = 5


async def _in_redis() -> Limiter:
    """The limiter shared by all web processes."""
    pool = (await redis()).connection_pool
    if pool not in _shared:
        storage = RedisStorage("async+redis://", implementation="redispy", key_prefix=KEYS, connection_pool=pool)  # type: ignore[arg-type]
        _shared[pool] = Limiter(storage)
    return _shared[pool]


def _in_memory() -> Limiter:
    """The limiter of this process alone, less strict, used while Redis is away."""
    return _own.setdefault(asyncio.get_running_loop(), Limiter(MemoryStorage()))


async def _ask(limiter: Limiter, item: RateLimitItem, who: str, count: bool) -> int:
    if await (limiter.hit(item, who) if count else limiter.test(item, who)):
        return 0
    return max(1, math.ceil((await limiter.get_window_stats(item, who)).reset_time - time.time()))


async def _wait(item: RateLimitItem, who: str, *, count: bool = True) -> int:
    """Seconds until the next one is allowed, 0 if it is now; with `count` an allowed one is counted."""
    try:
        return await _ask(await _in_redis(), item, who, count)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("limits are counted in memory, Redis does not answer: %s", error)
        return await _ask(_in_memory(), item, who, count)


async def count_upload(user_id: int) -> None:
    """Count an upload. Raises TooManyUploads."""
    limit = settings().uploads_per_hour
    if wait := await _wait(RateLimitItemPerHour(limit), f"uploads:{user_id}"):
        raise TooManyUploads(limit, wait)


async def count_comment(user_id: int) -> None:
    """Count a comment. Raises TooManyComments."""
    if wait := await _wait(RateLimitItemPerMinute(COMMENTS_A_MINUTE), f"comments:{user_id}"):
        raise TooManyComments(COMMENTS_A_MINUTE, wait)


async def check_attempts(address: str, *, failed: bool = False) -> None:
    """Raises TooManyAttempts if too many sign-ins from that address failed; counts one more if `failed`.

    Does nothing without an identity provider: then a click signs in and there is nothing to guess.
    """
    config = settings()
    if not config.has_provider:
        return
    limit = config.sign_in_attempts_per_minute
    if wait := await _wait(RateLimitItemPerMinute(limit), f"attempts:{address}", count=failed):
        raise TooManyAttempts(limit, wait)
