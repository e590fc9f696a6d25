"""Everything small in one command: one table, the goals beside the figures.

    uv run --group bench bench/all.py --quick           under five minutes on a machine that does nothing else
    uv run --group bench bench/all.py --only pages      as the other benches have it, without the original design

Each part runs in a process of its own, one after the other. docs/performance.md says how each figure is measured, what
it was on the machine it was written on, and what limits those that miss their goal.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PART_SECONDS = 600


@dataclass
class Figure:
    """What was measured, and its goal: at most, or with `at_least` at least, so much."""

    name: str
    value: float
    unit: str
    goal: float
    at_least: bool = False

    @property
    def is_reached(self) -> bool:
        """Whether it is as good as its goal."""
        return self.value >= self.goal if self.at_least else self.value <= self.goal


# ---------------------------------------------------------------------------------------------------------- the parts


def videos(quick: bool) -> Iterator[Figure]:
    """Many videos in flight through one worker, at a server that lists its jobs."""
    from bench.inflight import ours

    given = argparse.Namespace(latency=6.0 if quick else 20.0, spread=3.0 if quick else 5.0, whole=False)
    run = ours("lists", 150 if quick else 1000, given)
    yield Figure("CPU a video, worker and decoders", run.cpu_ms, "ms", 12)
    yield Figure("worker, idle", run.idle_mib, "MiB", 75)
    yield Figure("worker, all in flight", run.most_mib, "MiB", 130)
    yield Figure("p95 of added delay, listing server", run.delay_p95, "s", 0.8)
    if not quick:
        yield Figure("p95 of added delay, webhooks", ours("webhooks", 1000, given).delay_p95, "s", 0.15)


@contextmanager
def postgresql_and_valkey() -> Iterator[tuple[object, object]]:
    """The servers of bench/scale.py."""
    from tests.servers.postgresql import PostgreSQL
    from tests.servers.valkey import Valkey

    postgresql, valkey = PostgreSQL(), Valkey()
    try:
        yield postgresql, valkey
    finally:
        valkey.close()
        postgresql.close()


def pages(quick: bool) -> Iterator[Figure]:
    """Open pages of the studio, with sockets as browsers open them."""
    from bench import scale

    with postgresql_and_valkey() as (postgresql, valkey):
        scale.pages(postgresql, valkey, argparse.Namespace(pages=[30] if quick else [30, 530]))  # type: ignore[arg-type]
    few = scale.RESULTS["pages 30"]
    yield Figure(
        "studio page, of a bare page of as many elements", scale.MEMORY["studio"] / scale.MEMORY["bare"], "x", 1
    )
    yield Figure("studio page, elements", scale.MEMORY["elements"], "", 40)
    yield Figure("news to an open page, p95", few[int(len(few) * 0.95)] * 1000, "ms", 50)


def workers(quick: bool) -> Iterator[Figure]:
    """Two workers beside one."""
    from bench import scale

    given = argparse.Namespace(videos=60 if quick else 240, file_seconds=3.0)
    with postgresql_and_valkey() as (postgresql, valkey):
        one, two = (scale.work(postgresql, valkey, number, given)["a minute"] for number in (1, 2))  # type: ignore[arg-type]
    yield Figure("two workers, of one", two / one, "x", 1.95, at_least=True)


def charges(quick: bool) -> Iterator[Figure]:
    """Whole charges beside plain SQLAlchemy core, on both databases."""
    from tests.servers.postgresql import PostgreSQL

    seconds = 0.5 if quick else 1.5
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Figure(
            "charges, SQLite", _of_core(f"sqlite:///{folder}/bench.db", folder, seconds), "x", 2, at_least=True
        )
        server = PostgreSQL("max_connections=300", "shared_buffers=128MB", "synchronous_commit=off")
        try:
            yield Figure("charges, PostgreSQL", _of_core(server.url(), folder, seconds), "x", 2, at_least=True)
        finally:
            server.close()


def _of_core(url: str, folder: str, seconds: float) -> float:
    from bench import credits
    from core.database.migrate import migrate
    from core.database.session import close_database
    from core.settings import settings

    environment = {"DATABASE_URL": url, "STORAGE_URL": folder, "GENERATIONS_PER_HOUR": "1000000"}
    os.environ.update(environment)
    settings.cache_clear()
    migrate()
    processes = credits.Processes(environment)
    with asyncio.Runner() as runner:
        try:
            return credits.of_core(credits.charge_rates(runner, processes, seconds))
        finally:
            processes.end()
            runner.run(close_database())


def first_load(quick: bool) -> Iterator[Figure]:
    """A new visitor in Chromium."""
    from bench.first_load import measured

    only = ["studio"] if quick else ["plain", "studio", "gradio"]
    sites = {site.name: site for site in measured(only, 2 if quick else 5, 0)}
    studio = sites["studio"]
    yield Figure("first load", statistics.median(studio.bytes) / 1000, "kB", 320)
    yield Figure("first load, the server's CPU", statistics.mean(studio.cpu) * 1000, "ms", 40)
    if gradio := sites.get("Gradio"):
        ratio = statistics.median(studio.cold) / statistics.median(gradio.cold)
        yield Figure("first load, of Gradio's time", ratio, "x", 0.45)


PARTS: dict[str, Callable[[bool], Iterator[Figure]]] = {
    part.__name__: part for part in (videos, pages, workers, charges, first_load)
}


# ---------------------------------------------------------------------------------------------------------- the table


def run_part(name: str, quick: bool) -> list[Figure] | str:
    """The figures of a part, measured in a process of its own; or why there are none."""
    command = [sys.executable, __file__, "--part", name, *(["--quick"] if quick else [])]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PART_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"took longer than {PART_SECONDS} s"
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["?"])[-1]
    return [Figure(**figure) for figure in json.loads(done.stdout.splitlines()[-1])]


def show(name: str, figures: list[Figure] | str) -> None:
    """A line per figure."""
    if isinstance(figures, str):
        print(f"{name}: {figures}", flush=True)
        return
    for figure in figures:
        goal = f"{'>=' if figure.at_least else '<='} {figure.goal:g}"
        verdict = "" if figure.is_reached else "   MISSED"
        print(f"{figure.name:50}{figure.value:9.2f} {figure.unit:4}{goal:>9}{verdict}", flush=True)


def main() -> int:
    """Print the table; 1 if a part did not run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part:
        print(json.dumps([asdict(figure) for figure in PARTS[asked.part](asked.quick)]))
        return 0
    ran = True
    for name in asked.only:
        figures = run_part(name, asked.quick)
        show(name, figures)
        ran = ran and not isinstance(figures, str)
    return 0 if ran else 1


if __name__ == "__main__":
    sys.exit(main())
