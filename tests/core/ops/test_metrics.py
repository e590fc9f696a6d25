"""What Prometheus is told is what the database says."""

from datetime import timedelta

import pytest

from core import models
from core.database.session import reading, session
from core.errors import Retryable, TimedOut
from core.models import User, Video
from core.ops import metrics, step_timings
from core.ops.provider_costs import by_month
from core.videos import states
from tests.people import ask

pytestmark = pytest.mark.both_databases


async def told() -> dict[tuple[str, ...], float]:
    """Every sample, by its name and the values of its labels."""
    async with reading() as db:
        found = await metrics.collect(db)
    return {(s.name.removeprefix("adsvideo_"), *s.labels.values()): s.value for family in found for s in family.samples}


async def test_jobs_are_counted_by_model_state_and_reason(alice: User) -> None:
    before = await told()
    assert before["pending_oldest_seconds",] == 0
    assert before["redis_up",] == 1
    assert before["worker_up",] == 0
    assert before["model_state", "camera", "ready"] == 1
    waiting, failed = await ask(alice), await ask(alice)
    async with session() as db:
        await states.fail(db, failed, TimedOut())
    now = await told()
    assert now["videos_active", "camera", "pending"] == 1
    assert now["pending_oldest_seconds",] > 0
    assert now["videos_ended", "camera", "failed"] == 1
    assert now["videos_failed", "camera", TimedOut.code] == 1
    assert now["queue_jobs",] == 2
    async with session() as db:
        await states.change(db, Video.id == waiting.id, status="processing", started_at=models.now())  # type: ignore[arg-type]
        assert await states.finish(
            db, waiting, key="k", poster_key="p", width=1280, height=720, duration=4.0, size_bytes=4
        )
    now = await told()
    assert ("videos_active", "camera", "pending") not in now
    assert 0 < now["video_seconds_p95", "camera", "whole"] < 60
    assert 0 < now["video_seconds_p95", "camera", "waiting"] <= now["video_seconds_p95", "camera", "whole"]


async def test_what_providers_took_is_counted_by_month_and_outcome(alice: User) -> None:
    start = models.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ends = [("completed", 2.5, start), ("failed", 0.6, start), ("completed", 9, start - timedelta(seconds=1))]
    for status, usd, at in [*ends, ("completed", None, start)]:
        video = await ask(alice)
        async with session() as db:
            values = {"status": status, "provider_usd": usd, "completed_at": at, "model": "omni"}
            await states.change(db, Video.id == video.id, **values)  # type: ignore[arg-type]
    now = await told()
    assert now["provider_usd_month", "omni", "completed"] == 2.5
    assert now["provider_usd_month", "omni", "lost"] == 0.6
    async with reading() as db:
        costs = await by_month(db, 2)
    assert [(cost.month, cost.videos, cost.usd, cost.lost) for cost in costs] == [
        (start, 2, 3.1, 0.6),
        ((start - timedelta(days=1)).replace(day=1), 1, 9.0, 0.0),
    ]


async def test_steps_are_counted_by_server_and_outcome_over_all_workers(alice: User) -> None:
    for _ in range(2):
        with step_timings.measure("gpu", "look"):
            pass
        await step_timings.add()
    with pytest.raises(Retryable), step_timings.measure("gpu", "create"):
        raise Retryable("busy")
    await step_timings.add()
    await step_timings.add()
    now = await told()
    assert now["step_seconds_count", "gpu", "look", "ok"] == 2
    assert now["step_seconds_bucket", "gpu", "look", "ok", "0.1"] == 2
    assert now["step_seconds_bucket", "gpu", "look", "ok", "+Inf"] == 2
    assert now["step_seconds_count", "gpu", "create", Retryable.code] == 1
