"""What people see: no action is lost, no sentence is without its way on, and nothing misleads."""

import io
import re
import sqlite3
from contextlib import closing
from datetime import datetime
from math import dist
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from PIL import Image, ImageColor
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.test_library import ME, cards, copies, make
from tests.e2e.test_studio import choose, sign_in
from tests.people import photo
from tests.running import RunningApp
from ui import theme


@pytest.fixture(scope="module")
def film(app: RunningApp) -> int:
    """A finished portrait video of the local user."""
    return make(app, ME, "Slow push in, soft light")


def test_delete_from_a_cards_menu_can_be_undone(page: Page, app: RunningApp, film: int) -> None:
    copies(app, film, 2, "amber")
    before = app.log().count("has been deleted")
    sign_in(page)
    page.goto("/library?q=amber")
    card = cards(page).filter(has_text="amber 1")
    card.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(card).to_have_count(0)
    expect(page.get_by_text("1 video is deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(card).to_be_visible()
    assert app.log().count("has been deleted") == before  # a place on the page that an action still needed


def frame_of(page: Page, frame: Locator) -> tuple[float, float, float]:
    """The width, the height and the part of the window's height of what a video is shown in."""
    expect(frame).to_be_visible()
    box = frame.bounding_box()
    size = page.viewport_size
    assert box and size
    return box["width"], box["height"], box["height"] / size["height"]


SHAPES = [(720, 1280), (1280, 720), (1080, 1080)]


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1366, 700), (768, 1024), (390, 844)])
def test_a_result_takes_its_own_ratio_wherever_it_is_shown(
    page: Page, app: RunningApp, film: int, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page)
    for shape in SHAPES:
        size, ratio = "{}x{}".format(*shape), pytest.approx(shape[0] / shape[1], rel=0.01)
        sides = {"width": shape[0], "height": shape[1]}
        [newest] = copies(app, film, 1, f"shape {width} {size}", size=size, slug=f"{width}-{size}", **sides)
        for path in ("/", f"/videos/{newest}", f"/v/{width}-{size}"):
            page.goto(path)
            expect(page.locator("video.player")).to_be_visible()
            wide, high, part = frame_of(page, page.locator(".stage:not(.bone)"))
            room = page.locator(".panel:not(:has(.bone)), .watch").bounding_box()
            assert wide / high == ratio, (path, size)
            assert part <= 0.7501, (path, size)
            assert room and (part > 0.745 or wide > room["width"] - 2), (path, size)
        page.goto(f"/library?q=shape+{width}+{size}")
        wide, high, part = frame_of(page, cards(page).first.locator(".card-media"))
        assert part <= 0.7501
        assert wide / high == ratio or part > 0.745


