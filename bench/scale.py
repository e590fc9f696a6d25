"""How it grows: more workers on one database, and more open pages on one web process.

    uv run --group bench bench/scale.py [--videos 240] [--workers 1 2 4] [--pages 30 530]

Everything is real and in processes of its own: PostgreSQL, Valkey over TCP, `main.py worker` and `main.py web`.

workers  A load bound by the worker and not by the machine's cores: each file takes `--file-seconds` to come, and a
         worker fetches 16 at a time. `overhead` is from the provider's end of a job to our file stored, the wait for a
         place included; `CPU` is all workers' together.
pages    Pages of the studio, opened as a browser does (the page, then its WebSocket), each of a user of its own with a
         video under way. `change` is from a worker's write of news to the message at the page, at the first 30 of them
         while the others stand open; beside it the same from a page of plain NiceGUI that looks once a second.
memory   What one more page of the studio costs, and one more bare page of as many elements: 60 of each after 30 others,
         so that what is filled once (5 MiB with our first page) is in neither. At first it was in ours, and so were
         messages, which any browser acknowledges within three seconds: the figure fell by that, not by less memory. A
         bare page's socket is compressed, as NiceGUI comes; beside it one whose socket is not, as ours.
"""

# ruff: noqa: E402
import argparse
import asyncio
import base64
import itertools
import json
import os
import random
import re
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx
import psutil
import socketio
from itsdangerous import TimestampSigner

from bench.inflight import PICTURES, begin, forget, picture, prepare, process, wait_for
from bench.inflight_figures import MIB, Meter
from tests.running import free_port
from tests.servers.postgresql import PostgreSQL
from tests.servers.valkey import Valkey

LISTENING = 30
WEIGHED = 60
"""Pages whose memory is measured, after LISTENING others. Python takes it by the MiB: few of them would tell less."""
PUSHES = 10
ROUNDS = 20
VALUES = itertools.cycle(range(100, 1000))
"""What a page is told next: how many are ahead of it. Three digits, so that they are found in its message."""


@contextmanager
def set_up(postgresql: PostgreSQL, valkey: Valkey, name: str, **more: str) -> Iterator[dict[str, str]]:
    """An empty database and an empty Redis, set in this process's environment too."""
    postgresql.sql(f"CREATE DATABASE {name}")
    with valkey.client() as client, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        client.flushall()
        variables = {
            "DATABASE_URL": postgresql.url(name),
            "REDIS_URL": valkey.url,
            "STORAGE_URL": folder,
            "STORAGE_SECRET": secrets.token_hex(),
            "LOG_LEVEL": "WARNING",
            **more,
        }
        os.environ.update(variables)
        forget()
        yield variables
    postgresql.sql(f"DROP DATABASE {name} WITH (FORCE)")


# ------------------------------------------------------------------------------------------------------- workers


def work(postgresql: PostgreSQL, valkey: Valkey, workers: int, given: argparse.Namespace) -> dict[str, float]:
    """So many videos through so many workers: videos a minute, overhead in seconds, CPU in ms per video."""
    port = free_port()
    server = ["--port", str(port), "--lists", "--latency", "4", "--spread", "2"]
    provider = f"http://127.0.0.1:{port}"
    more = {"SIGNUP_CREDITS": str(10 * given.videos), "OPENAI_BASE_URL": f"{provider}/v1"}
    with ExitStack() as stack:
        catalog = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))) / "catalog.toml"
        catalog.write_text('[servers.openai]\nengine = "openai-videos"\nconcurrency = 256\n')
        more |= {"CATALOG_FILE": str(catalog)}
        variables = stack.enter_context(set_up(postgresql, valkey, f"work{workers}", **more))
        arguments = [*server, "--file-seconds", str(given.file_seconds)]
        stack.enter_context(process(str(ROOT / "bench" / "inflight_server.py"), *arguments))
        wait_for(f"{provider}/v1/models")
        prepare(given.videos)
        running = [stack.enter_context(process(str(ROOT / "main.py"), "worker", **variables)) for _ in range(workers)]
        asyncio.run(_all_up(workers))
        meters = [Meter(worker.pid) for worker in running]
        asyncio.run(begin(given.videos))
        database = variables["DATABASE_URL"].rpartition("/")[2]
        wait_until_ended(postgresql, database)
        stored = stored_at(postgresql, database)
        cpu = sum(meter.seconds() for meter in meters)
        times: dict[str, Any] = json.loads(httpx.get(f"{provider}/v1/_times", timeout=60).content)["times"]
    overheads = sorted(at - times[prompt][1] for prompt, at in stored.items())
    return {
        "done": len(stored),
        "a minute": len(stored) / (max(stored.values()) - min(made for made, _ in times.values())) * 60,
        "p50": both(overheads)[0],
        "p95": both(overheads)[1],
        "cpu": cpu * 1000 / len(stored),
    }


