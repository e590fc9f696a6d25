"""What one user's flood costs another: the answers of `/api/v1/me` to somebody else meanwhile, and memory afterwards.

    uv run --group bench bench/floods.py [--streams 300] [--waits 300] [--loads 300] [--framings 100] [--seconds 20]

Everything is real and in processes of its own: `main.py` with its worker and Valkey, SQLite, a Videos server that takes
ten minutes, and whoever asks for `/me`, every 50 ms over a connection of its own. The flood is one user's, over API key
and cookie: event streams and long polls of a video under way, loads of the studio, framings of a picture. Each of its
clients begins anew as soon as it is done, and after a 429 when that says. `ratio` is the 95th percentile beside that of
the quiet before. Memory is the web process's own and its share of what it has in common (PSS); it is warmed first.
"""

# ruff: noqa: E402
import argparse
import asyncio
import contextlib
import itertools
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import aiohttp
import httpx
import psutil

from bench.inflight import process, wait_for
from bench.inflight_figures import MIB
from tests.people import photo
from tests.running import RunningApp, free_port

GAP = 0.05
FLOODER, OTHER = "you@localhost", "other@localhost"
"""The first is who signs in with a click, so that it has a cookie as well."""
Client = Callable[[], Awaitable[int]]


def probe(url: str, key: str, seconds: float) -> list[float]:
    """In a process of its own: how long each `/me` took, in seconds, sorted."""
    took = []
    with httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=120) as client:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            started = time.perf_counter()
            assert client.get("/me").status_code == 200
            took.append(time.perf_counter() - started)
            time.sleep(GAP)
    return sorted(took)


def percentile(took: list[float], share: float) -> float:
    """In ms."""
    return took[min(len(took) - 1, int(len(took) * share))] * 1000


@dataclass
class Flood:
    """One user's clients, and what they were answered."""

    app: RunningApp
    key: str
    cookie: str
    video_id: int
    picture_id: int
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._places = itertools.count()

    async def streams(self, http: aiohttp.ClientSession) -> tuple[int, float]:
        """One event stream, to its end."""
        return await self._get(http, f"/api/v1/videos/{self.video_id}/events")

    async def waits(self, http: aiohttp.ClientSession) -> tuple[int, float]:
        """One long poll."""
        return await self._get(http, f"/api/v1/videos/{self.video_id}?wait=30")

    async def loads(self, http: aiohttp.ClientSession) -> tuple[int, float]:
        """The studio, by cookie, as a browser asks for it; its script never runs."""
        return await self._get(http, "/", {"Cookie": self.cookie, "Accept": "text/html"})

    async def framings(self, http: aiohttp.ClientSession) -> tuple[int, float]:
        """The picture, framed as nobody has asked for it before."""
        place = next(self._places) % 1000 / 1000
        return await self._get(http, f"/api/v1/images/{self.picture_id}/framed?size=1280x720&zoom=2&x={place}")

    async def _get(
        self, http: aiohttp.ClientSession, path: str, headers: dict[str, str] | None = None
    ) -> tuple[int, float]:
        headers = headers or {"Authorization": f"Bearer {self.key}"}
        async with http.get(self.app.url + path, headers=headers) as answer:
            async for _chunk in answer.content.iter_any():
                pass
            return answer.status, float(answer.headers.get("Retry-After", 0))

    async def client(self, http: aiohttp.ClientSession, kind: str) -> None:
        """One client of that kind, without end."""
        while True:
            try:
                status, pause = await getattr(self, kind)(http)
            except (aiohttp.ClientError, OSError):
                status, pause = 0, 1.0
            self.answers[kind, status] += 1
            await asyncio.sleep(pause)

    @contextlib.asynccontextmanager
    async def of(self, sizes: dict[str, int]):  # type: ignore[no-untyped-def]
        """So many clients of each kind, inside the `with`."""
        self.answers.clear()
        endless = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=endless) as http:
            clients = [asyncio.create_task(self.client(http, kind)) for kind, n in sizes.items() for _ in range(n)]
            try:
                yield
            finally:
                for client in clients:
                    client.cancel()
                await asyncio.gather(*clients, return_exceptions=True)


