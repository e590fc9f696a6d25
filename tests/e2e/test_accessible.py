"""Every page and dialog under axe-core in both themes, by keyboard alone, and on a narrow or enlarged screen."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, TimeoutError, ViewportSize, expect

from tests.e2e.test_library import ME, copies, make
from tests.e2e.test_studio import RENDER, choose
from tests.running import RunningApp

ADMIN = tuple(f"/admin?tab={tab}" for tab in ("people", "groups", "jobs", "system", "audit"))
OURS = ("/library", "/account", "/login", "/pricing", *ADMIN)
FOR_ALL = ("/", "/library", "/gallery", "/pricing", "/account", "/login", "/nowhere")
AXE = Axe().axe_script
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def film(app: RunningApp) -> int:
    """A finished video of the local user, which the gallery shows as `/v/film`."""
    video_id = make(app, ME, "Slow push in, soft light")
    with closing(sqlite3.connect(app.folder / "adsvideo.db", timeout=30)) as db, db:
        db.execute("UPDATE videos SET slug = 'film', in_gallery = 1 WHERE id = ?", (video_id,))
    return video_id


@pytest.fixture
def calm(browser: Browser, app: RunningApp) -> Iterator[Page]:
    """A visitor in the dark theme and without motion, so that nothing is measured half faded in."""
    context = browser.new_context(base_url=app.url, locale="en-US", color_scheme="dark", reduced_motion="reduce")
    yield context.new_page()
    context.close()


def settle(page: Page, path: str) -> None:
    """Open a page and wait until it is drawn."""
    page.goto(path)
    expect(page.locator("h1").first).to_be_attached()
    expect(page.locator("#boot")).to_be_hidden()


def check(page: Page, where: str) -> list[str]:
    """What axe finds that keeps somebody out, a line each: by all rules in the dark, by that of colour in the light."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    violations = _violations(page, f"{where}, dark", TAGS)
    page.emulate_media(color_scheme="light")
    violations += _violations(page, f"{where}, light", ["color-contrast"])
    page.emulate_media(color_scheme="dark")
    return violations