def wait_until_ended(postgresql: PostgreSQL, database: str) -> None:
    """Until no video is under way."""
    left = "SELECT count(*) FROM videos WHERE status IN ('pending', 'processing')"
    while int(postgresql.sql(left, database=database)):
        time.sleep(0.2)


def stored_at(postgresql: PostgreSQL, database: str) -> dict[str, float]:
    """When each video was completed, by its prompt; seconds since 1970."""
    ended = "SELECT prompt, extract(epoch FROM completed_at) FROM videos WHERE status = 'completed'"
    lines = [line.rsplit("|", 1) for line in postgresql.sql(ended, database=database).splitlines()]
    return {prompt: float(at) for prompt, at in lines}


async def _all_up(workers: int) -> None:
    """Until so many workers have registered, and have settled down."""
    from core.redis import queue
    from core.redis.client import close_redis

    while await queue.count_workers("bench") <= workers:
        await asyncio.sleep(0.1)
    await queue.leave_workers("bench")
    await close_redis()
    await asyncio.sleep(3)


# --------------------------------------------------------------------------------------------------------- pages


class Page:
    """A page as a browser opens it: what it is made of, then its WebSocket."""

    def __init__(self, person: int, video: int) -> None:
        self.person, self.video = person, video
        self.told = asyncio.Event()
        self.expected = ""
        self.elements = 0
        self._client_id = ""
        self._next_message = 0
        # every browser offers to compress its socket, and memory for it is a server's if it accepts
        self._socket = socketio.AsyncClient(reconnection=False, websocket_extra_options={"compress": 15})
        self._socket.on("*", self._hear)

    async def open(self, url: str, cookies: dict[str, str], query: str = "") -> None:
        """The page, and the handshake of NiceGUI's script."""
        async with httpx.AsyncClient(cookies=cookies, timeout=60) as client:
            html = (await client.get(url + query, headers={"Accept": "text/html"})).text
        found = re.search(r"client_id\W+([0-9a-f-]{36})", html)
        if not found:
            raise RuntimeError(f"not a page of NiceGUI: {html[:300]}")
        self.elements = html.count('"tag":')
        self._client_id = found[1]
        ids = {"client_id": self._client_id, "tab_id": str(uuid4()), "document_id": str(uuid4())}
        own = {**ids, "next_message_id": "0"}
        asked = "&".join(f"{name}={value}" for name, value in {**own, "implicit_handshake": "true"}.items())
        own_cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
        await self._socket.connect(
            f"{url}?{asked}", own_cookies, ["websocket"], socketio_path="/_nicegui_ws/socket.io", wait_timeout=30
        )

    async def _hear(self, event: str, *arguments: Any) -> None:
        if arguments and isinstance(arguments[0], dict):
            self._next_message = arguments[0].get("_id", self._next_message - 1) + 1
        if self.expected and self.expected in json.dumps(arguments):
            self.told.set()

    async def acknowledge(self) -> None:
        """As NiceGUI's script does every three seconds: until then the server keeps what it has sent."""
        await self._socket.emit("ack", {"client_id": self._client_id, "next_message_id": self._next_message})

    async def close(self) -> None:
        """Leave."""
        await self._socket.disconnect()


def session_cookie(user: int, secret: str) -> dict[str, str]:
    """Signed in, as Starlette's session middleware writes it; see `people`."""
    inside = base64.b64encode(json.dumps({"user": user, "epoch": 0, "id": f"browser-{user}"}).encode())
    return {"session": TimestampSigner(secret).sign(inside).decode()}


async def people(count: int) -> list[tuple[int, int]]:
    """So many users, each signed in and with a video under way: (user, video)."""
    from core.accounts import sessions, users
    from core.database import session
    from core.models import Video, now
    from core.pictures import framing, uploads

    made = []
    async with session.session() as db:
        for n in range(count):
            user = await users.find_or_create(db, f"person{n}@example.com")
            await sessions.begin(db, user, f"browser-{user.id}")
            kept = await uploads.accept(db, user.id, framing.clean(picture(n % PICTURES)))
            fixed: dict[str, Any] = {"model": "sora-2", "label": "Sora 2", "seconds": 4, "size": "1280x720"}
            fixed |= {"prompt": "a bench", "framing": {}, "cost_credits": 10, "lane": 1}
            video = Video(user_id=user.id, picture_id=kept.id, next_look_at=now() + timedelta(hours=5), **fixed)
            db.add(video)
            await db.flush()
            made.append((user.id, video.id))
    await session.close_database()
    return made


