"""The library and a video's own page, and a video that is dropped on the form, in a real browser."""

import io
import json
import re
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.test_studio import RENDER, sign_in
from tests.people import photo
from tests.running import RunningApp, wait_for_end
from tests.waiting import wait_until

ME = "you@localhost"


def make(app: RunningApp, email: str, prompt: str) -> int:
    """A real video, made by the built-in camera."""
    with app.client(email) as user:
        picture = user.post("/images", files={"file": photo()}).json()["id"]
        body = {"image_id": picture, "prompt": prompt, "seconds": 4, "size": "720x1280"}
        videos = user.post("/videos/generate", json=body).json()
        assert wait_for_end(user, videos["id"])["status"] == "completed"
        return int(videos["id"])


@pytest.fixture(scope="module")
def film(app: RunningApp) -> int:
    """The first video in the library."""
    return make(app, ME, 'Slow push in, "quoted" {"adsvideo": 1} 咖啡')


@pytest.fixture(scope="module")
def hers(app: RunningApp) -> int:
    """A video of somebody else."""
    return make(app, "alice@example.com", "Hers alone")


def copies(app: RunningApp, film: int, n: int, prompt: str, **values: object) -> list[int]:
    """More videos like it, with files of their own; oldest first."""
    with closing(sqlite3.connect(app.folder / "adsvideo.db", timeout=30)) as db, db:
        db.row_factory = sqlite3.Row
        row = dict(db.execute("SELECT * FROM videos WHERE id = ?", (film,)).fetchone())
        videos = []
        for i in range(n):
            new = {**row, "id": None, "prompt": f"{prompt} {i}", "slug": None, "favorite": False, **values}
            if new["status"] == "completed":
                for name in ("key", "poster_key"):
                    old = Path(row[name])
                    new[name] = str(old.with_name(f"{prompt.replace(' ', '-')}-{i}{old.suffix}"))
                    shutil.copy(app.folder / old, app.folder / str(new[name]))
            else:
                new |= {"key": None, "poster_key": None}
            marks = ",".join("?" * len(new))
            videos.append(
                db.execute(f"INSERT INTO videos ({','.join(new)}) VALUES ({marks})", list(new.values())).lastrowid
            )
        return [one for one in videos if one]


def cards(page: Page) -> Locator:
    """What the library shows."""
    return page.locator("article.card")


