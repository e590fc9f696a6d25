"""WorkerSettings: jobs, cron, start and stop. `main.py worker` runs it; `arq workers.main.WorkerSettings` works too."""

import asyncio
import contextlib
import importlib
import logging
import os
from collections.abc import Awaitable, Callable
from typing import ClassVar

from arq.connections import RedisSettings
from arq.cron import CronJob
from arq.worker import Worker, create_worker
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from core.database.session import close_database
from core.ops import step_timings
from core.ops.startup import end_loading
from core.processes import pool
from core.redis import client, job_json, queue
from core.redis.client import close_redis
from workers.cron import Context, jobs
from workers.edits import questions
from workers.edits.compose import Composes
from workers.loops import end_all
from workers.media import cutting
from workers.runner import stop_signals, work
from workers.videos import cutouts, submit
from workers.videos.collect import Collects
from workers.videos.render import Renders
from workers.videos.steps import Engines
from workers.videos.watch import Watcher
from workers.webhooks import Deliveries

log = logging.getLogger(__name__)
PRELOADED = (
    "av.subtitles.stream",
    "workers.edits.render",
    "workers.edits.preview",
    *(f"workers.media.{name}" for name in ("keepable", "most", "mp4", "poster", "copies")),
)
"""Modules that the checking processes import when they start."""


async def start(context: Context) -> None:
    """Open what the jobs share and start the loops."""
    pool.set_up(max(2, os.cpu_count() or 2), PRELOADED)
    context["engines"] = engines = Engines()
    engines.warm_up()
    context["collects"] = collects = Collects(engines)
    context["watcher"] = watcher = Watcher(engines, ready=collects.wake)
    context["renders"] = renders = Renders(engines)
    context["loops"] = [
        asyncio.create_task(part.run())
        for part in (watcher, collects, renders, Composes(renders), Deliveries(), step_timings)
    ]
    end_loading()


async def stop(context: Context) -> None:
    """Stop the loops, then close everything."""
    await end_all(context.pop("loops", []))
    if engines := context.pop("engines", None):
        await engines.close()
    await close_redis()
    await close_database()
    pool.close()
    cutting.close()


def redis_settings() -> RedisSettings:
    """For arq's own command line: patient retries while Redis restarts."""
    config = client.arq_settings()
    config.conn_retries = 60
    config.conn_retry_delay = 1
    config.retry = Retry(ExponentialBackoff(cap=1.0, base=0.1), 20)
    config.retry_on_error = [RedisConnectionError, RedisTimeoutError, OSError]
    return config


class WorkerSettings:
    """arq's settings. Jobs are short; the sweep queues unfinished ones anew."""

    functions: ClassVar[list[Callable[..., Awaitable[None]]]] = [
        submit.submit,
        cutouts.cut_out,
        questions.edit_still,
        questions.edit_overlays,
        questions.export_video,
        questions.render_anew,
        questions.measure_audio,
    ]
    cron_jobs: ClassVar[list[CronJob]] = jobs()
    on_startup = start
    on_shutdown = stop
    queue_name = queue.QUEUE
    job_serializer = job_json.write
    job_deserializer = job_json.read
    redis_settings = redis_settings()
    poll_delay = 0.1
    keep_result = 0
    max_jobs = 32
    job_timeout = 600
    max_tries = 3
    health_check_interval = 5
    job_completion_wait = 4


async def close(worker: Worker) -> None:
    """Close arq's worker. Its tasks are canceled first, or arq would raise their CancelledError."""
    await end_all(worker.tasks.values())
    worker.tasks.clear()
    await worker.close()


async def _run_until_signal() -> None:
    stopping, context = stop_signals(), Context()
    await start(context)
    pool = client.client()

    def create() -> Worker:
        ours = {"ctx": context, "redis_pool": pool, "handle_signals": False}
        return create_worker(WorkerSettings, **ours, redis_settings=None, on_startup=None, on_shutdown=None)  # type: ignore[arg-type]

    try:
        await work(create, stopping)
    finally:
        await stop(context)
        await client.close(pool)


def run() -> None:
    """Work until SIGTERM or Ctrl-C. Blocking. While Redis is away, everything that does not need it goes on."""
    with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt), asyncio.Runner(loop_factory=_loop()) as runner:
        runner.run(_run_until_signal())


def _loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed (it comes with NiceGUI, but not on Windows): a sixth less CPU per video."""
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
