"""What every step of a video needs: engines, jobs, leases and news."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from core.catalog import entries
from core.catalog.entries import OPENAI_HOST, Model, Server
from core.catalog.size import Size
from core.database.one_trip import OneTrip
from core.database.session import one_trip, session
from core.errors import (
    EngineError,
    NotAvailable,
    UnknownModel,
)
from core.models import Video, now
from core.redis.news import News, Stage, publish
from core.videos import claims, states
from core.videos.looks import Watched
from workers.engines import Engine, Job, open_engine
from workers.videos import cutouts
from workers.videos.frames import Frames

log = logging.getLogger(__name__)
HOLD_SECONDS = 3.0
NEWS_SECONDS = 0.2
WRITE_SECONDS = 60.0
S = TypeVar("S", AsyncSession, OneTrip)
T = TypeVar("T")
_frames = Frames()


class Engines:
    """The engines of this process, one per server, opened when first needed."""

    def __init__(self) -> None:
        self._open: dict[str, Engine] = {}

    def of(self, server: Server) -> Engine:
        """The engine of that server."""
        if server.name not in self._open:
            self._open[server.name] = open_engine(server)
        return self._open[server.name]

    def warm_up(self) -> None:
        """Open all configured engines now: their SDKs take seconds to import, and no video should wait for that."""
        for server in entries.servers().values():
            if server.configured and not server.local and OPENAI_HOST not in server.base_url:
                self.of(server)

    async def close(self) -> None:
        """Close all connections."""
        for engine in self._open.values():
            await engine.close()
        self._open.clear()


def job_of(video: Video) -> Job:
    """The video as an engine sees it, without its picture."""
    return Job(
        reference=f"adsvideo-{video.id}",
        model=entries.get(video.model),
        prompt=video.prompt,
        seconds=video.seconds,
        size=Size.parse(video.size),
        options=video.options,
        created_at=(video.submitted_at or video.created_at).timestamp(),
    )


async def with_picture(job: Job, video: Video, engine: Engine) -> Job:
    """The job with the video's picture, framed as large as the engine wants it. Raises what `Frames.of` raises."""
    scale = engine.scale(job)
    job = replace(job, picture=await _frames.of(video, scale))
    return replace(job, cutout=await cutouts.of(video, scale)) if engine.cuts_out else job


def is_overdue(video: Video | Watched, model: Model) -> bool:
    """Whether the video has run longer than its model's `max_wait_seconds`."""
    return (now() - video.created_at).total_seconds() > model.max_wait_seconds


def backoff(attempts: int, retry_after: float | None = None) -> float:
    """Seconds until the next try: `retry_after`, else 2, 4, 8 ... 60; with up to a quarter of jitter."""
    wait = retry_after if retry_after is not None else min(60.0, 2.0 ** min(attempts, 6))
    return max(0.5, wait) * random.uniform(1, 1.25)


class Stopped(Exception):
    """Stop working: the video has ended otherwise, or another worker has taken the step over."""

    code = "stopped"


class Reporter:
    """Publishes percentages, at most five a second; raises Stopped once the step has lost its lease.

    May be called from a thread.
    """

    def __init__(self, video: Video) -> None:
        self.video = video
        self.stopped = False
        self._loop = asyncio.get_running_loop()
        self._last_news = 0.0

    def __call__(self, percent: int) -> None:
        if self.stopped:
            raise Stopped()
        if time.monotonic() - self._last_news >= NEWS_SECONDS:
            self._last_news = time.monotonic()
            asyncio.run_coroutine_threadsafe(self._publish(percent), self._loop)

    async def _publish(self, percent: int) -> None:
        stage: Stage = "downloading" if self.video.ready else "processing"
        news = News(user_id=self.video.user_id, video_id=self.video.id, stage=stage, progress=percent)
        with contextlib.suppress(Exception):  # news may be lost
            await publish(news)


@asynccontextmanager
async def holding(video: Video, *, until_canceled: bool = True) -> AsyncIterator[Reporter]:
    """Keep the lease of a step while it runs. The reporter stops the work when the lease is lost."""
    report = Reporter(video)

    async def hold() -> None:
        while True:
            await asyncio.sleep(HOLD_SECONDS)
            try:
                async with session() as db:
                    if not await claims.renew_lease(db, video, until_canceled=until_canceled):
                        report.stopped = True
                        return
            except Exception as error:
                log.warning("video %s: the lease could not be renewed: %s", video.id, error)

    task = asyncio.create_task(hold())
    try:
        yield report
    finally:
        report.stopped = True  # a thread that still works for us stops at its next report
        task.cancel()


async def save(
    change: Callable[[S], Awaitable[T]],
    opened: Callable[[], AbstractAsyncContextManager[S]] = session,  # type: ignore[assignment]
) -> T:
    """Write a provider's answer in a session of its own, or another unit, waiting up to WRITE_SECONDS for the database.

    The provider answers only once. `change` is one conditional UPDATE, so it may be repeated when the answer to its
    commit was lost. Raises NotAvailable after that time.
    """
    end = time.monotonic() + WRITE_SECONDS
    while True:
        try:
            async with opened() as db:
                return await change(db)
        except NotAvailable as error:
            if time.monotonic() > end:
                raise
            log.warning("%s", error)


async def fail(video: Video, error: Exception) -> None:
    """Fail and refund the video; an error that is no EngineError is ours and is logged with its traceback."""
    if not isinstance(error, EngineError | UnknownModel):
        log.exception("video %s failed on an error of ours", video.id, exc_info=error)
        error = EngineError(error)
    else:
        log.warning("video %s failed: %s: %s", video.id, error.code, getattr(error, "detail", error))
    why = error
    await save(lambda db: states.fail(db, video, why), one_trip)
