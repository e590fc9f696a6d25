"""What the first look at the studio costs, beside bare HTML, a plain NiceGUI page and a Gradio page with the same form.

    uv run bench/first_load.py [--rounds 5] [--pages 12] [--only studio plain]

Everything is real: servers in processes of their own, a real Chromium (`CHROMIUM` names another). In each round the
sites take turns, so that other work on the machine meets all of them; times are medians of the rounds.

bytes, requests  what a new visitor's browser fetches until the network has been idle, headers and web socket included
cold, warm       seconds from the address to a visible Generate that is not disabled: nothing cached, then all of it
CPU              of the server's processes for a cold visit, less what they use when nobody comes
memory           what the server's processes hold for themselves per page that is open (USS), before the rounds begin
"""

# ruff: noqa: E402
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx
import psutil
from playwright.sync_api import Browser, BrowserContext, Error, ViewportSize, sync_playwright

from tests.running import free_port

PRESETS = ROOT / "ui/static/presets"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
PRESSABLE = """
  const look = () => {
    const button = document.querySelector("[data-testid=generate], button#generate, #generate button");
    if (button?.checkVisibility() && !button.disabled) window.pressable = performance.now();
    else requestAnimationFrame(look);
  };
  look();
"""


@dataclass
class Site:
    """A page to be looked at, and what was found."""

    name: str
    url: str
    server: psutil.Process
    cookies: Any = None
    idle: float = 0.0
    bytes: list[int] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: float = 0.0


# ----------------------------------------------------------------------------------------------------- the servers