Write = Callable[[Page, int], Awaitable[object]]


async def change(page: Page, write: Write, pause: float) -> float:
    """Seconds from a write, at a random moment within `pause` seconds, to its message at the page."""
    await asyncio.sleep(random.uniform(0, pause))
    value = next(VALUES)
    page.told.clear()
    page.expected = f"{value}"
    started = time.perf_counter()
    await write(page, value)
    await asyncio.wait_for(page.told.wait(), 30)
    return time.perf_counter() - started


def memory(process: psutil.Process) -> float:
    """MiB that a process holds for itself."""
    return float(process.memory_full_info().uss) / MIB


async def look(url: str, server: psutil.Process, made: list[tuple[int, int]], given: argparse.Namespace) -> None:
    """Open the pages step by step; print what each step costs."""
    from core.redis.client import close_redis
    from core.redis.news import News, publish, publish_all

    def news(page: Page, ahead: int) -> News:
        return News(page.person, page.video, "pending", stage="queued", ahead=ahead)

    opened: list[Page] = []
    empty = memory(server)
    for goal in given.pages:
        while len(opened) < goal:
            page = Page(*made[len(opened)])
            await page.open(f"{url}/", session_cookie(page.person, os.environ["STORAGE_SECRET"]))
            opened.append(page)
        await asyncio.sleep(3)
        # one page after the other, so that none waits for another
        told = [
            await change(page, lambda page, ahead: publish(news(page, ahead)), 0.02)
            for page in opened[:LISTENING] * PUSHES
        ]
        took = sorted(told)
        started = time.perf_counter()
        for _ in range(ROUNDS):
            ahead, last = next(VALUES), opened[-1]
            last.told.clear()
            last.expected = f"{ahead}"
            await publish_all([news(page, ahead) for page in opened])
            await asyncio.wait_for(last.told.wait(), 60)
        rate = ROUNDS * goal / (time.perf_counter() - started)
        for page in opened:
            await page.acknowledge()
        await asyncio.sleep(1)
        per_page = (memory(server) - empty) / goal * 1024
        print(f"{goal:>6} pages {show(took)}  {per_page:>7.0f} KiB a page {rate:>8.0f} pushes a second", flush=True)
        RESULTS[f"pages {goal}"] = took
    for page in opened:
        await page.close()
    await close_redis()


async def weigh(server: psutil.Process, open_page: Callable[[int], Awaitable[Page]]) -> tuple[float, int]:
    """KiB that one more page costs, beside as many that have filled what is filled once; how many elements it has."""
    opened: list[Page] = []
    before = 0.0
    for number in range(LISTENING + WEIGHED):
        if number == LISTENING:
            await asyncio.sleep(3)
            before = memory(server)
        opened.append(await open_page(number))
    await asyncio.sleep(3)
    cost = (memory(server) - before) / WEIGHED * 1024
    for page in opened:
        await page.close()
    return cost, opened[0].elements


async def weigh_studio(url: str, server: psutil.Process, made: list[tuple[int, int]]) -> None:
    """What one more page of the studio costs."""

    async def open_page(number: int) -> Page:
        page = Page(*made[number])
        await page.open(f"{url}/", session_cookie(page.person, os.environ["STORAGE_SECRET"]))
        return page

    MEMORY["studio"], MEMORY["elements"] = await weigh(server, open_page)


async def weigh_bare(url: str, server: psutil.Process, name: str) -> None:
    """What one more bare page of as many elements costs."""

    async def open_page(_number: int) -> Page:
        page = Page(0, 0)
        await page.open(f"{url}/bare", {}, f"?elements={MEMORY['elements']:.0f}")
        return page

    MEMORY[name], _ = await weigh(server, open_page)


