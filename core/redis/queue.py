"""Puts a job on the queue, and wakes the watchers."""

import time
from collections.abc import AsyncGenerator, Awaitable
from datetime import timedelta
from typing import Literal, cast

from core.redis import client
from core.redis.client import heard, redis

QUEUE = client.QUEUE
WAKE = "adsvideo:wake"
ANNOUNCED = "adsvideo:announced"
WORKERS = "adsvideo:workers"
AGAIN_SECONDS = 20.0
WORKER_SECONDS = 15.0
Outcome = Literal["completed", "failed"]


async def put(step: str, video_id: int, attempt: int, defer: float = 0) -> None:
    """Queue one step of a video, in `defer` seconds. The same step of the same attempt is queued once."""
    await _put(step, video_id, f"{step}:{video_id}:{attempt}", defer)


async def put_again(step: str, video_id: int, attempt: int) -> None:
    """Queue a step that should be on the queue; at most once in AGAIN_SECONDS.

    Under a name of its own: a worker that was killed in the middle of a job leaves its name taken for minutes.
    """
    await _put(step, video_id, f"{step}:{video_id}:{attempt}:{int(time.time() // AGAIN_SECONDS)}")


async def _put(step: str, video_id: int, name: str, defer: float = 0) -> None:
    wait = timedelta(seconds=defer) if defer else None
    await (await redis()).enqueue_job(step, video_id, _job_id=name, _defer_by=wait)


async def waiting() -> int:
    """Jobs on the queue, those that are due later included."""
    return int(await (await redis()).zcard(QUEUE))


async def worker_seen() -> bool:
    """Whether a worker has said in the last seconds that it is there."""
    return bool(await (await redis()).exists(f"{QUEUE}:health-check"))


async def count_workers(me: str) -> int:
    """How many workers there are, `me` included, which is there for another WORKER_SECONDS."""
    at = time.time()
    async with (await redis()).pipeline(transaction=False) as pipe:
        pipe.zadd(WORKERS, {me: at})
        pipe.zremrangebyscore(WORKERS, "-inf", at - WORKER_SECONDS)
        pipe.zcard(WORKERS)
        *_, number = await pipe.execute()
    return max(1, int(number))


async def leave_workers(me: str) -> None:
    """This worker ends."""
    await (await redis()).zrem(WORKERS, me)


async def wake_watchers() -> None:
    """A video has become due earlier than its watcher expects. May be lost: they look by themselves as well."""
    await (await redis()).publish(WAKE, b"")


async def announce(provider_id: str, outcome: Outcome) -> None:
    """A provider says that this job of its has ended. One of the watchers takes it, together with others."""
    async with (await redis()).pipeline(transaction=False) as pipe:
        pipe.rpush(ANNOUNCED, f"{outcome} {provider_id}")
        pipe.publish(WAKE, b"")
        await pipe.execute()


async def take_announced(limit: int = 500) -> dict[str, Outcome]:
    """The oldest announced jobs by their provider's id, each given to one caller only."""
    items = (await redis()).lpop(ANNOUNCED, limit)
    parts = (item.decode().partition(" ") for item in await cast(Awaitable[list[bytes] | None], items) or [])
    return {provider_id: "completed" if outcome == "completed" else "failed" for outcome, _, provider_id in parts}


def wakes() -> AsyncGenerator[bytes | None]:
    """Once at the start and for every call of `wake_watchers` and `announce`. Raises what redis raises when it goes."""
    return heard(WAKE)