def test_a_video_gets_a_name_where_it_stands(page: Page, app: RunningApp, film: int) -> None:
    [video_id] = copies(app, film, 1, "coral", slug="coral")
    sign_in(page)
    page.goto(f"/videos/{video_id}")
    name = page.get_by_role("textbox", name="Name of the video")
    expect(page.get_by_role("heading", level=1)).to_have_text("coral 0")
    name.fill("Typed by mistake")
    name.press("Escape")
    expect(name).to_have_value("")
    name.fill("  Summer / launch: 夏 ")
    name.press("Enter")
    expect(page.get_by_text("The name is saved.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Summer / launch: 夏")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "Summer launch 夏.mp4"
    page.goto("/v/coral")
    expect(page.get_by_role("heading", name="Summer / launch: 夏")).to_be_visible()
    expect(page.get_by_text("coral 0", exact=True)).to_be_visible()
    assert page.locator('meta[property="og:title"]').get_attribute("content") == "Summer / launch: 夏"
    page.goto("/library?q=launch")
    expect(cards(page)).to_have_count(1)
    other = page.context.new_page()
    other.goto(f"/videos/{video_id}")
    other_name = other.get_by_role("textbox", name="Name of the video")
    expect(other_name).to_have_value("Summer / launch: 夏")
    other.wait_for_function("() => window.did_handshake")
    cards(page).get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Rename").click()
    expect(name).to_be_focused()
    name.fill("Winter launch")
    name.press("Enter")
    expect(cards(page).get_by_role("link", name="Watch: Winter launch")).to_be_visible()
    expect(name).to_have_count(0)
    expect(other_name).to_have_value("Winter launch")
    expect(other.get_by_role("heading", level=1)).to_have_text("Winter launch")
    other_name.fill("Spring launch")
    other_name.press("Enter")
    expect(cards(page).get_by_role("link", name="Watch: Spring launch")).to_be_visible()
    other.close()
    cards(page).get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Rename").click()
    name.fill("Winter launch")
    name.press("Enter")
    expect(cards(page).get_by_role("link", name="Watch: Winter launch")).to_be_visible()
    page.reload()
    expect(cards(page)).to_contain_text("Winter launch")


def test_a_result_plays_by_itself_but_not_for_who_wants_calm(page: Page, film: int) -> None:
    sign_in(page)  # with reduced motion
    page.goto(f"/videos/{film}")
    expect(page.locator("video.player")).to_be_visible()
    page.wait_for_function("() => document.querySelector('video.player').readyState >= 3")
    page.wait_for_timeout(500)  # it would have begun
    assert page.evaluate(
        "() => { const v = document.querySelector('video.player'); return [v.paused, v.currentTime] }"
    ) == [
        True,
        0,
    ]
    page.emulate_media(reduced_motion="no-preference")
    page.reload()
    page.wait_for_function("() => document.querySelector('video.player')?.currentTime > 0")


def test_a_good_clip_is_made_again_at_a_named_price(page: Page, app: RunningApp, film: int) -> None:
    [video_id] = copies(app, film, 1, "good")
    sign_in(page)
    page.goto(f"/videos/{video_id}")
    make_again = page.get_by_role("button", name="Make again · 10 credits")
    expect(make_again).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    with closing(sqlite3.connect(app.folder / "adsvideo.db", timeout=30)) as db, db:
        before = db.execute("SELECT credits FROM users WHERE email = ?", (ME,)).fetchone()
        db.execute("UPDATE users SET credits = 3 WHERE email = ?", (ME,))
    make_again.click()
    expect(page.get_by_text("Not enough credits: this video costs 10, you have 3.")).to_be_visible()
    page.get_by_role("link", name="Get credits").click()
    expect(page).to_have_url(re.compile(r"/pricing\?back=/videos/\d+$"))
    with closing(sqlite3.connect(app.folder / "adsvideo.db", timeout=30)) as db, db:
        db.execute("UPDATE users SET credits = ? WHERE email = ?", (*before, ME))


def test_signing_out_elsewhere_keeps_the_picture_as_it_keeps_the_prompt(page: Page, app: RunningApp) -> None:
    sign_in(page)
    page.locator("input[type=file]").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    own = page.get_by_role("radio", name="Your picture", checked=True)
    expect(own).to_be_visible()
    page.get_by_label("Prompt", exact=True).fill("Kept")
    page.wait_for_function("() => sessionStorage.getItem('draft')?.includes('Kept')")
    elsewhere = page.context.new_page()
    elsewhere.goto("/account")
    elsewhere.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Login")).to_be_visible()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("Kept")
    page.get_by_role("banner").get_by_role("link", name="Login").click()
    expect(page.get_by_test_id("credits")).to_be_visible()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("Kept")
    expect(own).to_be_visible()


def test_times_are_relative_with_the_visitors_own_clock_behind(browser: Browser, app: RunningApp, film: int) -> None:
    context = browser.new_context(
        base_url=app.url, locale="en-US", timezone_id="Asia/Shanghai", reduced_motion="reduce"
    )
    page = context.new_page()
    sign_in(page)
    page.goto(f"/videos/{film}")
    made = page.locator("ads-time").first
    expect(made).to_have_text(re.compile("ago$"))
    moment = datetime.fromisoformat(str(made.get_attribute("datetime"))).astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"{moment:%-I:%M}" in str(made.get_attribute("title")).replace("\u202f", " ")
    context.close()


def test_the_account_uses_the_width_and_shows_what_was_paid_for(page: Page, app: RunningApp, film: int) -> None:
    sign_in(page)
    page.goto("/account")
    line = page.locator(".ledger-row").filter(has_text="Slow push in, soft light").first
    expect(line.get_by_role("link", name="Slow push in, soft light", exact=True)).to_have_attribute(
        "href", f"/videos/{film}"
    )
    assert line.locator("img").evaluate("async (image) => { await image.decode(); return image.naturalWidth }") > 0
    expect(line.get_by_text("-10")).to_be_visible()
    keys, ledger = (page.locator(".account-part").filter(has=page.get_by_role("heading", name=name)).bounding_box()
                    for name in ("API keys", "Credits"))  # fmt: skip
    assert keys and ledger
    assert keys["x"] > ledger["x"] + ledger["width"]
    assert keys["x"] + keys["width"] - ledger["x"] > 1200
    expect(page.locator(".button-danger")).to_have_count(1)
    page.get_by_role("link", name="Get credits").click()
    expect(page).to_have_url(re.compile("/pricing$"))


def test_the_api_is_described_in_our_own_theme_with_a_way_back(page: Page) -> None:
    sign_in(page)
    page.emulate_media(color_scheme="dark")
    page.goto("/docs")
    expect(page.get_by_text("/videos/generate").first).to_be_visible()
    ground = "() => getComputedStyle(document.querySelector('.opblock')).backgroundColor"
    assert page.evaluate(ground) == "rgb(21, 23, 28)"
    page.get_by_role("button", name="Dark or light").click()
    page.wait_for_function(f"() => ({ground})() === 'rgb(255, 255, 255)'")
    page.get_by_role("link", name="Studio").click()
    expect(page.get_by_test_id("generate")).to_be_visible()


def test_a_link_that_leads_to_this_computer_only_says_so(page: Page, app: RunningApp, film: int) -> None:
    [video_id] = copies(app, film, 1, "here")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page)
    page.goto(f"/videos/{video_id}")
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Create link").click()
    expect(page.get_by_text("This address leads to this computer only: others can't open it.")).to_be_visible()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.locator("#share-link").input_value()


def test_what_is_not_set_up_leads_an_administrator_to_how(page: Page) -> None:
    sign_in(page)
    page.goto("/pricing")
    runway = page.get_by_role("region", name="Runway")
    expect(runway.get_by_text("It is not set up here")).to_be_visible()
    runway.get_by_role("link", name="Open settings").click()
    expect(page.get_by_text("It is not set up here: set RUNWAYML_API_SECRET and start AdsVideo anew.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_tick_on_the_chosen_tile_is_seen(page: Page, scheme: Literal["dark", "light"]) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto("/")
    choose(page)
    tile = page.get_by_role("radio", checked=True)
    corner = Image.open(io.BytesIO(tile.screenshot())).convert("RGB").crop((59, 35, 79, 55))
    pixels = list(zip(*[iter(corner.tobytes())] * 3, strict=True))
    wanted = [ImageColor.getrgb(theme.color(name, scheme)) for name in ("accent", "on-accent")]
    disc, tick = (sum(dist(pixel, color) < 60 for pixel in pixels) for color in wanted)
    assert disc > 120 and tick > 15, (disc, tick)
