"""What a shared page and the gallery cost for people without an account.

    uv run bench/social.py [--only page unshare gallery] [--requests 1500] [--rounds 5] [--videos 100000]

Everything is real: the app in processes of its own, a film of its built-in camera, HTTP over loopback, Chromium
(`CHROMIUM` names another).

bytes    what a new visitor's Chromium fetches of `/v/{slug}` beside the film, headers included
rate     pages a second that the web process answers on one core, beside the same page through NiceGUI, which is what
         who is signed in gets: by its CPU, each page asked for alone; they take turns, medians of rounds
memory   what the web process holds for itself (USS) after so many pages more than before, once it is warm
unshare  seconds from the request that ends the sharing until page, film, preview, poster, card, player and oEmbed are
         404, each asked in turn without a pause; the slowest of them, the longest of the rounds
gallery  the time of a page of `/gallery` with so many shared videos beside that with 100, both apps asked in turn:
         the first page and one deep inside, newest and most liked of the week; medians
"""

# ruff: noqa: E402
import argparse
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx
from playwright.sync_api import sync_playwright

from bench.doors import cpu_of, process_of, uss_of
from bench.first_load import FLAGS
from tests.running import RunningApp, wait_for_end

WARM = 200
FEW = 100
PARTS = ("", "/content", "/preview", "/poster", "/card.jpg", "/embed")


def verdict(is_reached: bool) -> str:
    return "reached" if is_reached else "NOT reached"


# ---------------------------------------------------------------------------------------------------- a shared page


def share(client: httpx.Client) -> tuple[int, str]:
    """A film of the built-in camera with a like and comments: its number, and the path of its page."""
    picture = (ROOT / "core/pictures/shipped/chair.jpg").read_bytes()
    uploaded = client.post("/images", files={"file": ("chair.jpg", picture, "image/jpeg")}).raise_for_status().json()
    recipe = {"prompt": "Slow push in on the chair by the window", "model": "camera", "image_id": uploaded["id"]}
    made = client.post("/videos/generate", json=recipe).raise_for_status()
    number = int(made.json()["id"])
    assert wait_for_end(client, number, 300)["status"] == "completed"
    path = link(client, number)
    gallery = f"/gallery/{path.rpartition('/')[2]}"
    client.put(f"{gallery}/like").raise_for_status()
    for text in ("Lovely light.", "Which lens is this?", "好看！"):
        client.post(f"{gallery}/comments", json={"text": text}).raise_for_status()
    return number, path


def link(client: httpx.Client, number: int) -> str:
    """The path of its page, shared now."""
    answer = client.put(f"/videos/{number}/share", json={"in_gallery": True})
    return httpx.URL(answer.raise_for_status().json()["url"]).path


