"""With a provider behind it: the page names the model, and kill -9 at any moment asks once and charges once."""

import contextlib
import re
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.test_studio import RENDER, choose, generate, sign_in
from tests.people import photo
from tests.running import RunningApp, wait_for_end
from tests.servers.videos import VideosServer

LATENCY = 3.0


@pytest.fixture(scope="module")
def server() -> Iterator[VideosServer]:
    """A server that speaks the Videos API."""
    with VideosServer(latency=LATENCY) as running:
        yield running


@pytest.fixture(scope="module")
def app(server: VideosServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app, configured for that server."""
    with RunningApp.started(
        tmp_path_factory.mktemp("app"), OPENAI_BASE_URL=server.url, OPENAI_API_KEY="sk-test"
    ) as running:
        yield running


def _ask(client: httpx.Client, prompt: str) -> int:
    picture = client.post("/images", files={"file": photo(1280, 720)}).json()["id"]
    answer = client.post("/videos/generate", json={"image_id": picture, "prompt": prompt, "seconds": 4})
    assert answer.status_code == 202, answer.text
    assert answer.json()["model"] == "sora-2"
    return int(answer.json()["id"])


def test_the_page_shows_the_models_name_and_its_true_size(
    app: RunningApp, browser: Browser, server: VideosServer
) -> None:
    context = browser.new_context(base_url=app.url, locale="en-US", reduced_motion="reduce")
    page = context.new_page()
    sign_in(page)
    choose(page)
    server.latency = 60  # not done before one has looked
    try:
        generate(page)
        expect(page.get_by_text(re.compile(r"Processing… \d+ %")).first).to_be_visible(timeout=RENDER)
    finally:
        server.latency = LATENCY
    expect(page.locator("video.player")).to_be_visible(timeout=RENDER)
    expect(page.get_by_text("Generated with Sora 2 · 1280x720 · 4.0 s").first).to_be_visible()
    context.close()


def test_a_failure_says_why_and_that_nothing_was_charged(
    app: RunningApp, browser: Browser, server: VideosServer
) -> None:
    context = browser.new_context(base_url=app.url, locale="en-US", reduced_motion="reduce")
    page = context.new_page()
    sign_in(page)
    choose(page)
    page.get_by_label("Prompt", exact=True).fill("a thing that is [moderation] blocked")
    page.get_by_role("button", name=re.compile("Generate · 10 credits")).click()
    page.get_by_role("button", name="Generate as it is").click()
    expect(page.get_by_text(re.compile("safety rules refused")).first).to_be_visible(timeout=RENDER)
    expect(page.get_by_text("Not charged: 10 credits returned").first).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    context.close()


@pytest.mark.parametrize("moment", [0.0, 0.3, 1.5, 3.2])
def test_a_worker_killed_at_any_moment_asks_once_and_charges_once(
    app: RunningApp, server: VideosServer, moment: float
) -> None:
    name = f"moment{int(moment * 10)}@example.com"
    prompt = f"killed after {moment} s"
    with app.client(name) as client:
        video = _ask(client, prompt)
        time.sleep(moment)
        app.part("worker").kill()
        ended = wait_for_end(client, video, 200)
        lines = [line["kind"] for line in client.get("/me/ledger").json()["items"]]
    assert len([c for c in server.received("POST") if c.fields.get("prompt") == prompt]) <= 1
    if ended["status"] == "completed":
        assert sorted(lines) == ["charge", "grant"]
    else:
        assert (ended["status"], sorted(lines)) == ("failed", ["charge", "grant", "refund"])


def test_everything_killed_at_once_goes_on_with_the_next_start(app: RunningApp, server: VideosServer) -> None:
    with app.client("all@example.com") as client:
        videos = [_ask(client, f"all killed {n}") for n in range(3)]
    time.sleep(1)
    assert app.process is not None
    for process in app.processes():
        with contextlib.suppress(psutil.NoSuchProcess):  # one that has ended with its parent
            process.kill()
    app.process.kill()
    app.process.wait()
    app.start()
    with app.client("all@example.com") as client:
        ended = [wait_for_end(client, video, 120)["status"] for video in videos]
        credits = client.get("/me").json()["credits"]
    prompts = [c.fields["prompt"] for c in server.received("POST") if "all killed" in str(c.fields.get("prompt"))]
    assert len(prompts) == len(set(prompts))
    assert credits == 100 - 10 * ended.count("completed")


def test_an_api_key_is_in_no_log_and_no_answer(app: RunningApp) -> None:
    with app.client("nosy@example.com") as client:
        for path in ("/models", "/me", "/videos"):
            assert "sk-test" not in client.get(path).text
    assert "sk-test" not in app.log()