@contextmanager
def server(command: list[str], folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """A server on a port of its own: its address and its process."""
    port = free_port()
    own = {"PORT": str(port), "DATABASE_URL": f"sqlite:///{folder}/bench.db", "STORAGE_URL": str(folder)}
    environment = {**os.environ, **own, "GRADIO_ANALYTICS_ENABLED": "False"}
    quiet = None if "BENCH_LOG" in os.environ else subprocess.DEVNULL
    started = subprocess.Popen(command, env=environment, cwd=folder, stdout=quiet, stderr=quiet)
    process = psutil.Process(started.pid)
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 180
        while time.monotonic() < end and started.poll() is None:
            with suppress(httpx.HTTPError):
                if httpx.get(url, timeout=5).status_code == 200:
                    break
            time.sleep(0.2)
        else:
            raise SystemExit(f"does not start: {' '.join(command)}")
        yield url, process
    finally:
        family = [*process.children(recursive=True), process] if process.is_running() else []
        started.terminate()
        _gone, alive = psutil.wait_procs(family, timeout=15)
        for left in alive:
            left.kill()


def commands() -> dict[str, list[str]]:
    """How each server is started."""
    bench = ROOT / "bench"
    uv = shutil.which("uv")
    found = {
        "bare": [sys.executable, str(bench / "first_load_bare.py")],
        "plain": [sys.executable, str(bench / "first_load_nicegui.py"), str(PRESETS)],
        "studio": [sys.executable, str(ROOT / "main.py"), "web"],
    }
    if uv:
        found["gradio"] = [uv, "run", "-q", "--script", str(bench / "first_load_gradio.py"), str(PRESETS)]
    return found


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def cpu_seconds(process: psutil.Process) -> float:
    """What the server's processes have used so far."""
    used = 0.0
    for each in _family(process):
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            used += times.user + times.system
    return used


def held(process: psutil.Process) -> int:
    """The bytes that the server's processes have for themselves."""
    return sum(each.memory_full_info().uss for each in _family(process))


# ------------------------------------------------------------------------------------------------------- the visits


def _context(browser: Browser, site: Site, *, calm: bool = False) -> BrowserContext:
    motion: Literal["reduce", "no-preference"] = "reduce" if calm else "no-preference"
    size: ViewportSize = {"width": 1440, "height": 900}
    context = browser.new_context(viewport=size, locale="en-US", reduced_motion=motion)
    if site.cookies:
        context.add_cookies(site.cookies)
    context.add_init_script(PRESSABLE)
    return context


def visit(context: BrowserContext, site: Site) -> tuple[float, int, int]:
    """Seconds until Generate can be pressed, bytes and requests until the network is idle."""
    page = context.new_page()
    network = context.new_cdp_session(page)
    seen = {"bytes": 0, "requests": 0}

    def ask(event: dict[str, Any]) -> None:
        seen["requests"] += event["request"]["url"].startswith("http") and not event.get("redirectResponse")

    def fetched(event: dict[str, Any]) -> None:
        seen["bytes"] += int(event["encodedDataLength"])

    def heard(event: dict[str, Any]) -> None:
        seen["bytes"] += len(event["response"]["payloadData"])

    network.on("Network.requestWillBeSent", ask)
    network.on("Network.loadingFinished", fetched)
    network.on("Network.webSocketFrameReceived", heard)
    network.send("Network.enable")
    page.goto(site.url, wait_until="commit")
    page.wait_for_function("window.pressable", timeout=60_000)
    seconds = float(page.evaluate("window.pressable")) / 1000
    with suppress(Error):  # a stream of news may stay open
        page.wait_for_load_state("networkidle", timeout=8_000)
    page.wait_for_timeout(500)
    page.close()
    return seconds, seen["bytes"], seen["requests"]


def cold_and_warm(browser: Browser, site: Site) -> None:
    """One round: a new visitor, who then comes again."""
    context = _context(browser, site)
    began, used = time.monotonic(), cpu_seconds(site.server)
    seconds, fetched, requests = visit(context, site)
    site.cpu.append(cpu_seconds(site.server) - used - site.idle * (time.monotonic() - began))
    site.cold.append(seconds)
    site.bytes.append(fetched)
    site.requests.append(requests)
    site.warm.append(visit(context, site)[0])
    context.close()


def measure_memory(browser: Browser, site: Site, pages: int) -> None:
    """Open so many pages beside as many that are open already and have filled what is filled once."""
    context = _context(browser, site, calm=True)  # twenty videos at once would be a benchmark of the browser
    before = 0
    for number in range(2 * pages):
        if number == pages:
            time.sleep(1)
            before = held(site.server)
        page = context.new_page()
        page.goto(site.url, wait_until="load")
        page.wait_for_function("window.pressable", timeout=60_000)
    time.sleep(1)
    site.memory = (held(site.server) - before) / pages
    context.close()


def measure_idle(site: Site) -> None:
    """What the server does when nobody comes, per second."""
    used = cpu_seconds(site.server)
    time.sleep(5)
    site.idle = (cpu_seconds(site.server) - used) / 5


def sign_in(browser: Browser, url: str) -> Any:
    """The cookies of the local user."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}/auth/login")
    cookies = context.cookies()
    context.close()
    return cookies


# ------------------------------------------------------------------------------------------------------- the table


def table(sites: list[Site]) -> None:
    """A line per site, and the ratios that were asked for."""
    print(f"\n{'':18}{'kB':>8}{'requests':>10}{'cold s':>9}{'warm s':>9}{'CPU ms':>9}{'kB/page':>9}")
    middle = statistics.median
    for site in sites:
        print(
            f"{site.name:18}{middle(site.bytes) / 1000:8.0f}{middle(site.requests):10.0f}{middle(site.cold):9.2f}"
            f"{middle(site.warm):9.2f}{statistics.mean(site.cpu) * 1000:9.0f}{site.memory / 1000:9.0f}"
        )
    by_name = {site.name: site for site in sites}
    plain, gradio = by_name.get("plain NiceGUI"), by_name.get("Gradio")
    print()
    for ours in (site for site in sites if site.name.startswith("studio")):
        goals: list[tuple[str, float, float]] = []
        if gradio:
            goals += [
                ("cold, of Gradio's", middle(ours.cold) / middle(gradio.cold), 0.75),
                ("warm, of Gradio's", middle(ours.warm) / middle(gradio.warm), 0.8),
                ("bytes, of Gradio's", middle(ours.bytes) / middle(gradio.bytes), 0.8),
            ]
        if plain:
            cpu = statistics.mean(ours.cpu) / max(statistics.mean(plain.cpu), 1e-9)
            goals += [("CPU, of plain NiceGUI's", cpu, 1 / 3)]
            goals += [("memory, of plain NiceGUI's", ours.memory / max(plain.memory, 1), 1.2)]
        for what, is_now, goal in goals:
            verdict = "reached" if is_now <= goal else "NOT reached"
            print(f"{ours.name:18} {what:28} {is_now:5.2f}   at most {goal:.2f}   {verdict}")


NAMES = {"bare": "bare HTML", "plain": "plain NiceGUI", "gradio": "Gradio", "studio": "studio"}


def measured(only: Iterable[str], rounds: int, pages: int) -> list[Site]:
    """Look at these sites so many rounds; `pages` are opened for the memory."""
    sites: list[Site] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=chromium, args=FLAGS)
        for name, command in commands().items():
            if name not in only:
                continue
            own = folder / name
            own.mkdir()
            url, process = stack.enter_context(server(command, own))
            sites.append(Site(NAMES[name], url, process))
            if name == "studio":
                (own / "mine").mkdir()
                url, process = stack.enter_context(server(command, own / "mine"))
                sites.append(Site("studio, signed in", url, process, cookies=sign_in(browser, url)))
        for site in sites:
            print(f"{site.name} …", file=sys.stderr, flush=True)
            if pages:
                measure_memory(browser, site, pages)
        for site in sites:
            measure_idle(site)
            cold_and_warm(browser, site)
            for found in (site.bytes, site.requests, site.cold, site.warm, site.cpu):
                found.clear()
        for _ in range(rounds):
            for site in sites:
                cold_and_warm(browser, site)
        browser.close()
    return sites


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, default=12, help="for the memory; 0 leaves it out")
    parser.add_argument("--only", nargs="*", choices=["bare", "plain", "studio", "gradio"])
    asked = parser.parse_args()
    table(measured(asked.only or NAMES, asked.rounds, asked.pages))


if __name__ == "__main__":
    main()