def memory(app: RunningApp) -> float:
    """Of the web process, in MiB."""
    assert app.process is not None
    return float(psutil.Process(app.process.pid).memory_full_info().pss / MIB)


def set_up(app: RunningApp) -> tuple[Flood, str]:
    """The flood of a user with a picture, and a video that is under way; and the other one's key."""
    key, other = app.key(FLOODER), app.key(OTHER)
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, base_url=f"{app.url}/api/v1", timeout=120) as client:
        picture = client.post("/images", files={"file": photo(1600, 1200)}).json()["id"]
        wanted = {"image_id": picture, "prompt": "Slow push in", "model": "sora-2"}
        video = client.post("/videos/generate", json=wanted).json()["id"]
    with httpx.Client(base_url=app.url, timeout=120, follow_redirects=True) as browser:
        browser.get("/auth/login")
        cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    return Flood(app, key, cookie, video, picture), other


async def measure(flood: Flood, other: str, given: argparse.Namespace) -> bool:
    """Print all of it; whether the promises hold."""
    loop = asyncio.get_running_loop()
    kinds = ("streams", "waits", "loads", "framings")
    rounds = {kind: {kind: getattr(given, kind)} for kind in kinds}
    rounds["all at once"] = {kind: getattr(given, kind) for kind in kinds}
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:

        async def took(seconds: float) -> list[float]:
            return await loop.run_in_executor(pool, probe, flood.app.url, other, seconds)

        async with flood.of(dict.fromkeys(kinds, 4)):
            await took(5)
        await asyncio.sleep(given.rest)
        before, quiet = memory(flood.app), await took(given.seconds)
        limit = max(percentile(quiet, 0.95), 1.0)
        print(f"{'':14}{'p50 ms':>8}{'p95 ms':>8}{'max ms':>8}{'ratio':>8}{'MiB':>8}   answers of the flood")
        _say("quiet", quiet, limit, before, "")
        worst = 0.0
        for name, sizes in rounds.items():
            async with flood.of(sizes):
                during = await took(given.seconds)
                most = memory(flood.app)
            worst = max(worst, percentile(during, 0.95))
            _say(name, during, limit, most, _counted(flood.answers))
    await asyncio.sleep(given.rest)
    after = memory(flood.app)
    print(f"memory before {before:.0f} MiB, {given.rest:.0f} s after {after:.0f} MiB: {after / before:.2f}")
    return worst <= 5 * limit and worst < 1000 and after <= 1.2 * before


def _say(name: str, took: list[float], quiet: float, mib: float, answers: str) -> None:
    shares = [percentile(took, share) for share in (0.5, 0.95, 1)]
    figures = "".join(f"{ms:8.0f}" for ms in shares)
    print(f"{name:14}{figures}{shares[1] / quiet:8.1f}{mib:8.0f}   {answers}", flush=True)


def _counted(answers: Counter[tuple[str, int]]) -> str:
    return ", ".join(f"{kind} {n}x{status}" for (kind, status), n in sorted(answers.items()))


def main() -> None:
    """Everything, on this machine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for kind, number in {"streams": 300, "waits": 300, "loads": 300, "framings": 100}.items():
        parser.add_argument(f"--{kind}", type=int, default=number)
    parser.add_argument("--seconds", type=float, default=20, help="of each round")
    parser.add_argument("--rest", type=float, default=65, help="seconds of quiet before memory is read")
    given = parser.parse_args()
    port = free_port()
    server = f"http://127.0.0.1:{port}/v1"
    with (
        process("-m", "tests.servers.videos", "--port", str(port), "--latency", "600"),
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
    ):
        wait_for(f"{server}/models")
        with RunningApp.started(Path(folder), OPENAI_BASE_URL=server, LOG_LEVEL="WARNING") as app:
            kept = asyncio.run(measure(*set_up(app), given))
    print("kept" if kept else "NOT kept: p95 at most 5x quiet and under 1 s, memory within 20 % of before")
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
