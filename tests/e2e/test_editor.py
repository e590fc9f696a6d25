"""The editor in a real browser: by mouse, keys and touch, from a clip to its versions."""

import io
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_library import ME, make
from tests.e2e.test_studio import sign_in
from tests.running import RunningApp, wait_for_end
from tests.waiting import wait_until

SRT = "1\r\n00:00:00,500 --> 00:00:01,500\r\n琥珀香水\r\n\r\n2\r\n00:00:02.000 --> 00:00:03.000\r\n<i>49 €</i>\r\n"


@pytest.fixture(scope="module")
def film(app: RunningApp) -> int:
    """A clip of the built-in camera, 720x1280, four seconds."""
    return make(app, ME, "Slow push in")


@pytest.fixture
def editor(page: Page, film: int) -> Page:
    """The editor of the clip, without a draft."""
    sign_in(page)
    page.evaluate("localStorage.clear()")
    opened(page, film)
    return page


def opened(page: Page, video: int) -> None:
    """Go to a video's editor and wait until it can be used."""
    page.goto(f"/videos/{video}/edit")
    expect(page.locator(".edit-clip").first).to_be_visible()
    page.wait_for_function("document.querySelector('.edit-frame').dataset.overlays === 'ready'")


def draft(page: Page, video: int) -> dict[str, Any]:
    """What the browser has kept of the edit."""
    kept: dict[str, Any] = json.loads(page.evaluate(f"localStorage.getItem('edit-{video}')") or "{}")
    return kept