def test_filters_are_in_the_address_and_survive_a_reload_and_the_way_back(
    page: Page, app: RunningApp, film: int
) -> None:
    copies(app, film, 2, "harbour ready")
    copies(app, film, 1, "harbour failed", status="failed", error_code="moderation")
    copies(app, film, 1, "harbour wide", size="1280x720", favorite=True)
    sign_in(page)
    page.goto("/library")
    page.get_by_role("searchbox", name="Search prompts").fill("harbour")
    expect(cards(page)).to_have_count(4)
    page.get_by_role("combobox", name="State").select_option("failed")
    expect(cards(page)).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/library\?q=harbour&state=failed$"))
    page.reload()
    expect(cards(page)).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_have_value("harbour")
    expect(page.get_by_role("combobox", name="State")).to_have_value("failed")
    cards(page).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Prompt")).to_be_visible()
    page.get_by_role("link", name="Library").last.click()
    expect(page).to_have_url(re.compile(r"/library\?q=harbour&state=failed$"))
    expect(cards(page)).to_have_count(1)
    page.get_by_role("combobox", name="State").select_option("")
    expect(cards(page)).to_have_count(4)
    page.get_by_role("combobox", name="Ratio").select_option("landscape")
    expect(cards(page)).to_have_count(1)
    page.get_by_role("combobox", name="Ratio").select_option("")
    expect(cards(page)).to_have_count(4)
    page.get_by_role("button", name="Favourites", exact=True).click()
    expect(cards(page)).to_have_count(1)
    page.get_by_role("searchbox").fill("zebra")
    expect(page.get_by_text("No video fits")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("zebra")
    page.get_by_role("button", name="Show all videos").click()
    expect(page).to_have_url(re.compile(r"/library$"))
    expect(page.get_by_role("searchbox")).to_have_value("")
    expect(cards(page).first).to_be_visible()


def test_more_are_loaded_when_asked_for(page: Page, app: RunningApp, film: int) -> None:
    copies(app, film, 30, "lantern")
    sign_in(page)
    page.goto("/library?q=lantern")
    expect(cards(page)).to_have_count(24)
    expect(cards(page).first).to_contain_text("lantern 29")
    page.get_by_role("button", name="Load more").click()
    expect(cards(page)).to_have_count(30)
    expect(cards(page).last).to_contain_text("lantern 0")
    expect(page.get_by_role("button", name="Load more")).to_be_hidden()
    expect(cards(page).nth(24).get_by_role("link")).to_be_focused()


def test_a_poster_plays_under_the_pointer_and_for_the_focus_and_not_for_who_wants_calm(
    page: Page, app: RunningApp, film: int
) -> None:
    copies(app, film, 2, "meadow")
    sign_in(page)
    page.goto("/library?q=meadow")
    clips = cards(page).locator("video")
    expect(clips).to_have_count(2)
    assert [clips.nth(i).get_attribute("src") for i in range(2)] == [None, None]
    page.emulate_media(reduced_motion="reduce")
    cards(page).first.hover()
    page.wait_for_timeout(300)
    assert clips.first.get_attribute("src") is None
    page.emulate_media(reduced_motion="no-preference")
    cards(page).last.hover()
    cards(page).first.hover()
    page.wait_for_function("() => document.querySelector('article.card video').currentTime > 0")
    cards(page).last.get_by_role("link").focus()
    page.wait_for_function("() => [...document.querySelectorAll('article.card video')][1].currentTime > 0")


def test_a_range_is_selected_and_comes_as_one_zip(page: Page, app: RunningApp, film: int) -> None:
    ids = copies(app, film, 5, "orchid")
    sign_in(page)
    page.goto("/library?q=orchid")
    boxes = page.get_by_role("checkbox")
    expect(boxes).to_have_count(5)
    boxes.nth(0).focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("1 selected")).to_be_visible()
    boxes.nth(1).focus()
    page.keyboard.press("Shift+Space")
    expect(page.get_by_text("2 selected")).to_be_visible()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(page.get_by_text("3 selected")).to_be_visible()
    cards(page).nth(3).locator(".card-media").click()
    expect(page.get_by_text("4 selected")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Download")).last.click()
    assert download.value.suggested_filename == "adsvideo.zip"
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as opened:
        assert opened.testzip() is None
        assert set(opened.namelist()) == {"manifest.json", *(f"adsvideo-{i}.mp4" for i in ids[1:])}
        assert len(json.loads(opened.read("manifest.json"))["videos"]) == 4
    page.keyboard.press("Control+a")
    expect(page.get_by_text("5 selected")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Selection")).to_be_hidden()
    expect(page.locator("input[data-select]:checked")).to_have_count(0)


def test_deleted_videos_come_back_by_undo(page: Page, app: RunningApp, film: int) -> None:
    copies(app, film, 4, "pebble")
    sign_in(page)
    page.goto("/library?q=pebble")
    page.get_by_role("button", name="Select").click()
    expect(page.locator("[data-selecting]")).to_be_visible()  # at once: the page has heard the click by itself
    cards(page).nth(1).locator(".card-media").click()
    cards(page).nth(2).locator(".card-media").click()
    page.get_by_role("region", name="Selection").get_by_role("button", name="Delete").click()
    expect(cards(page)).to_have_count(2)
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    page.keyboard.press("Enter")
    expect(cards(page)).to_have_count(4)
    expect(undo).to_be_hidden()
    texts = [re.search(r"pebble \d", text) for text in cards(page).all_inner_texts()]
    assert [words and words[0] for words in texts] == ["pebble 3", "pebble 2", "pebble 1", "pebble 0"]
    page.reload()
    expect(cards(page)).to_have_count(4)


def test_the_page_of_a_video(page: Page, app: RunningApp, film: int) -> None:
    one, other = copies(app, film, 2, "quartz")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page)
    page.goto(f"/videos/{one}")
    expect(page.locator("video.player")).to_be_visible()
    for text in ("Studio camera (built in)", "720x1280 · 9:16", "10 credits", "4.0 s", "Made from"):
        expect(page.get_by_role("complementary").get_by_text(text).first).to_be_visible()
    page.get_by_role("button", name="Copy the prompt").click()
    expect(page.get_by_text("The prompt is copied.")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == "quartz 0"
    page.get_by_role("button", name="Favourite").click()
    expect(page.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    assert page.title() == "Video · AdsVideo"
    assert page.locator('meta[property^="og:"]').count() == 0
    versions = page.locator(".versions")
    expect(versions.get_by_role("link", name=re.compile("quartz 1"))).to_have_attribute("href", f"/videos/{other}")
    page.get_by_role("button", name="Reuse").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("quartz 0")
    page.goto(f"/videos/{one}")
    page.get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile("/library"))
    page.get_by_role("button", name="Undo").click()
    wait_until(lambda: page.request.get(f"/api/v1/videos/{one}").ok)  # before the page is left
    page.goto(f"/videos/{one}")
    expect(page.locator("video.player")).to_be_visible()


def test_the_page_of_a_video_follows_it_to_its_end(page: Page, app: RunningApp, film: int) -> None:
    sign_in(page)
    with app.client(ME) as me:
        picture = me.get(f"/videos/{film}").json()["image_id"]
        body = {"image_id": picture, "prompt": "live", "seconds": 6}
        with app.held():
            running = me.post("/videos/generate", json=body).json()["id"]
            page.goto(f"/videos/{running}")
            expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator("video.player")).to_be_visible(timeout=RENDER)
    expect(page.get_by_role("complementary").get_by_text("Ready")).to_be_visible()


def test_anothers_video_is_not_there(page: Page, app: RunningApp, film: int, hers: int) -> None:
    sign_in(page)
    for path in (f"/videos/{hers}", "/videos/99999999999", "/videos/abc"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 404
        expect(page.get_by_text("There is nothing here")).to_be_visible()
    assert page.request.get(f"/api/v1/videos/zip?ids={hers}").status == 404
    assert page.request.get(f"/api/v1/videos/zip?ids={film},{hers}").status == 404
    assert page.request.get("/api/v1/videos/zip?ids=1;2").status == 422
    with app.client("alice@example.com") as alice:
        assert alice.delete(f"/videos/{hers}").status_code == 204
        assert page.request.post(f"/api/v1/videos/{hers}/restore").status == 404
        page.goto(f"/library?deleted={hers}")
        expect(page.get_by_role("heading", name="Library")).to_be_visible()
        expect(page).to_have_url(re.compile("/library$"))
        expect(page.get_by_role("button", name="Undo")).to_have_count(0)
        assert alice.get(f"/videos/{hers}").status_code == 404
        assert alice.post(f"/videos/{hers}/restore").status_code == 200
        assert alice.get(f"/videos/{hers}/content").status_code == 200


def test_a_stranger_is_asked_to_log_in(browser: Browser, app: RunningApp, film: int) -> None:
    context = browser.new_context(base_url=app.url, locale="en-US", reduced_motion="reduce")
    stranger = context.new_page()
    stranger.goto(f"/videos/{film}")
    expect(stranger.get_by_text("Please log in to see them.")).to_be_visible()
    assert stranger.request.get(f"/api/v1/videos/zip?ids={film}").status == 401
    context.close()


def drop(page: Page, content: bytes, name: str = "film.mp4") -> None:
    """As a hand does with a file."""
    page.evaluate(
        """([bytes, name]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "video/mp4" }));
          const options = { bubbles: true, cancelable: true, dataTransfer: transfer };
          document.body.dispatchEvent(new DragEvent("drop", options));
        }""",
        [list(content), name],
    )


def test_a_dropped_video_brings_its_settings_back(page: Page, app: RunningApp, film: int, hers: int) -> None:
    with app.client(ME) as me:
        mine = me.get(f"/videos/{film}/content").content
    sign_in(page)
    uploads = []
    page.on("request", lambda request: uploads.append(request.url) if request.method == "POST" else None)
    drop(page, mine)
    prompt = page.get_by_label("Prompt", exact=True)
    expect(prompt).to_have_value('Slow push in, "quoted" {"adsvideo": 1} 咖啡')
    expect(page.get_by_text("The video's settings are in the form.")).to_be_visible()
    expect(page.get_by_role("radio", name="Your picture")).to_have_attribute("aria-checked", "true")
    expect(page.get_by_role("button", name="4 s", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="9:16", exact=True)).to_have_attribute("aria-pressed", "true")
    assert uploads == []
    drop(page, b"\x00\x00\x00 ftypisom" + b"\x00" * 3000)
    expect(page.get_by_text("This video carries no AdsVideo settings.", exact=False)).to_be_visible()
    expect(prompt).to_have_value('Slow push in, "quoted" {"adsvideo": 1} 咖啡')


def test_a_hostile_file_does_nothing_bad(page: Page, app: RunningApp, film: int) -> None:
    sign_in(page)
    wrong = {"prompt": "<img src=x onerror=alert(1)>", "model": "../x", "seconds": 10**9, "size": "0x0", "picture": "1"}
    drop(page, b"ftyp" + json.dumps({"adsvideo": 1, **wrong, "framing": {"mode": "x", "zoom": -1}}).encode() + b"\x00")
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(str(wrong["prompt"]))
    expect(page.get_by_role("button", name=re.compile("Generate · 10 credits"))).to_be_enabled()
    expect(page.get_by_role("button", name="6 s", exact=True)).to_have_attribute("aria-pressed", "true")
    drop(page, b'ftyp{"adsvideo": 1, "prompt": ' + b"[" * 9000)
    expect(page.get_by_text("This video carries no AdsVideo settings.", exact=False)).to_be_visible()
