"""Many videos in flight through one worker, beside the guide's original design (Celery prefork, a process per video).

    uv run --group bench bench/inflight.py                        1,000 videos each way, and the original with 200
    uv run --group bench bench/inflight.py --videos 100 10000 --servers lists --original 0
    uv run --group bench bench/inflight.py --videos 150 --servers lists --original 0 --whole    the app, web and all

Everything is real and in processes of its own: `main.py worker`, SQLite, embedded Valkey, a Videos server that takes
`--latency` seconds give or take `--spread` (with none, a poll every ten seconds would meet the end of a job of twenty
seconds by luck) and lists its jobs, or sends webhooks, or does neither. CPU is counted from idle workers to the last
file stored, over all their processes. Memory is what the processes hold for themselves plus their share of what they
have in common (PSS), at its highest. `looks` are the calls that ask how far jobs are; beside them each video costs
one create call and one for its file, either way.
"""

# ruff: noqa: E402
import argparse
import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx
import psutil
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import insert, update

from bench.inflight_figures import Meter, Result, figures, table
from tests.running import free_port

SERVERS = ("lists", "webhooks", "blind")
SECRET = "whsec_YmVuY2gtc2VjcmV0LWJlbmNoLXNlY3JldA=="
PICTURES = 10


@contextmanager
def process(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, for a while."""
    quiet = None if "BENCH_LOG" in os.environ else subprocess.DEVNULL
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    started = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=quiet, stderr=quiet)
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextmanager
def provider(kind: str, given: argparse.Namespace, webhook: str = "") -> Iterator[str]:
    """The Videos server; gives its base URL."""
    port = free_port()
    more = ["--lists"] if kind == "lists" else []
    if webhook:
        more += ["--webhook", webhook, "--webhook-secret", SECRET]
    script = str(ROOT / "bench" / "inflight_server.py")
    fixed = ["--port", str(port), "--latency", str(given.latency), "--spread", str(given.spread)]
    with process(script, *fixed, *more):
        wait_for(f"http://127.0.0.1:{port}/v1/models")
        yield f"http://127.0.0.1:{port}/v1"


def wait_for(url: str) -> None:
    """Until it answers."""
    for _ in range(300):
        try:
            httpx.get(url, timeout=5)
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


def picture(number: int) -> bytes:
    """A picture with something on it."""
    import io

    out = io.BytesIO()
    Image.radial_gradient("L").rotate(number * 9).resize((1280, 853)).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


# --- ours ---


def ours(kind: str, count: int, given: argparse.Namespace) -> Result:
    """One worker process (or the whole app) and `count` videos that all become due at once."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        web = free_port()
        variables = {
            "DATABASE_URL": f"sqlite:///{folder}/adsvideo.db",
            "STORAGE_URL": folder,
            "OPENAI_WEBHOOK_SECRET": SECRET,
            "SIGNUP_CREDITS": str(10 * count),
            "GENERATIONS_PER_HOUR": str(count + 1),
            "LOG_LEVEL": "WARNING",
        }
        hook = f"http://127.0.0.1:{web}/webhooks/videos" if kind == "webhooks" else ""
        with provider(kind, given, hook) as base_url:
            variables["OPENAI_BASE_URL"] = base_url
            os.environ.update(variables)
            forget()
            prepare(count)
            from core.redis import embedded

            embedded.ensure()
            try:
                if given.whole:
                    with process(str(ROOT / "main.py"), **variables, PORT=str(web)) as app:
                        wait_for(f"http://127.0.0.1:{web}/")
                        return run_ours(f"the app, {kind}", count, app.pid, base_url, folder)
                with process(str(ROOT / "main.py"), "worker", **variables) as worker:
                    if hook:
                        with process(__file__, "--web", str(web), **variables):
                            wait_for(f"http://127.0.0.1:{web}/")
                            return run_ours(f"ours, {kind}", count, worker.pid, base_url, folder)
                    return run_ours(f"ours, {kind}", count, worker.pid, base_url, folder)
            finally:
                embedded.stop()


def forget() -> None:
    """Read the settings anew."""
    from core import settings
    from core.catalog import availability
    from core.redis import embedded

    settings.settings.cache_clear()
    embedded._name.cache_clear()
    availability.clear_cache()


def prepare(count: int) -> None:
    """A user and videos as `core.videos.request` leaves them, charged for, not due before the worker is up."""
    from core.accounts import users
    from core.database.migrate import migrate
    from core.database.session import close_database, session
    from core.models import LedgerEntry, User, Video, now
    from core.pictures import framing, uploads

    async def fill() -> None:
        async with session() as db:
            user = await users.find_or_create(db, "bench@example.com")
            kept = [await uploads.accept(db, user.id, framing.clean(picture(n))) for n in range(PICTURES)]
            fixed = {"user_id": user.id, "model": "sora-2", "label": "Sora 2", "seconds": 4, "size": "1280x720"}
            fixed |= {"framing": {}, "cost_credits": 10, "next_look_at": now() + timedelta(hours=5)}
            rows = [{**fixed, "prompt": f"video {n}", "picture_id": kept[n % PICTURES].id} for n in range(count)]
            await (await db.connection()).execute(insert(Video), rows)
            entry = {"user_id": user.id, "amount": -10, "kind": "charge", "balance_after": 0}
            charges = [{**entry, "reference": f"video:{n}:charge", "video_id": n} for n in range(1, count + 1)]
            await (await db.connection()).execute(insert(LedgerEntry), charges)
            await db.exec(update(User).values(credits=0))
        await close_database()

    migrate()
    asyncio.run(fill())


async def begin(count: int) -> None:
    """All of them are due, from now on."""
    from core.database.session import close_database, session
    from core.models import Video, now
    from core.redis import queue
    from core.redis.client import close_redis

    async with session() as db:
        await db.exec(update(Video).values(next_look_at=now(), created_at=now()))
    for n in range(1, count + 1):
        await queue.put("submit", n, 0)
    await close_redis()
    await close_database()


def run_ours(name: str, count: int, pid: int, base_url: str, folder: str) -> Result:
    """From the idle worker to the last file."""
    from core.redis import queue
    from core.redis.client import redis

    async def worker_is_up() -> None:
        for _ in range(300):
            try:
                if await (await redis()).exists(f"{queue.QUEUE}:health-check"):
                    return
            except OSError:
                pass
            await asyncio.sleep(0.1)
        raise RuntimeError("the worker did not start")

    async def go() -> Meter:
        await worker_is_up()
        await asyncio.sleep(3)
        meter = Meter(pid)
        await begin(count)
        return meter

    meter = asyncio.run(go())
    path = f"{folder}/adsvideo.db"
    while rows(path, "SELECT count(*) FROM videos WHERE status IN ('pending', 'processing')")[0][0]:
        time.sleep(1)
    query = "SELECT prompt, (julianday(completed_at) - 2440587.5) * 86400.0 FROM videos WHERE status = 'completed'"
    stored: dict[str, float] = dict(rows(path, query))
    return figures(name, stored, json.loads(httpx.get(f"{base_url}/_times", timeout=60).content), count, meter)


def rows(path: str, query: str) -> list[Any]:
    """What SQLite says."""
    with sqlite3.connect(path, timeout=30) as db:
        return db.execute(query).fetchall()


def run_web(port: int) -> None:
    """The route for webhooks, as the web process has it."""
    import uvicorn

    from ui.routes import webhooks

    app = FastAPI()
    app.include_router(webhooks.router)
    uvicorn.run(app, port=port, log_level="error", ws="none")


# --- the original ---


def original(count: int, given: argparse.Namespace) -> Result:
    """Celery with `--processes` processes and `count` videos."""
    from core.redis import embedded

    with tempfile.TemporaryDirectory(prefix="bench-") as folder, provider("blind", given) as base_url:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/unused.db"
        os.environ["ORIGINAL_FOLDER"] = folder
        forget()
        embedded.ensure()
        os.environ["ORIGINAL_BROKER"] = embedded.redis_url().replace("unix://", "redis+socket://")
        os.environ["ORIGINAL_SERVER"] = base_url
        os.environ["ORIGINAL_CLIENT"] = given.client
        from bench import inflight_original as guide

        try:
            guide.table()
            arguments = ["-A", "bench.inflight_original", "worker", "--concurrency", str(given.processes)]
            with process("-m", "celery", *arguments, "--without-gossip", "--without-mingle") as worker:
                tree = psutil.Process(worker.pid)
                while len(tree.children(recursive=True)) < given.processes:
                    time.sleep(0.2)
                time.sleep(5)
                meter = Meter(worker.pid)
                path = Path(folder) / "picture.jpg"
                path.write_bytes(picture(0))
                for n in range(count):
                    guide.make.delay(f"video {n}", str(path))
                where = f"{folder}/original.db"
                while rows(where, "SELECT count(*) FROM videos")[0][0] < count:
                    time.sleep(1)
                done: dict[str, float] = dict(rows(where, "SELECT prompt, stored FROM videos"))
                told = json.loads(httpx.get(f"{base_url}/_times", timeout=60).content)
                return figures("original", done, told, min(count, given.processes), meter)
        finally:
            embedded.stop()


def main() -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, nargs="+", default=[1000])
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("--original", type=int, default=200, help="videos through the original; 0: leave it out")
    parser.add_argument(
        "--client", choices=["kept", "task"], default="kept", help="of the original: one, or one a task"
    )
    parser.add_argument("--processes", type=int, default=50, help="of the original design")
    parser.add_argument("--latency", type=float, default=20.0)
    parser.add_argument("--spread", type=float, default=5.0)
    parser.add_argument("--whole", action="store_true", help="`main.py` without a command instead of a worker alone")
    parser.add_argument("--web", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.web:
        run_web(given.web)
        return
    results: list[Result] = []
    if given.original:
        results.append(original(given.original, given))
        table(results)
    for count in given.videos:
        for kind in given.servers:
            results.append(ours(kind, count, given))
            table(results[-1:])
    table(results)


if __name__ == "__main__":
    main()
