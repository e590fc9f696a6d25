"""Measures the steps of videos per server: duration and outcome, summed over all workers in Redis.

A worker counts in memory and adds its counts to those in Redis every ADD_SECONDS. Counts made while Redis is away are
added later; if Redis is wiped they start at 0, which Prometheus takes as a restart.
"""

import asyncio
import contextlib
import json
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Iterator
from typing import Literal, cast

from prometheus_client.core import HistogramMetricFamily
from redis.exceptions import RedisError

from core.redis.client import redis

KEY = "adsvideo:steps"
BOUNDS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
ADD_SECONDS = 5.0
LABELS = ["server", "step", "outcome"]
Step = Literal["frame", "create", "look", "fetch", "cancel", "render", "check", "store"]
_counted: Counter[tuple[str, str, str, str]] = Counter()


@contextlib.contextmanager
def measure(server: str, step: Step) -> Iterator[None]:
    """Measure the block: its duration, and as outcome `ok` or the error's code. A canceled one is not counted."""
    started, outcome = time.monotonic(), "ok"
    try:
        yield
    except Exception as error:
        outcome = getattr(error, "code", "error")
        raise
    except BaseException:
        outcome = ""
        raise
    finally:
        if outcome:
            seconds = time.monotonic() - started
            _counted[server, step, outcome, str(bisect_left(BOUNDS, seconds))] += 1
            _counted[server, step, outcome, "sum"] += round(seconds * 1000)


async def run() -> None:
    """Call `add` every ADD_SECONDS until canceled, and once at the end."""
    try:
        while True:
            await asyncio.sleep(ADD_SECONDS)
            await add()
    finally:
        await add()


async def add() -> None:
    """Add this process's counts to those in Redis; they are kept if Redis does not answer."""
    adding = dict(_counted)
    if not adding:
        return
    try:
        async with (await redis()).pipeline() as pipeline:
            for field, number in adding.items():
                pipeline.hincrby(KEY, json.dumps(field), number)
            await pipeline.execute()
    except (RedisError, OSError):
        return
    _counted.subtract(adding)
    for field in [field for field, number in _counted.items() if not number]:
        del _counted[field]


async def family() -> HistogramMetricFamily:
    """The histogram for Prometheus; empty if Redis does not answer."""
    histogram = HistogramMetricFamily("adsvideo_step_seconds", "Steps of videos, by server and outcome.", labels=LABELS)
    by_labels: dict[tuple[str, str, str], dict[str, int]] = {}
    with contextlib.suppress(RedisError, OSError):
        counts = (await redis()).hgetall(KEY)
        for field, number in (await cast(Awaitable[dict[bytes, bytes]], counts)).items():
            *labels, part = json.loads(field)
            by_labels.setdefault(tuple(labels), {})[part] = int(number)
    for labels, parts in sorted(by_labels.items()):
        below, buckets = 0, []
        for index, bound in enumerate((*map(str, BOUNDS), "+Inf")):
            below += parts.get(str(index), 0)
            buckets.append((bound, below))
        histogram.add_metric(list(labels), buckets, sum_value=parts.get("sum", 0) / 1000)
    return histogram