def fetched(url: str) -> None:
    """Print what Chromium fetches."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    sizes: dict[str, int] = {}
    addresses: dict[str, str] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
        network = page.context.new_cdp_session(page)
        network.on("Network.requestWillBeSent", lambda e: addresses.update({e["requestId"]: e["request"]["url"]}))
        network.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: int(e["encodedDataLength"])}))
        network.send("Network.enable")
        page.goto(url, wait_until="networkidle")
        interactive = page.evaluate("performance.timing.domInteractive - performance.timing.navigationStart")
        browser.close()
    total = 0
    for request, size in sizes.items():
        path = httpx.URL(addresses[request]).path
        if not path.endswith("/content") and size:
            total += size
            print(f"       {size / 1000:7.1f} kB  {path}")
    print(f"bytes  {total / 1000:7.1f} kB before the film, at most 60: {verdict(total <= 60_000)};", end=" ")
    print(f"interactive after {interactive} ms")


def ask(client: httpx.Client, path: str, times: int) -> None:
    """Ask for that page so many times."""
    for _ in range(times):
        client.get(path).raise_for_status()


def page(app: RunningApp, path: str, given: argparse.Namespace) -> None:
    """Print rate and memory."""
    web = process_of(app)
    headers = {"Accept": "text/html", "Accept-Encoding": "br"}
    spent: dict[str, list[float]] = {"plain": [], "NiceGUI": []}
    with (
        httpx.Client(base_url=app.url, headers=headers, timeout=30) as stranger,
        httpx.Client(base_url=app.url, headers=headers, timeout=30) as user,
    ):
        user.get("/auth/login", follow_redirects=True).raise_for_status()
        for client in (stranger, user):
            ask(client, path, WARM)
        for _ in range(given.rounds):
            for name, client, times in (("plain", stranger, given.requests), ("NiceGUI", user, given.requests // 5)):
                before = cpu_of(web)
                ask(client, path, times)
                spent[name].append((cpu_of(web) - before) / times)
        rates = {name: 1 / statistics.median(seconds) for name, seconds in spent.items()}
        plain, other = rates["plain"], rates["NiceGUI"]
        print(f"rate   {plain:.0f} a second on one core, at least 300: {verdict(plain >= 300)};", end=" ")
        print(f"{other:.0f} through NiceGUI, {plain / other:.1f}x")
        before = uss_of(web)
        ask(stranger, path, given.requests * given.rounds)
        more = uss_of(web) - before
        print(f"memory {more:+.2f} MB after {given.requests * given.rounds} more pages")


# ------------------------------------------------------------------------------------------------- the end of sharing


def unshare(app: RunningApp, client: httpx.Client, number: int, rounds: int) -> None:
    """Print how long what was shared is still there."""
    longest = 0.0
    with httpx.Client(base_url=app.url, timeout=30) as stranger:
        for _ in range(rounds):
            path = link(client, number)
            paths = [*(path + part for part in PARTS), f"/oembed?url={app.url}{path}"]
            for each in paths:
                stranger.get(each).raise_for_status()
            began = time.perf_counter()
            client.delete(f"/videos/{number}/share").raise_for_status()
            while paths:
                paths = [each for each in paths if stranger.get(each).status_code != 404]
            longest = max(longest, time.perf_counter() - began)
    print(f"unshare {longest:.3f} s until nothing is left of {len(PARTS) + 1} addresses, at most 1:", end=" ")
    print(verdict(longest <= 1))


# ----------------------------------------------------------------------------------------------------------- gallery


def fill(path: Path, count: int) -> None:
    """So many shared videos of fifty makers, a third of them liked this week."""
    with closing(sqlite3.connect(path, timeout=60)) as db, db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(videos)") if row[1] not in ("id", "slug", "likes")]
        names = ", ".join(columns)
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        db.execute(
            f"INSERT INTO videos ({names}, slug, likes) {numbers}"
            f" SELECT {names}, 'bench-' || i, 0 FROM n, (SELECT * FROM videos LIMIT 1)",
            (count,),
        )
        db.execute(
            "INSERT INTO likes (user_id, video_id, created_at) SELECT users.id, videos.id, datetime('now', '-1 day')"
            " FROM videos JOIN users ON users.id <= 1 + videos.id % 3 WHERE videos.id % 3 = 0"
        )
        db.execute("UPDATE videos SET likes = (SELECT count(*) FROM likes WHERE video_id = videos.id)")
        db.execute("ANALYZE")


@contextmanager
def filled(folder: Path, seed: Path, count: int) -> Iterator[RunningApp]:
    """An app with so many shared videos."""
    shutil.copytree(seed, folder)
    fill(folder / "adsvideo.db", count)
    with RunningApp.started(folder, SOCIAL="public") as app:
        yield app


def deep(client: httpx.Client, sort: str, pages: int) -> str:
    """The path of the gallery so many pages of a hundred further on."""
    cursor = ""
    for _ in range(pages):
        asked = {"sort": sort, "limit": "100", **({"cursor": cursor} if cursor else {})}
        found = client.get("/api/v1/gallery", params=asked).raise_for_status().json()["next_cursor"]
        cursor = found or cursor
    return f"/gallery?sort={sort}&cursor={cursor}"


def gallery(few: RunningApp, many: RunningApp, rounds: int) -> None:
    """Print what a page costs in both."""
    with httpx.Client(base_url=few.url, timeout=60) as small, httpx.Client(base_url=many.url, timeout=60) as large:
        asked = [(f"{sort}, first page", f"/gallery?sort={sort}", f"/gallery?sort={sort}") for sort in ("new", "liked")]
        asked += [(f"{sort}, deep inside", f"/gallery?sort={sort}", deep(large, sort, 50)) for sort in ("new", "liked")]
        for what, small_path, large_path in asked:
            took: dict[httpx.Client, list[float]] = {small: [], large: []}
            for number in range(rounds * 20 + 5):
                for client, path in ((small, small_path), (large, large_path)):
                    began = time.perf_counter()
                    client.get(path).raise_for_status()
                    if number >= 5:
                        took[client].append(time.perf_counter() - began)
            before, after = (statistics.median(took[client]) * 1000 for client in (small, large))
            print(f"gallery {what:18} {before:6.1f} ms with {FEW}, {after:6.1f} ms with many", end="")
            print(f", {after / before:.2f}x, at most 1.3x: {verdict(after / before <= 1.3)}")


def main() -> None:
    """Run what is asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    all_parts = ["page", "unshare", "gallery"]
    parser.add_argument("--only", nargs="*", choices=all_parts, default=all_parts)
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--videos", type=int, default=100_000)
    given = parser.parse_args()
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        seed = place / "seed"
        seed.mkdir()
        with (
            RunningApp.started(seed, SOCIAL="public", SIGNUP_CREDITS="100") as app,
            app.client("alice@example.com") as client,
        ):
            number, path = share(client)
            if "page" in given.only:
                fetched(app.url + path)
                page(app, path, given)
            if "unshare" in given.only:
                unshare(app, client, number, given.rounds)
                link(client, number)
        if "gallery" in given.only:
            few = stack.enter_context(filled(place / "few", seed, FEW))
            many = stack.enter_context(filled(place / "many", seed, given.videos))
            gallery(few, many, given.rounds)


if __name__ == "__main__":
    main()
