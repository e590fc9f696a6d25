"""What the front door and MCP cost the web process.

    uv run bench/doors.py [--rounds 5] [--requests 300] [--calls 1000] [--before FOLDER]

Everything is real: the app in processes of its own, its built-in camera, HTTP over loopback, the MCP SDK's client.

GET    CPU of the web process for a look at a finished video, at /v1 beside /api/v1; they take turns, medians of rounds
MCP    what the web process holds for itself (USS) before and after so many calls of get_video, each a client's own
start  CPU of the web process until it is ready, and its USS, beside a checkout without the doors (`--before`) that runs
       with the same Python; they take turns, medians of rounds
"""

# ruff: noqa: E402
import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx
import httpx2
import psutil

from tests.people import photo
from tests.running import RunningApp, wait_for_end

MB = 1024 * 1024
WARM = 100


def cpu_of(process: psutil.Process) -> float:
    """Seconds of CPU that it has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def uss_of(process: psutil.Process) -> float:
    """MB that it holds for itself."""
    return float(process.memory_full_info().uss) / MB


def process_of(app: RunningApp) -> psutil.Process:
    assert app.process is not None
    return psutil.Process(app.process.pid)


def looks(app: RunningApp, key: str, paths: dict[str, str], rounds: int, requests: int) -> None:
    """Print the CPU of a look at either door, by their paths."""
    web = process_of(app)
    milliseconds: dict[str, list[float]] = {name: [] for name in paths}
    with httpx.Client(base_url=app.url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        for _ in range(rounds + 1):
            for name, path in paths.items():
                before = cpu_of(web)
                for _ in range(requests):
                    client.get(path).raise_for_status()
                milliseconds[name].append((cpu_of(web) - before) / requests * 1000)
    medians = {name: statistics.median(values[1:]) for name, values in milliseconds.items()}  # the first round warms up
    print("GET", {name: f"{value:.2f} ms" for name, value in medians.items()}, end=" ")
    print(f"ratio {medians['/v1'] / medians['/api/v1']:.2f}")


async def calls(app: RunningApp, key: str, number: int, count: int) -> None:
    """Print what so many MCP calls leave behind."""
    from mcp.client.client import Client
    from mcp.client.streamable_http import streamable_http_client

    web, headers = process_of(app), {"Authorization": f"Bearer {key}"}

    async def call(times: int) -> None:
        for _ in range(times):
            async with (
                httpx2.AsyncClient(headers=headers, timeout=60) as http,
                Client(streamable_http_client(f"{app.url}/mcp", http_client=http)) as client,
            ):
                answer = await client.call_tool("get_video", {"id": number})
                assert not answer.is_error

    unused = uss_of(web)
    await call(WARM)
    warm, cpu = uss_of(web), cpu_of(web)
    await call(count)
    used = (cpu_of(web) - cpu) / count * 1000
    await asyncio.sleep(2)
    sockets = len([each for each in web.net_connections() if each.status == "ESTABLISHED"])
    print(
        f"MCP loaded: {warm - unused:+.1f} MB; {count} calls: {uss_of(web) - warm:+.1f} MB, {used:.1f} ms of CPU each",
        end="",
    )
    print(f", {sockets} connections left")


def start(before: Path, rounds: int) -> None:
    """Print what a start of the web app costs with and without the doors."""
    seconds: dict[str, list[float]] = {"before": [], "now": []}
    memory: dict[str, list[float]] = {"before": [], "now": []}
    for _ in range(rounds):
        for name, main in (("before", before / "main.py"), ("now", ROOT / "main.py")):
            with tempfile.TemporaryDirectory() as folder:
                app = RunningApp(Path(folder), "web")
                app.main = main
                _one_start(app, seconds[name], memory[name])
    for what, values in (("CPU s", seconds), ("MB", memory)):
        old, new = (statistics.median(values[name]) for name in ("before", "now"))
        print(f"start {what}: {old:.2f} before, {new:.2f} now, {new / old:.3f}x")


def _one_start(app: RunningApp, seconds: list[float], memory: list[float]) -> None:
    try:
        app.start(wait=False)
        web = process_of(app)
        while True:
            try:
                if httpx.get(f"{app.url}/healthz", timeout=5).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.1)
        time.sleep(3)  # what it does right after
        seconds.append(cpu_of(web))
        memory.append(uss_of(web))
        app.stop()
    finally:
        app.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--before", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, RunningApp.started(Path(folder)) as app:
        key = app.key("alice@example.com")
        with httpx.Client(base_url=app.url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
            fields: Any = {"prompt": "Push in", "model": "camera"}
            public = client.post("/v1/videos", data=fields, files={"input_reference": photo(720, 1280)}).json()["id"]
            number = client.get("/api/v1/videos").json()["items"][0]["id"]
            client.base_url = httpx.URL(f"{app.url}/api/v1")
            wait_for_end(client, number, 300)
        paths = {"/api/v1": f"/api/v1/videos/{number}", "/v1": f"/v1/videos/{public}"}
        looks(app, key, paths, arguments.rounds, arguments.requests)
        asyncio.run(calls(app, key, number, arguments.calls))
    if arguments.before:
        start(arguments.before, arguments.rounds)


if __name__ == "__main__":
    main()
