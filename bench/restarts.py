"""What a restart costs those who wait: of Redis until the page is right again, of a worker until its videos are done.

    uv run --group bench bench/restarts.py [--rounds 5] [--videos 60]

Everything is real and in processes of its own: PostgreSQL, Valkey over TCP, `main.py worker` and `main.py web`, a
Videos server that takes ten seconds give or take five.

Redis   In each round a page of the studio stands open, and its video ends while Redis is away. Counted from the moment
        Redis takes connections again until the page has been told that the video is done; 0 where it has found that out
        by itself before.
worker  So many videos with one worker that is left alone, then with one that is killed (SIGKILL) or stopped (SIGTERM)
        in the middle of them and started again at once. Counted from the provider's end of a job to our file stored.
"""

# ruff: noqa: E402
import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx

from bench.inflight import begin, prepare, process, wait_for
from bench.scale import Page, session_cookie, set_up, stored_at, wait_until_ended
from tests.running import free_port
from tests.servers.postgresql import PostgreSQL
from tests.servers.valkey import Valkey

AT_PROVIDER = "SELECT count(*) FROM videos WHERE status = 'processing'"


@contextmanager
def app(postgresql: PostgreSQL, valkey: Valkey, name: str, videos: int) -> Iterator[tuple[dict[str, str], str]]:
    """Database, Redis and provider with so many videos not yet begun: the variables and the provider's address."""
    port = free_port()
    server = f"http://127.0.0.1:{port}/v1"
    more = {"SIGNUP_CREDITS": str(10 * videos), "OPENAI_BASE_URL": server}
    with set_up(postgresql, valkey, name, **more) as variables:
        latency = ["--latency", "10", "--spread", "5"]
        with process(str(ROOT / "bench" / "inflight_server.py"), "--port", str(port), "--lists", *latency):
            wait_for(f"{server}/models")
            prepare(videos)
            yield variables, server


def count(postgresql: PostgreSQL, name: str, query: str) -> int:
    """The number that the database says."""
    return int(postgresql.sql(query, database=name))


# --------------------------------------------------------------------------------------------------------- worker


def worker(postgresql: PostgreSQL, valkey: Valkey, videos: int, sign: signal.Signals | None) -> list[float]:
    """Seconds from the provider's end to the stored file, sorted."""
    name = f"worker{sign or 0}"
    with app(postgresql, valkey, name, videos) as (variables, server), ExitStack() as stack:
        first = stack.enter_context(process(str(ROOT / "main.py"), "worker", **variables))
        asyncio.run(begin(videos))
        while count(postgresql, name, AT_PROVIDER) < videos // 2:
            time.sleep(0.1)
        if sign:
            time.sleep(8)  # the first ones end
            first.send_signal(sign)
            first.wait(30)
            stack.enter_context(process(str(ROOT / "main.py"), "worker", **variables))
        wait_until_ended(postgresql, name)
        stored = stored_at(postgresql, name)
        told = json.loads(httpx.get(f"{server}/_times", timeout=60).content)
    if len(stored) != videos or told["calls"]["create"] != videos:
        raise RuntimeError(f"{len(stored)} of {videos} completed, {told['calls']['create']} created")
    return sorted(at - told["times"][prompt][1] for prompt, at in stored.items())


# ---------------------------------------------------------------------------------------------------------- Redis


async def told_after(url: str, valkey: Valkey, postgresql: PostgreSQL, name: str, video: int) -> float:
    """Seconds from Redis' return until the page knows that its video is done; it ends while Redis is away."""
    from core.redis import queue
    from core.redis.client import close_redis

    await queue.put("submit", video, 0)
    await close_redis()
    begun = f"SELECT count(*) FROM videos WHERE id = {video} AND status <> 'pending'"
    while not await asyncio.to_thread(count, postgresql, name, begun):
        await asyncio.sleep(0.1)
    page = Page(1, video)
    await page.open(f"{url}/", session_cookie(1, os.environ["STORAGE_SECRET"]))
    page.expected = "Generated with"
    await asyncio.to_thread(valkey.stop)
    await asyncio.to_thread(wait_until_ended, postgresql, name)
    await asyncio.to_thread(valkey.start)
    back = time.perf_counter()
    known = page.told.is_set()
    await asyncio.wait_for(page.told.wait(), 120)
    took = 0.0 if known else time.perf_counter() - back
    await page.close()
    return took


def redis(postgresql: PostgreSQL, valkey: Valkey, rounds: int) -> list[float]:
    """So many restarts, sorted."""
    name, port = "redis", free_port()
    found = []
    with app(postgresql, valkey, name, rounds) as (variables, _), ExitStack() as stack:
        # one at a time: a page shows its user's newest
        postgresql.sql("UPDATE videos SET status = 'canceled', deleted_at = now()", database=name)
        stack.enter_context(process(str(ROOT / "main.py"), "worker", **variables))
        stack.enter_context(process(str(ROOT / "main.py"), "web", **{**variables, "PORT": str(port)}))
        wait_for(f"http://127.0.0.1:{port}/healthz")
        for video in range(1, rounds + 1):
            due = "status = 'pending', deleted_at = NULL, next_look_at = now(), created_at = now()"
            postgresql.sql(f"UPDATE videos SET {due} WHERE id = {video}", database=name)
            found.append(asyncio.run(told_after(f"http://127.0.0.1:{port}", valkey, postgresql, name, video)))
    return sorted(found)


def main() -> None:
    """Run both and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--videos", type=int, default=60)
    given = parser.parse_args()
    postgresql, valkey = PostgreSQL(), Valkey()
    try:
        if given.rounds:
            took = redis(postgresql, valkey, given.rounds)
            shown = ", ".join(f"{seconds:.1f}" for seconds in took)
            print(f"Redis is back: the page is right after {shown} s", flush=True)
        alone = worker(postgresql, valkey, given.videos, None)
        print(f"worker left alone: stored {alone[-1]:.1f} s after the provider's end at most", flush=True)
        for sign in (signal.SIGTERM, signal.SIGKILL):
            took = worker(postgresql, valkey, given.videos, sign)
            late = took[-1] - alone[-1]
            print(f"worker, {sign.name}: {took[-1]:.1f} s at most, {late:.1f} s later than left alone", flush=True)
    finally:
        valkey.close()
        postgresql.close()


if __name__ == "__main__":
    main()