def until(page: Page, video: int, right: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Wait until the draft is right; gives it."""

    def is_right() -> bool:
        try:
            return bool(right(draft(page, video)))
        except (KeyError, IndexError):  # not there yet
            return False

    wait_until(is_right)
    return draft(page, video)


def tool(page: Page, name: str) -> Any:
    """Open a tool; gives its panel."""
    page.get_by_role("tab", name=name).click()
    panel = page.get_by_role("region", name=name, exact=True)
    expect(panel).to_be_visible()
    return panel


def seek(page: Page, seconds: float) -> None:
    """Put the playhead there, as a hand would."""
    ruler = page.locator(".edit-ruler").bounding_box()
    assert ruler
    whole = float(page.get_by_role("slider", name="Playhead").get_attribute("aria-valuemax") or 0)
    page.mouse.click(ruler["x"] + ruler["width"] * seconds / whole, ruler["y"] + ruler["height"] / 2)


def dragged(page: Page, x: float, y: float, dx: float, dy: float) -> None:
    """Drag from a point."""
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=6)
    page.mouse.up()


def test_a_clip_is_trimmed_by_hand_and_by_keys_and_every_step_is_taken_back(editor: Page, film: int) -> None:
    handle = editor.get_by_role("slider", name="End of clip 1")
    box, lane = handle.bounding_box(), editor.locator(".edit-ruler").bounding_box()
    assert box
    assert lane
    dragged(editor, box["x"] + 7, box["y"] + 30, -lane["width"] / 4, 0)
    body = until(editor, film, lambda draft: draft.get("clips", [{}])[0].get("end"))
    assert body["clips"][0]["end"] == pytest.approx(3.0, abs=0.05)
    editor.get_by_role("slider", name="Start of clip 1").focus()
    for _ in range(3):
        editor.keyboard.press("ArrowRight")
    until(editor, film, lambda draft: draft["clips"][0]["start"] == pytest.approx(3 / 24, abs=0.002))
    editor.get_by_label("From", exact=True).fill("0:00.50")
    editor.get_by_label("From", exact=True).press("Enter")
    until(editor, film, lambda draft: draft["clips"][0]["start"] == 0.5)
    editor.locator(".edit-frame").focus()
    for _ in range(3):
        editor.keyboard.press("Control+z")
    wait_until(lambda: draft(editor, film) == {})
    editor.keyboard.press("Control+Shift+z")
    until(editor, film, lambda draft: draft["clips"][0]["end"] == body["clips"][0]["end"])


def test_quick_keys_all_count(editor: Page, film: int) -> None:
    """What the server says of the first of them comes in between, and is older than what the hand has done since."""
    editor.get_by_role("slider", name="Start of clip 1").focus()
    for _ in range(24):
        editor.keyboard.press("ArrowRight")
    until(editor, film, lambda draft: draft["clips"][0]["start"] == pytest.approx(1, abs=0.01))
    handle = editor.get_by_role("slider", name="Start of clip 1")
    expect(handle).to_be_focused()
    expect(handle).to_have_attribute("aria-valuetext", "0:01.00")


def test_a_text_is_put_by_hand_and_stands_where_the_renderer_puts_it(editor: Page, film: int) -> None:
    seek(editor, 2.0)
    tool(editor, "Text").get_by_role("button", name="Price").first.click()
    layer = editor.get_by_role("button", name="Text in the picture: 49 €")
    seek(editor, 3.0)
    box, frame = layer.bounding_box(), editor.locator(".edit-frame").bounding_box()
    assert box
    assert frame
    dragged(editor, box["x"] + box["width"] / 2, box["y"] + 10, -frame["width"] / 6, frame["height"] / 5)
    text = until(editor, film, lambda draft: draft["texts"][0]["y"] > 0.6)["texts"][0]
    assert (text["x"], text["y"]) == (pytest.approx(1 / 3, abs=0.02), pytest.approx(0.7, abs=0.02))
    layer.focus()
    editor.keyboard.press("ArrowRight")
    body = until(editor, film, lambda draft: draft["texts"][0]["x"] == pytest.approx(text["x"] + 0.01, abs=0.001))
    editor.wait_for_function("document.querySelector('.edit-frame').dataset.overlays === 'ready'")
    box, frame = layer.bounding_box(), editor.locator(".edit-frame").bounding_box()
    assert box
    assert frame
    shown = box["x"] - frame["x"] + box["width"] / 2, box["y"] - frame["y"] + box["height"] / 2
    with_text, without = (still(editor, edit) for edit in (body, {"clips": body["clips"]}))
    rows, columns = np.nonzero(np.abs(with_text - without).max(axis=2) > 8)
    scale = frame["width"] / with_text.shape[1]
    drawn = (columns.min() + columns.max() + 1) / 2 * scale, (rows.min() + rows.max() + 1) / 2 * scale
    assert drawn == pytest.approx(shown, abs=2)


def still(page: Page, edit: dict[str, Any]) -> np.ndarray:
    """That edit at three seconds, from the renderer."""
    answer = page.request.post(f"{page.url.partition('/videos')[0]}/api/v1/edits/still", data={**edit, "at": 3.0})
    assert answer.ok, answer.text()
    return np.asarray(Image.open(io.BytesIO(answer.body())).convert("RGB")).astype(int)


def test_a_whole_ad_is_made_and_its_version_brings_everything_back(
    editor: Page, app: RunningApp, film: int, tmp_path: Any
) -> None:
    (tmp_path / "words.srt").write_bytes(b"\xef\xbb\xbf" + SRT.encode())
    panel = tool(editor, "Captions")
    panel.get_by_label("Open .srt or .vtt").set_input_files(tmp_path / "words.srt")
    expect(panel.get_by_role("textbox", name="Line 2")).to_have_value("49 €")
    panel.get_by_role("radio", name="Box").click()
    panel = tool(editor, "End card")
    panel.get_by_role("button", name="Add an end card").click()
    panel.get_by_label("Title", exact=True).fill("Amber")
    panel = tool(editor, "Music")
    panel.get_by_role("button", name="Good Day").last.click()
    panel = tool(editor, "Lock")
    panel.get_by_role("radio", name="At the end").click()
    panel = tool(editor, "Trim")
    panel.get_by_role("button", name="Add a clip or picture").click()
    editor.get_by_role("dialog").get_by_role("button", name="Your picture").first.click()
    panel.get_by_role("radio", name="Dissolve").click()
    body = until(editor, film, lambda draft: draft["clips"][-1].get("transition") == "dissolve")
    assert [line["text"] for line in body["captions"]["lines"]] == ["琥珀香水", "49 €"]
    assert (body["captions"]["style"], body["end_card"]["title"]) == ("box", "Amber")
    assert (body["music"]["track"], body["lock"]) == ("good-day", {"mode": "end"})
    editor.reload()
    expect(editor.get_by_text("Draft saved")).to_be_visible()
    expect(editor.locator(".edit-clip")).to_have_count(3)
    editor.get_by_role("button", name="Save as new version").click()
    with app.client(ME) as user:
        versions = user.get(f"/videos/{film}/versions").json()["items"]
        wait_until(lambda: user.get(f"/videos/{film}/versions").json()["items"])
        versions = user.get(f"/videos/{film}/versions").json()["items"]
        made = wait_for_end(user, versions[0]["id"])
    assert (made["status"], made["edit"]) == ("completed", body)
    expect(editor.get_by_role("region", name="Versions").get_by_role("link")).to_have_count(1)
    opened(editor, int(str(made["id"])))
    expect(editor.locator(".edit-clip")).to_have_count(3)
    panel = tool(editor, "Captions")
    expect(panel.get_by_role("textbox", name="Line 1")).to_have_value("琥珀香水")
    editor.goto(f"/videos/{made['id']}")
    assert editor.locator("video track").get_attribute("src") == f"/api/v1/videos/{made['id']}/captions.vtt"
    expect(editor.get_by_role("link", name="Edit", exact=True)).to_be_visible()


def test_versions_are_counted_in_the_library_and_one_is_shared(page: Page, app: RunningApp) -> None:
    with app.client(ME) as user:
        clip = make(app, ME, "Slow push in")
        for start in (0.0, 0.5):
            edit = user.post("/edits", json={"clips": [{"video_id": clip, "start": start, "end": 1.0}]}).json()["id"]
            assert wait_for_end(user, edit)["status"] == "completed"
    sign_in(page)
    page.goto("/library")
    page.get_by_role("link", name="2 versions").click()
    page.wait_for_url(f"**/videos/{clip}#versions")
    opened(page, clip)
    versions = page.get_by_role("region", name="Versions")
    expect(versions.get_by_role("link")).to_have_count(2)
    versions.get_by_role("button", name="More").first.click()
    page.get_by_role("menuitem", name="Share").click()
    page.get_by_role("dialog").get_by_role("button", name="Create link").click()
    expect(page.get_by_role("dialog").get_by_label("Link", exact=True)).to_have_value(re.compile("/v/"))
    with closing(sqlite3.connect(app.folder / "adsvideo.db", timeout=30)) as db:
        assert db.execute("SELECT id FROM videos WHERE slug IS NOT NULL").fetchall() == [(edit,)], "the newest alone"
    page.get_by_role("dialog").get_by_role("button", name="Done").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    versions.get_by_role("button", name="Delete all versions").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete all versions").click()
    expect(versions.get_by_role("link")).to_have_count(0)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(versions.get_by_role("link")).to_have_count(2)


def test_one_click_makes_the_other_two_ratios(editor: Page, app: RunningApp, film: int) -> None:
    with app.client(ME) as user:
        before = len(user.get("/videos?kind=edited").json()["items"])
        tool(editor, "Format").get_by_role("button", name="Make the other two").click()
        wait_until(lambda: len(user.get("/videos?kind=edited").json()["items"]) == before + 2, 90)
        new = user.get("/videos?kind=edited").json()["items"][:2]
        assert {video["size"] for video in new} == {"1280x720", "1080x1080"}
        assert all(video["edit"]["clips"][0]["anew"] for video in new), "the camera makes it once more"
        assert all(wait_for_end(user, video["id"])["status"] == "completed" for video in new)


def test_the_playhead_plays_steps_and_splits_by_keys(editor: Page, film: int) -> None:
    editor.locator(".edit-frame").focus()
    editor.keyboard.press("Space")
    editor.wait_for_function("document.querySelector('ads-edit').now > 0.4")
    editor.keyboard.press("Space")
    seek(editor, 2.0)
    editor.locator(".edit-frame").focus()
    editor.keyboard.press("Shift+ArrowRight")
    editor.keyboard.press("s")
    expect(editor.locator(".edit-clip")).to_have_count(2)
    body = until(editor, film, lambda draft: len(draft.get("clips", ())) == 2)
    assert body["clips"][0]["end"] == body["clips"][1]["start"] == pytest.approx(3.0, abs=0.05)
    editor.locator(".edit-clip").nth(1).focus()
    editor.keyboard.press("Alt+ArrowLeft")
    until(editor, film, lambda draft: draft["clips"][0].get("start") == body["clips"][1]["start"])


def test_what_is_wrong_is_said_and_nothing_is_made(editor: Page, film: int) -> None:
    tool(editor, "Text").get_by_role("button", name="Name").first.click()
    editor.get_by_label("Words", exact=True).fill("Amber 😀")
    expect(editor.locator(".edit-problem")).to_contain_text("😀")
    expect(editor.get_by_role("button", name="Save as new version")).to_be_disabled()


def test_somebody_elses_video_and_a_strangers_visit(page: Page, app: RunningApp, film: int) -> None:
    hers = make(app, "alice@example.com", "Hers alone")
    page.goto(f"/videos/{film}/edit")
    expect(page.get_by_role("link", name="Login").last).to_be_visible()
    sign_in(page)
    assert page.goto(f"/videos/{hers}/edit").status == 404  # type: ignore[union-attr]


def test_on_a_phone_a_tool_is_a_sheet(browser: Browser, app: RunningApp, film: int) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    context = browser.new_context(base_url=app.url, locale="en-US", reduced_motion="reduce", **phone)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/auth/login")
    opened(page, film)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    panel = page.locator(".edit-panel")
    expect(panel).to_be_hidden()
    page.get_by_role("tab", name="Text").tap()
    panel.get_by_role("button", name="Note").first.tap()
    expect(panel.get_by_label("Words", exact=True)).to_have_value("New")
    sheet, frame = panel.bounding_box(), page.locator(".edit-frame").bounding_box()
    assert sheet
    assert frame
    assert sheet["y"] >= frame["y"] + frame["height"] - 2, "what is edited stays in sight"
    panel.get_by_role("button", name="Close").tap()
    expect(panel).to_be_hidden()
    context.close()
