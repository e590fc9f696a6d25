"""What runs by the clock: every function in a file of this folder that is marked with `@clock(...)`."""

import pkgutil
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from arq.cron import CronJob, cron

Context = dict[str, Any]
Job = Callable[[Context], Awaitable[None]]
When = int | set[int] | None
_jobs: list[CronJob] = []


def clock(*, hour: When = None, minute: When = None, second: When = 0, at_start: bool = False) -> Callable[[Job], Job]:
    """Run it whenever the time (UTC) is that; None: at every one. With `at_start` also when a worker starts.

    Of several workers one runs it. A job takes the worker's context, may take ten minutes, and begins anew next time
    whatever it has raised.
    """

    def add(job: Job) -> Job:
        _jobs.append(cron(job, hour=hour, minute=minute, second=second, run_at_startup=at_start))  # type: ignore[arg-type]
        return job

    return add


def jobs() -> list[CronJob]:
    """All of this folder."""
    for file in pkgutil.iter_modules(__path__, f"{__name__}."):
        import_module(file.name)
    return list(_jobs)
