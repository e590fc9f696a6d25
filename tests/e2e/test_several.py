"""Two web processes and a worker on one Redis, as behind a proxy: it makes no difference at which one you are."""

import json
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.test_sign_in import sign_in
from tests.e2e.test_studio import choose, generate
from tests.people import photo
from tests.running import RunningApp, wait_for_end
from tests.servers.valkey import Valkey
from tests.waiting import wait_until

PATIENCE = 60_000
SECRETS = 32


@dataclass
class Several:
    """The set-up; `b` believes no proxy on this machine, `a` does."""

    a: RunningApp
    b: RunningApp
    worker: RunningApp
    valkey: Valkey
    folder: Path

    def lines(self) -> Iterator[dict[str, Any]]:
        """Everything that they have logged; each line must be an object."""
        for part in (self.a, self.b, self.worker):
            for line in (part.folder / "err.log").read_text().splitlines(keepends=True):
                if line.endswith("\n"):  # the last one may just be written
                    yield json.loads(line)


@pytest.fixture(scope="module")
def several(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Several]:
    """Started all at once on an empty database."""
    folder = tmp_path_factory.mktemp("shared")
    valkey = Valkey()
    variables = {
        "DATABASE_URL": f"sqlite:///{folder}/adsvideo.db",
        "STORAGE_URL": str(folder),
        "REDIS_URL": valkey.url,
        "STORAGE_SECRET": "s" * SECRETS,
        "OIDC_ISSUER": provider,
        "GOOGLE_CLIENT_ID": "adsvideo",
        "GOOGLE_CLIENT_SECRET": "quiet",
        "SIGN_IN_ATTEMPTS_PER_MINUTE": "3",
        "LOG_FORMAT": "json",
    }
    names = {"a": "127.0.0.1", "b": "192.0.2.1", "worker": ""}
    parts: dict[str, RunningApp] = {}
    try:
        for name, believed in names.items():
            place, command = tmp_path_factory.mktemp(name), "web" if believed else "worker"
            parts[name] = RunningApp(place, command, **variables, FORWARDED_ALLOW_IPS=believed)
        for part in parts.values():
            part.start(wait=False)
        for name in ("a", "b"):
            parts[name].wait_until_ready()
        yield Several(**parts, valkey=valkey, folder=folder)
        for part in parts.values():
            part.stop(signal.SIGTERM)
    finally:
        for part in parts.values():
            part.end()
        valkey.close()


def test_one_is_as_good_as_the_other_and_a_page_survives_the_restart_of_its_own(
    several: Several, browser: Browser
) -> None:
    context = browser.new_context(locale="en-US", reduced_motion="reduce", base_url=several.a.url)
    at_a, at_b = context.new_page(), context.new_page()
    sign_in(at_a, "1")
    expect(at_a.get_by_test_id("credits")).to_have_text(re.compile("100 credits"))
    at_b.goto(several.b.url)
    expect(at_b.get_by_test_id("credits")).to_have_text(re.compile("100 credits"))

    choose(at_a)
    with several.worker.held():
        generate(at_a)
        expect(at_b.get_by_test_id("credits")).to_have_text(re.compile("90 credits"), timeout=PATIENCE)
        at_a.evaluate("() => { window.beforeTheRestart = true }")
        several.a.stop(signal.SIGTERM)
    several.a.start()
    at_a.wait_for_function("() => !window.beforeTheRestart", timeout=PATIENCE)
    for page in (at_a, at_b):
        expect(page.locator("video.player")).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_test_id("credits")).to_have_text(re.compile("90 credits"))
    mine = context.request.get(f"{several.b.url}/api/v1/videos").json()["items"]
    lines = context.request.get(f"{several.a.url}/api/v1/me/ledger").json()["items"]
    assert [video["status"] for video in mine] == ["completed"]
    assert [line["kind"] for line in lines] == ["charge", "grant"]

    at_b.get_by_role("button", name="Account").click()
    at_b.get_by_text("Sign out", exact=True).click()
    expect(at_a.get_by_role("link", name="Login")).to_be_visible(timeout=PATIENCE)
    context.close()