def _violations(page: Page, where: str, rules: list[str]) -> list[str]:
    options = {"resultTypes": ["violations"], "runOnly": rules}
    return [
        f"{where}: {rule['id']} {node['html'][:160]} {node['failureSummary']}"
        for rule in page.evaluate("(options) => axe.run(options)", options)["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def test_axe_finds_nothing_for_a_stranger(calm: Page, film: int) -> None:
    violations: list[str] = []
    for path in (*FOR_ALL, "/v/film", f"/videos/{film}"):
        settle(calm, path)
        violations += check(calm, path)
    assert not violations, "\n".join(violations)


def test_axe_finds_nothing_on_the_pages_of_who_is_signed_in(calm: Page, film: int) -> None:
    calm.goto("/auth/login")
    violations: list[str] = []
    for path in OURS:
        settle(calm, path)
        violations += check(calm, path)
    assert not violations, "\n".join(violations)


def test_axe_finds_nothing_in_the_studio_and_its_dialogs(calm: Page, app: RunningApp, film: int) -> None:
    calm.goto("/auth/login")
    dialog = calm.get_by_role("dialog")
    violations: list[str] = []

    def look_at_dialog(where: str) -> None:
        nonlocal violations
        expect(dialog.get_by_role("heading").first).to_be_visible()
        violations += check(calm, where)
        calm.keyboard.press("Escape")
        expect(dialog).to_have_count(0)

    settle(calm, "/")
    violations += check(calm, "a done video")
    calm.get_by_role("button", name="Share", exact=True).click()
    look_at_dialog("sharing")
    calm.get_by_role("button", name="Templates").click()
    expect(dialog.get_by_role("listitem").first).to_be_visible()
    violations += check(calm, "the templates")
    dialog.get_by_text("Product showcase", exact=True).click()
    look_at_dialog("a template's blanks")
    calm.get_by_role("radio", name="Your picture").first.click()
    calm.get_by_role("button", name="Delete this picture").click()
    look_at_dialog("deleting a picture")
    choose(calm)
    calm.get_by_role("button", name="Link", exact=True).click()
    calm.locator(".model-line").click()
    violations += check(calm, "a chosen picture, its web address and the models")
    calm.get_by_role("button", name="Account").click()
    expect(calm.get_by_role("menuitem", name="Sign out")).to_be_visible()
    violations += check(calm, "the avatar's menu")
    calm.context.add_cookies([{"name": "lang", "value": "zh", "url": app.url}])
    settle(calm, f"/videos/{film}")
    violations += check(calm, "the page of a video, in Chinese")
    calm.context.clear_cookies(name="lang")
    settle(calm, "/library")
    calm.get_by_role("button", name="Select").click()
    calm.get_by_role("checkbox").first.check(force=True)
    violations += check(calm, "a selection")
    calm.set_viewport_size({"width": 390, "height": 844})
    violations += check(calm, "a selection on a phone")
    assert not violations, "\n".join(violations)


def test_axe_finds_nothing_where_a_video_is_not_done_or_a_page_is_broken(
    calm: Page, app: RunningApp, film: int
) -> None:
    [runs] = copies(app, film, 1, "runs", status="processing", next_look_at="2100-01-01 00:00:00.000000")
    [failed] = copies(app, film, 1, "failed", status="failed", error_code="moderation")
    [broken] = copies(app, film, 1, "broken", status="failed", size="no size", width=None, height=None)
    calm.goto("/auth/login")
    violations: list[str] = []
    settle(calm, f"/videos/{runs}")
    expect(calm.get_by_role("progressbar")).to_be_visible()
    violations += check(calm, "a running video")
    settle(calm, f"/videos/{failed}")
    expect(calm.get_by_role("button", name="Try again").first).to_be_visible()
    violations += check(calm, "a failed video")
    calm.set_viewport_size({"width": 390, "height": 844})
    violations += check(calm, "a failed video on a phone")
    settle(calm, f"/videos/{broken}")
    expect(calm.get_by_role("heading", name="Something went wrong")).to_be_visible()
    violations += check(calm, "a broken page")
    with closing(sqlite3.connect(app.folder / "adsvideo.db", timeout=30)) as db, db:
        db.execute("DELETE FROM videos WHERE id IN (?, ?, ?)", (runs, failed, broken))
    assert not violations, "\n".join(violations)


def focused(page: Page) -> str:
    """The name of what has the focus."""
    words = "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"
    return str(page.evaluate(f"() => {words}"))


def tab_to(page: Page, name: str, at_most: int = 40) -> None:
    """Press Tab until that has the focus."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if re.match(name, focused(page)):
            return
    raise AssertionError(f"Tab does not reach “{name}”")


def test_the_main_job_by_keyboard_alone(page: Page, app: RunningApp) -> None:
    page.goto("/pricing")
    expect(page.get_by_role("link", name="Login")).to_be_visible()
    tab_to(page, "Skip to the content", 1)
    tab_to(page, "Studio")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio").first).to_be_visible()
    tab_to(page, "Login")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("credits")).to_be_visible()
    first = page.get_by_role("radio").first
    expect(first).to_be_visible()
    tab_to(page, re.escape(str(first.get_attribute("aria-label"))))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    third = page.get_by_role("radio").nth(2)
    expect(third).to_be_focused()
    page.keyboard.press("Space")
    expect(third).to_have_attribute("aria-checked", "true")
    tab_to(page, "Prompt")
    page.keyboard.press("Control+a")
    page.keyboard.type("Slow orbit, soft light")
    tab_to(page, "Generate")
    panel = page.get_by_role("region", name="Video", exact=True)
    with app.held():  # or the video might be done before one is there
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Cancel")).to_be_visible()
        expect(panel).to_be_focused()
        tab_to(page, "Cancel", 3)
    expect(page.locator("video.player")).to_be_visible(timeout=RENDER)
    expect(page.get_by_role("status").filter(has_text="Generated with")).to_have_count(1)
    page.wait_for_function("(panel) => panel.contains(document.activeElement)", arg=panel.element_handle())


def fits(page: Page, width: int, path: str) -> None:
    """Once it is laid out, nothing of it is wider than that."""
    try:
        page.wait_for_function("(width) => document.documentElement.scrollWidth <= width", arg=width)
    except TimeoutError:
        raise AssertionError(f"{path} is wider than {width} px") from None


def test_no_page_needs_a_sideways_scroll_on_a_phone_or_at_200_percent(
    browser: Browser, app: RunningApp, film: int
) -> None:
    sizes: list[ViewportSize] = [{"width": 390, "height": 844}, {"width": 720, "height": 450}]
    context = browser.new_context(base_url=app.url, viewport=sizes[0], locale="en-US", reduced_motion="reduce")
    page = context.new_page()
    for path in (*FOR_ALL, "/v/film", "/auth/login", *FOR_ALL, f"/videos/{film}", *ADMIN):
        settle(page, path)
        for size in sizes:
            page.set_viewport_size(size)
            fits(page, size["width"], path)
    context.close()