async def look_at_timer(url: str) -> None:
    """The same of pages that look once a second."""
    from core.redis.client import close_redis, redis

    client = await redis()
    opened = [Page(n, 0) for n in range(LISTENING)]
    for page in opened:
        await page.open(f"{url}/", {}, f"?person={page.person}")
    await asyncio.sleep(2)

    async def of_one(page: Page) -> list[float]:
        # anywhere between two looks: right after one whole page has told, the next one's look would be near
        set_value: Write = lambda page, value: client.set(f"bench:{page.person}", value)  # noqa: E731
        return [await change(page, set_value, 1.0) for _ in range(PUSHES)]

    took = sorted(itertools.chain(*await asyncio.gather(*map(of_one, opened))))
    print(f" timer of 1 s {show(took)}", flush=True)
    RESULTS["timer"] = took
    for page in opened:
        await page.close()
    await close_redis()


def both(took: list[float]) -> tuple[float, float]:
    """Median and p95 of sorted figures."""
    return statistics.median(took), took[int(len(took) * 0.95)]


def show(took: list[float]) -> str:
    """Both of sorted seconds, in words."""
    half, most = both(took)
    return f"change p50 {half * 1000:>7.1f} ms, p95 {most * 1000:>7.1f} ms"


RESULTS: dict[str, list[float]] = {}
MEMORY: dict[str, float] = {}
"""KiB of one more page: of the studio, `bare`, and `uncompressed`; how many `elements` each of them has."""


def pages(postgresql: PostgreSQL, valkey: Valkey, given: argparse.Namespace) -> None:
    """One web process with more and more pages, then the page with a timer; the ratios."""
    from core.database.migrate import migrate

    port, other = free_port(), free_port()
    with set_up(postgresql, valkey, "pages", PORT=str(port)) as variables:
        migrate()
        made = asyncio.run(people(max(LISTENING + WEIGHED, *given.pages)))
        url = f"http://127.0.0.1:{port}"
        for measure in (weigh_studio, partial(look, given=given)):
            with process(str(ROOT / "main.py"), "web", **variables) as web:
                wait_for(f"{url}/healthz")
                asyncio.run(measure(url, psutil.Process(web.pid), made))
        plain = str(ROOT / "bench" / "scale_timer.py")
        with process(plain, str(other), "uncompressed", **variables) as bare:
            wait_for(f"http://127.0.0.1:{other}/")
            asyncio.run(weigh_bare(f"http://127.0.0.1:{other}", psutil.Process(bare.pid), "uncompressed"))
        with process(plain, str(other), **variables) as bare:
            wait_for(f"http://127.0.0.1:{other}/")
            asyncio.run(weigh_bare(f"http://127.0.0.1:{other}", psutil.Process(bare.pid), "bare"))
            asyncio.run(look_at_timer(f"http://127.0.0.1:{other}"))
    studio, bare_one, uncompressed = (MEMORY[name] for name in ("studio", "bare", "uncompressed"))
    print(
        f"{studio:.0f} KiB one more page of the studio, {studio / bare_one:.2f} times a bare page of as many elements"
        f" ({MEMORY['elements']:.0f}; {bare_one:.0f} KiB), {studio / uncompressed:.2f} times one whose socket is not"
        f" compressed ({uncompressed:.0f} KiB)"
    )
    timer, few = RESULTS["timer"], RESULTS[f"pages {given.pages[0]}"]
    for name, took in RESULTS.items():
        (half, most), (half_few, most_few), (half_timer, most_timer) = (both(t) for t in (took, few, timer))
        print(
            f"{name:>12}: p50 1/{half_timer / half:.0f} and p95 1/{most_timer / most:.0f} of the timer's;"
            f" {half / half_few:.2f} and {most / most_few:.2f} times those of {given.pages[0]} pages"
        )


def main() -> None:
    """Run both and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=240)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--file-seconds", type=float, default=3.0)
    parser.add_argument("--pages", type=int, nargs="*", default=[30, 530])
    given = parser.parse_args()
    postgresql, valkey = PostgreSQL(), Valkey()
    try:
        first: dict[str, float] = {}
        for workers in given.workers:
            found = work(postgresql, valkey, workers, given)
            first = first or found
            print(
                f"{workers} workers: {found['done']:.0f} videos, {found['a minute']:.0f} a minute"
                f" ({found['a minute'] / first['a minute']:.2f} x), overhead p50 {found['p50']:.2f} s, p95"
                f" {found['p95']:.2f} s, {found['cpu']:.0f} ms of CPU a video ({found['cpu'] / first['cpu']:.2f} x)",
                flush=True,
            )
        if given.pages:
            pages(postgresql, valkey, given)
    finally:
        valkey.close()
        postgresql.close()


if __name__ == "__main__":
    main()