def test_a_video_is_followed_by_its_ids_from_the_request_to_the_stored_file(several: Several) -> None:
    with several.a.client("bob@example.com") as bob:
        picture = bob.post("/images", files={"file": photo(1600, 900)}).json()["id"]
        answer = bob.post(
            "/videos/generate",
            json={"image_id": picture, "prompt": "push in", "seconds": 4},
            headers={"X-Request-ID": "click-42"},
        )
        assert answer.headers["x-request-id"] == "click-42"
        bob.base_url = f"{several.b.url}/api/v1"
        assert wait_for_end(bob, answer.json()["id"])["status"] == "completed"
        spoiled = bob.get("/me", headers={"X-Request-ID": 'x" evil'}).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{16}", spoiled)
    lines: list[dict[str, Any]] = []
    end = time.monotonic() + PATIENCE / 1000
    while not any("completed" in line["event"] for line in lines):
        assert time.monotonic() < end, lines
        time.sleep(0.1)
        lines = [line for line in several.lines() if line.get("request") == "click-42"]
    web = [line for line in lines if line["part"] == "web"]
    worker = [line for line in lines if line["part"] == "worker"]
    assert any(line["event"] == "POST /api/v1/videos/generate" and line["status"] == 202 for line in web)
    assert {line["video"] for line in lines if "video" in line} == {answer.json()["id"]}
    assert all("video" in line for line in worker)
    (stored,) = [line for line in worker if "completed" in line["event"]]
    files = [*(several.folder / stored["key"]).parent.iterdir()]
    assert (several.folder / stored["key"]) in files
    assert sum(file.stat().st_size for file in files) == stored["bytes"]


def _attempt(app: RunningApp, forwarded_for: str = "") -> int:
    headers = {"Authorization": "Bearer wrong", **({"X-Forwarded-For": forwarded_for} if forwarded_for else {})}
    return app.get("/api/v1/me", headers=headers).status_code


def test_only_a_proxy_that_is_allowed_is_believed(several: Several) -> None:
    def callback(app: RunningApp) -> str:
        answer = app.get("/auth/login", headers={"X-Forwarded-Proto": "https"})
        return str(httpx.URL(answer.headers["location"]).params["redirect_uri"])

    assert callback(several.a).startswith("https://")
    assert callback(several.b).startswith("http://")
    assert [_attempt(several.a, "198.51.100.7") for _ in range(4)] == [401, 401, 401, 429]
    assert _attempt(several.a, "198.51.100.8") == 401
    # whoever is not believed can't escape by another name; and what is counted is counted for all of us
    assert [_attempt(several.b, f"198.51.100.{n}") for n in range(4)] == [401, 401, 401, 429]
    assert _attempt(several.a) == 429


def test_readyz_tells_which_part_is_down(several: Several) -> None:
    def parts() -> dict[str, str]:
        return dict(several.a.get("/readyz").json())

    several.valkey.stop()
    try:
        down = {"status": "down", "database": "ok", "storage": "ok", "redis": "down", "worker": "down"}
        wait_until(lambda: parts() == down)
        assert several.a.get("/healthz").status_code == 200
    finally:
        several.valkey.start()
    several.a.wait_until_ready()
    wait_until(lambda: set(parts().values()) == {"ok"})  # a worker that is busy is seen a moment later
    checked = ""

    def worker_is_seen() -> bool:
        nonlocal checked
        checked = several.a.command("check").stdout
        return bool(re.search(r"^ok   worker +running$", checked, re.MULTILINE))

    wait_until(worker_is_seen)
    assert re.search(rf"^ok   sign-in +{several.a.variables['OIDC_ISSUER']}", checked, re.MULTILINE)
