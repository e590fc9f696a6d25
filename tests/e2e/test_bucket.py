"""The whole app with its files in a bucket, and the way there from a folder."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.test_studio import RENDER, generate, sign_in
from tests.people import photo
from tests.running import RunningApp, wait_for_end
from tests.servers.s3 import S3Server


@pytest.fixture
def app(tmp_path: Path) -> Iterator[RunningApp]:
    """The whole app, not started."""
    running = RunningApp(tmp_path)
    try:
        yield running
    finally:
        running.end()


def _make(alice: httpx.Client) -> int:
    picture = alice.post("/images", files={"file": photo(1600, 900)}).json()["id"]
    answer = alice.post("/videos/generate", json={"image_id": picture, "prompt": "push in", "seconds": 4})
    video = wait_for_end(alice, answer.json()["id"])
    assert video["status"] == "completed"
    return int(answer.json()["id"])


def test_a_video_goes_to_the_bucket_and_comes_back_by_range_and_as_an_attachment(app: RunningApp, s3: S3Server) -> None:
    app.variables |= s3.variables("shop")
    app.start()
    with app.client("alice@example.com") as alice:
        video_id = _make(alice)
        away = alice.get(f"/videos/{video_id}/content")
        assert (away.status_code, away.headers["cache-control"]) == (307, "no-store")
        assert away.headers["location"].startswith(f"{s3.root}/videos/shop/videos/{video_id}/")
        alice.follow_redirects = True
        whole = alice.get(f"/videos/{video_id}/content").content
        part = alice.get(f"/videos/{video_id}/content", headers={"Range": "bytes=4-7"})
        assert (part.status_code, part.content, part.headers["content-type"]) == (206, b"ftyp", "video/mp4")
        saved = alice.get(f"/videos/{video_id}/content", params={"download": 1})
        assert saved.content == whole
        assert saved.headers["content-disposition"] == f'attachment; filename="adsvideo-{video_id}.mp4"'
        assert alice.get(f"/videos/{video_id}/poster").headers["content-type"] == "image/webp"
        assert alice.delete(f"/videos/{video_id}").status_code == 204
        assert alice.get(f"/videos/{video_id}/content").status_code == 404
    app.stop()  # the folder in which a video was made goes a moment after the video is there
    assert not list(app.folder.rglob("*.mp4"))


def test_what_is_on_disk_moves_to_the_bucket_and_plays_from_there(app: RunningApp, s3: S3Server) -> None:
    app.start()
    with app.client("alice@example.com") as alice:
        video_id = _make(alice)
        whole = alice.get(f"/videos/{video_id}/content").content
    app.stop()

    app.variables |= s3.variables()
    moved = app.command("storage", "move", str(app.folder))
    # the picture, what was cut out of it, the video, its poster
    assert moved.stdout == "4 files moved to s3://videos, 0 were there already, 0 are missing.\n", moved.stderr
    second = app.command("storage", "move", str(app.folder))
    assert second.stdout == "0 files moved to s3://videos, 4 were there already, 0 are missing.\n"
    assert "ok   storage          s3://videos" in app.command("check").stdout
    app.start()
    with app.client("alice@example.com") as alice:
        assert alice.get(f"/videos/{video_id}/content", follow_redirects=True).content == whole
    app.stop()


def test_a_bucket_that_can_not_be_written_to_is_said_with_its_reason(app: RunningApp, s3: S3Server) -> None:
    app.variables |= {**s3.variables(), "STORAGE_URL": "s3://nowhere"}
    line = next(line for line in app.command("check").stdout.splitlines() if "storage" in line)
    assert line.startswith("BAD  storage          s3://nowhere can't be written to:")
    assert "404" in line


def test_a_browser_plays_from_the_bucket(app: RunningApp, s3: S3Server, browser: Browser) -> None:
    app.variables |= s3.variables("cinema")
    app.start()
    context = browser.new_context(base_url=app.url, locale="en-US")  # a result plays by itself
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if "Security Policy" in message.text else None)
    sign_in(page)
    page.get_by_label("Upload").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": photo(700, 500)})
    tile = page.get_by_role("radio", name="Your picture", checked=True).locator("img")
    expect(tile).to_be_visible(timeout=RENDER)
    generate(page)
    expect(page.locator("video.player")).to_be_visible(timeout=RENDER)
    page.wait_for_function("() => document.querySelector('video.player').currentTime > 0.2")
    expect(tile).to_have_js_property("naturalWidth", 700)
    assert problems == []
    context.close()
    app.stop()
