"""Queues jobs, wakes the watchers, and counts workers."""

import time
from collections.abc import AsyncGenerator, Awaitable
from datetime import timedelta
from typing import Literal, cast

from core.redis import client
from core.redis.client import redis, subscribe

QUEUE = client.QUEUE
WAKE = "adsvideo:wake"
ANNOUNCED = "adsvideo:announced"
WORKERS = "adsvideo:workers"
REQUEUE_SECONDS = 20.0
WORKER_SECONDS = 15.0
Outcome = Literal["completed", "failed"]


async def put(step: str, video_id: int, attempt: int, defer: float = 0) -> None:
    """Queue one step of a video, in `defer` seconds. The same step of the same attempt is queued once.

    Raises what redis raises, like all functions here.
    """
    await _put(step, video_id, f"{step}:{video_id}:{attempt}", defer)


async def requeue(step: str, video_id: int, attempt: int) -> None:
    """Queue a step once more, at most once in REQUEUE_SECONDS.

    Under another job id: a worker that is killed during a job leaves its id taken for minutes.
    """
    await _put(step, video_id, f"{step}:{video_id}:{attempt}:{int(time.time() // REQUEUE_SECONDS)}")


async def _put(step: str, video_id: int, name: str, defer: float = 0) -> None:
    wait = timedelta(seconds=defer) if defer else None
    await (await redis()).enqueue_job(step, video_id, _job_id=name, _defer_by=wait)


async def waiting() -> int:
    """The number of jobs on the queue, deferred ones included."""
    return int(await (await redis()).zcard(QUEUE))


async def has_worker() -> bool:
    """Whether a worker has reported in the last seconds."""
    return bool(await (await redis()).exists(f"{QUEUE}:health-check"))


async def count_workers(me: str) -> int:
    """Register the worker `me` for WORKER_SECONDS; returns how many workers there are."""
    at = time.time()
    async with (await redis()).pipeline(transaction=False) as pipe:
        pipe.zadd(WORKERS, {me: at})
        pipe.zremrangebyscore(WORKERS, "-inf", at - WORKER_SECONDS)
        pipe.zcard(WORKERS)
        *_, number = await pipe.execute()
    return max(1, int(number))


async def leave_workers(me: str) -> None:
    """Remove the worker `me`, which ends."""
    await (await redis()).zrem(WORKERS, me)


async def wake_watchers() -> None:
    """Tell the watchers that a video is due earlier than expected. May be lost: they also wake by themselves."""
    await (await redis()).publish(WAKE, b"")


async def announce(provider_id: str, outcome: Outcome) -> None:
    """A provider reports that its job has ended: put it on the list that the watchers take from."""
    async with (await redis()).pipeline(transaction=False) as pipe:
        pipe.rpush(ANNOUNCED, f"{outcome} {provider_id}")
        pipe.publish(WAKE, b"")
        await pipe.execute()


async def take_announced(limit: int = 500) -> dict[str, Outcome]:
    """Take up to `limit` announced jobs, oldest first: outcome by provider id. Each goes to one caller only."""
    items = (await redis()).lpop(ANNOUNCED, limit)
    parts = (item.decode().partition(" ") for item in await cast(Awaitable[list[bytes] | None], items) or [])
    return {provider_id: "completed" if outcome == "completed" else "failed" for outcome, _, provider_id in parts}


def wake_calls() -> AsyncGenerator[bytes | None]:
    """One item at the start, and one per `wake_watchers` and `announce`. Raises what redis raises if it goes away."""
    return subscribe(WAKE)
