"""The metrics for Prometheus: videos, queue, providers, ledger. Read from the database, so any web process has all."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta

from prometheus_client.core import GaugeMetricFamily, Metric
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.catalog import availability
from core.models import ACTIVE, Video, now
from core.ops import step_timings
from core.ops.provider_costs import by_month
from core.redis import queue
from core.redis.client import redis

RECENT = timedelta(hours=1)
LATEST = 500
"""At most so many of the last hour's videos are measured, which bounds the cost of a scrape."""
WRONG = "adsvideo:wrong-balances"


async def keep_wrong_balances(number: int) -> None:
    """Store the result of the last ledger check for `collect`; summing up at every scrape costs too much."""
    await (await redis()).set(WRONG, number)


def _family(name: str, about: str, labels: list[str], values: dict[tuple[str, ...], float]) -> Metric:
    family = GaugeMetricFamily(f"adsvideo_{name}", about, labels=labels)
    for key, value in values.items():
        family.add_metric(list(key), value)
    return family


async def collect(session: AsyncSession) -> list[Metric]:
    """Gauges of this moment and of the last hour. Times in seconds."""
    steps = [await step_timings.family()]
    videos = [*await _running(session), *await _ended(session), *await _costs(session)]
    return [*videos, *await _queue(), *steps, *_models()]


async def _running(session: AsyncSession) -> list[Metric]:
    table = Video.__table__  # type: ignore[attr-defined]
    active = select(table.c.model, table.c.status, func.count(), func.min(table.c.created_at))
    query = active.where(table.c.status.in_(ACTIVE)).group_by(table.c.model, table.c.status)
    rows = list((await (await session.connection()).execute(query)).all())
    waiting = [(now() - oldest).total_seconds() for _, status, _, oldest in rows if status == "pending"]
    return [
        _family(
            "videos_active",
            "Videos on their way.",
            ["model", "status"],
            {(model, status): count for model, status, count, _ in rows},
        ),
        _family("pending_oldest_seconds", "Age of the oldest pending video.", [], {(): max(waiting, default=0.0)}),
    ]


async def _ended(session: AsyncSession) -> list[Metric]:
    """Of the last hour: videos by final status, seconds per model, and failures by reason."""
    table = Video.__table__  # type: ignore[attr-defined]
    names = ("model", "status", "error_code", "created_at", "started_at", "completed_at")
    newest = select(*(table.c[name] for name in names)).order_by(table.c.id.desc()).limit(LATEST)
    since = now() - RECENT
    counts: dict[tuple[str, ...], float] = {}
    errors: dict[tuple[str, ...], float] = {}
    took: dict[tuple[str, ...], list[float]] = {}
    for model, status, code, created, started, completed in await (await session.connection()).execute(newest):
        if completed is None or created < since:
            continue
        counts[model, status] = counts.get((model, status), 0) + 1
        if code:
            errors[model, code] = errors.get((model, code), 0) + 1
        if status == "completed":
            took.setdefault((model, "whole"), []).append((completed - created).total_seconds())
            took.setdefault((model, "making"), []).append((completed - (started or created)).total_seconds())
            took.setdefault((model, "waiting"), []).append(((started or created) - created).total_seconds())
    return [
        _family("videos_ended", "Videos of the last hour that have ended.", ["model", "status"], counts),
        _family("videos_failed", "Videos of the last hour that failed, by reason.", ["model", "code"], errors),
        _family("video_seconds_p50", _ABOUT_TOOK, ["model", "part"], {k: _quantile(v, 0.5) for k, v in took.items()}),
        _family("video_seconds_p95", _ABOUT_TOOK, ["model", "part"], {k: _quantile(v, 0.95) for k, v in took.items()}),
    ]


async def _costs(session: AsyncSession) -> list[Metric]:
    """What providers took since the first of this month, by model and by whether a video came of it."""
    taken: dict[tuple[str, ...], float] = {}
    for cost in await by_month(session, 1):
        taken[cost.model, "completed"] = cost.usd - cost.lost
        taken[cost.model, "lost"] = cost.lost
    return [_family("provider_usd_month", "USD that providers took this month (UTC).", ["model", "outcome"], taken)]


_ABOUT_TOOK = (
    "How long the last hour's videos took: `whole` from the click to the stored file, of which `waiting` until the "
    "provider had it and `making` from then on."
)


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def _queue() -> list[Metric]:
    jobs, worker, up, wrong = 0.0, 0.0, 0.0, 0.0
    with contextlib.suppress(RedisError, OSError):
        jobs, worker, up = float(await queue.waiting()), float(await queue.has_worker()), 1.0
        wrong = float(await (await redis()).get(WRONG) or 0)
    return [
        _family("redis_up", "Whether Redis answers.", [], {(): up}),
        _family("queue_jobs", "Jobs on the queue, those due later included.", [], {(): jobs}),
        _family("ledger_wrong_balances", "Users whose balance is not the sum of their ledger.", [], {(): wrong}),
        _family("worker_up", "Whether a worker has been seen in the last seconds.", [], {(): worker}),
    ]


def _models() -> Iterator[Metric]:
    states: dict[tuple[str, ...], float] = {
        (offer.model.id, offer.state.name): 1.0 for offer in availability.last_offers()
    }
    yield _family("model_state", "The state of each model as last seen.", ["model", "state"], states)
