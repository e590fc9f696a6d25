"""The studio's form: what is previewed is what is sent, one's own pictures, and all of it in sight."""

import io
import re
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.test_studio import LIVE, choose, sign_in
from tests.people import photo
from tests.running import RunningApp

RATIOS = {"16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1.0}
# asked until they hold: the preview comes a moment after the choice, and is not there before
FRAME = "() => { const r = document.querySelector('.frame')?.getBoundingClientRect(); return [r?.width, r?.height]; }"
EXACT = "() => { const i = document.querySelector('.frame-exact'); return [i?.naturalWidth, i?.naturalHeight]; }"
HIDDEN = """() => {
  const end = document.querySelector('.generate-button')?.getBoundingClientRect();
  if (!end) return [false, []];
  const parts = [...document.querySelectorAll('.form .field, .form .segments, .form .camera-effect')];
  const under = parts.filter((p) => p.offsetParent && p.getBoundingClientRect().bottom > end.top + 1);
  return [end.bottom <= innerHeight, under.map((p) => p.className)];
}"""


def cut_out(width: int, height: int) -> bytes:
    """A red product on nothing, cut to its last pixel on three sides."""
    picture, out = Image.new("RGBA", (width, height)), io.BytesIO()
    picture.paste((200, 30, 30, 255), (0, height // 10, width, height))
    picture.save(out, "PNG")
    return out.getvalue()


def upload(page: Page, width: int, height: int) -> None:
    """A picture of one's own, chosen."""
    sent = {"name": "a.png", "mimeType": "image/png", "buffer": photo(width, height, "PNG")}
    page.locator("#picture-file").set_input_files(sent)  # type: ignore[arg-type]
    expect(page.get_by_role("radio", name="Your picture", checked=True)).to_be_visible()


def pair(page: Page, script: str) -> float:
    """The ratio of the two numbers that the script gives."""
    width, height = page.evaluate(script)
    return float(width) / float(height)


@pytest.mark.parametrize("screen", [(1440, 900), (390, 844)], ids=["desktop", "phone"])
def test_every_ratio_and_mode_is_previewed_as_it_is_sent(
    browser: Browser, app: RunningApp, screen: tuple[int, int]
) -> None:
    viewport: Any = {"width": screen[0], "height": screen[1]}
    context = browser.new_context(base_url=app.url, viewport=viewport, locale="en-US", reduced_motion="reduce")
    page = context.new_page()
    page.goto("/auth/login")
    choose(page)
    for name, ratio in RATIOS.items():
        page.get_by_role("button", name=name, exact=True).click()
        for mode in ("Fill", "Blur", "White", "Colour"):
            page.get_by_role("button", name=mode, exact=True).click()
            expect(page.get_by_role("button", name=mode, exact=True)).to_have_attribute("aria-pressed", "true")
            page.wait_for_function(
                f"(r) => {{ const [w, h] = ({FRAME})(); return Math.abs(w / h - r) < 0.02; }}", arg=ratio
            )
            page.wait_for_function(
                f"(r) => {{ const [w, h] = ({EXACT})(); return Math.abs(w / h - r) < 0.01; }}", arg=ratio
            )
        width, _height = page.evaluate(FRAME)
        assert width > 60
    assert page.evaluate("() => document.documentElement.scrollWidth") <= screen[0]
    context.close()


@pytest.mark.parametrize("screen", [(1366, 700), (1440, 900)], ids=str)
def test_everything_down_to_generate_is_in_sight(page: Page, screen: tuple[int, int]) -> None:
    page.set_viewport_size({"width": screen[0], "height": screen[1]})
    sign_in(page)
    page.wait_for_function(LIVE)
    choose(page)
    look_for_what_is_hidden(page)
    upload(page, 300, 500)
    page.get_by_role("button", name="1:1", exact=True).click()
    for hint in (page.get_by_role("button", name="Your picture is tall"), page.get_by_text("very small (300x500)")):
        expect(hint).to_be_visible()
    look_for_what_is_hidden(page)


def look_for_what_is_hidden(page: Page) -> None:
    """In every ratio all of the form is above Generate, once the preview has that ratio."""
    has_ratio = f"(r) => {{ const [w, h] = ({FRAME})(); return Math.abs(w / h - r) < 0.02; }}"
    for name, ratio in RATIOS.items():
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_function(has_ratio, arg=ratio)
        page.wait_for_function(f"() => JSON.stringify(({HIDDEN})()) === '[true,[]]'")


def test_1080p_is_a_switch_beside_three_ratios(page: Page) -> None:
    sign_in(page)
    choose(page)
    ratios = page.get_by_role("group", name="Ratio").get_by_role("button")
    expect(ratios).to_have_text(["16:9", "9:16", "1:1"])
    sharper = page.get_by_role("button", name="1080p", exact=True)
    exact = page.locator(".frame-exact")
    sharper.click()
    expect(sharper).to_have_attribute("aria-pressed", "true")
    expect(exact).to_have_attribute("src", re.compile("size=1920x1080"))
    page.get_by_role("button", name="9:16", exact=True).click()
    expect(exact).to_have_attribute("src", re.compile("size=1080x1920"))
    expect(sharper).to_have_attribute("aria-pressed", "true")
    sharper.click()
    expect(exact).to_have_attribute("src", re.compile("size=720x1280"))
    page.get_by_role("button", name="1:1", exact=True).click()
    expect(sharper).to_be_hidden()
    expect(exact).to_have_attribute("src", re.compile("size=1080x1080"))
    page.get_by_role("button", name="16:9", exact=True).click()  # not sharper than it was asked for, nor dearer
    expect(exact).to_have_attribute("src", re.compile("size=1280x720"))
    page.get_by_role("button", name="1:1", exact=True).click()


def test_a_cut_out_is_shown_whole_until_another_picture_is_chosen(page: Page) -> None:
    sign_in(page)
    blur, fill = (page.get_by_role("button", name=name, exact=True) for name in ("Blur", "Fill"))
    sent = {"name": "can.png", "mimeType": "image/png", "buffer": cut_out(700, 900)}
    page.locator("#picture-file").set_input_files(sent)  # type: ignore[arg-type]
    expect(blur).to_have_attribute("aria-pressed", "true")
    exact = page.locator(".frame-exact")
    expect(exact).to_have_attribute("src", re.compile("mode=pad-blur"))
    page.wait_for_function("(image) => image.complete && image.naturalWidth > 0", arg=exact.element_handle())
    upload(page, 900, 700)
    expect(fill).to_have_attribute("aria-pressed", "true")
    page.get_by_role("radio", name="Your picture").nth(1).click()
    expect(blur).to_have_attribute("aria-pressed", "true")
    choose(page)
    expect(fill).to_have_attribute("aria-pressed", "true")


def test_an_upload_of_another_ratio_is_offered_its_own(page: Page) -> None:
    sign_in(page)
    upload(page, 900, 1600)
    page.get_by_role("button", name="Your picture is tall: use 9:16").click()
    expect(page.get_by_role("button", name="9:16", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name=re.compile("Your picture is"))).to_be_hidden()
    upload(page, 1300, 1290)
    page.get_by_role("button", name="Your picture is square: use 1:1").click()
    upload(page, 1650, 920)
    page.get_by_role("button", name="Your picture is wide: use 16:9").click()
    expect(page.get_by_role("button", name="16:9", exact=True)).to_have_attribute("aria-pressed", "true")


def test_a_tiny_and_an_extreme_picture_get_a_warning(page: Page) -> None:
    sign_in(page)
    upload(page, 320, 180)
    expect(page.get_by_text("Your picture is very small (320x180): the video will look soft.")).to_be_visible()
    upload(page, 2400, 600)
    expect(page.get_by_text("Your picture is very wide: most of it is cut off.")).to_be_visible()
    page.get_by_role("button", name="Show all of it").click()
    expect(page.get_by_role("button", name="Blur", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Your picture is very wide: most of it is cut off.")).to_be_hidden()


def test_ones_own_pictures_come_first_and_upload_and_link_stay_in_sight(page: Page) -> None:
    sign_in(page)
    upload(page, 812, 604)
    upload(page, 816, 608)
    tiles = page.get_by_role("radio")
    expect(tiles.nth(0)).to_have_attribute("aria-checked", "true")
    expect(tiles.nth(1)).to_have_attribute("title", "Your picture")
    page.locator("#picture-strip").evaluate("(strip) => strip.scrollTo({left: 9999, behavior: 'instant'})")
    for name in ("Upload", "Link"):
        expect(page.locator(".strip-row .tile-upload", has_text=name)).to_be_in_viewport(ratio=1)


def test_the_picture_itself_is_seen_while_it_is_uploaded(page: Page) -> None:
    sign_in(page)
    page.wait_for_function(LIVE)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/images", hold)
    sent = {"name": "a.png", "mimeType": "image/png", "buffer": photo(808, 606, "PNG")}
    page.locator("#picture-file").set_input_files(sent)  # type: ignore[arg-type]
    local = page.locator("ads-local")
    expect(local).to_contain_text(re.compile(r"Uploading… \d+ %"))
    page.wait_for_function("() => document.querySelector('ads-local img')?.naturalWidth === 808")
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.get_by_role("radio", name="Your picture", checked=True)).to_be_visible()
    expect(local).to_be_hidden()
    expect(page.locator(".frame-front img")).to_be_visible()


def test_an_error_marks_its_field_and_brings_it_into_sight(page: Page) -> None:
    page.set_viewport_size({"width": 1366, "height": 500})
    sign_in(page)
    page.wait_for_function(LIVE)
    page.mouse.move(200, 300)
    page.mouse.wheel(0, 2000)
    button = page.get_by_role("button", name=re.compile("Generate · 10 credits"))
    button.click()
    told = page.get_by_role("region", name="Picture", exact=True).get_by_text("Please choose a picture first.")
    expect(told).to_be_in_viewport()
    expect(page.locator(".picture-field[data-wrong]")).to_have_count(1)
    choose(page)
    expect(page.locator(".picture-field[data-wrong]")).to_have_count(0)
    prompt = page.get_by_label("Prompt", exact=True)
    expect(prompt).not_to_have_value("")  # the preset's own words are there
    prompt.fill("")
    page.mouse.wheel(0, 2000)
    button.click()
    expect(prompt).to_be_focused()
    expect(prompt).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".prompt-box").get_by_text("Please describe what should happen")).to_be_in_viewport()
    prompt.fill("Now")
    expect(page.get_by_text("Please describe what should happen")).to_be_hidden()


def test_ctrl_z_takes_a_camera_chip_back(page: Page) -> None:
    sign_in(page)
    page.wait_for_function(LIVE)
    field = page.get_by_label("Prompt", exact=True)
    field.fill("Warm light")
    page.get_by_role("button", name="Drift", exact=True).click()
    expect(field).to_have_value("Warm light, parallax drift")
    page.keyboard.press("Control+z")
    expect(field).to_have_value("Warm light")
    expect(page.get_by_role("button", name="Drift", exact=True)).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Control+Shift+z")
    expect(field).to_have_value("Warm light, parallax drift")
    expect(page.get_by_role("button", name="Drift", exact=True)).to_have_attribute("aria-pressed", "true")


def test_a_pasted_address_survives_the_sign_in(page: Page) -> None:
    page.goto("/")
    page.wait_for_function(LIVE)
    paste = """(text) => {
      const data = new DataTransfer();
      data.setData("text/plain", text);
      document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
    }"""
    page.evaluate(paste, "https://pictures.invalid/watch.jpg")
    expect(page.get_by_text("Please log in first.")).to_be_visible()
    page.wait_for_function("() => sessionStorage.getItem('address')")
    page.get_by_role("link", name="Login").first.click()
    expect(page.get_by_test_id("credits")).to_be_visible()
    field = page.get_by_label("Address of a picture on the web")
    expect(field).to_be_visible()  # it was asked for at once, and leads nowhere
    expect(field).to_have_value("https://pictures.invalid/watch.jpg")
    assert page.evaluate("sessionStorage.getItem('address')") is None


def test_blanks_left_in_a_prompt_are_asked_about_before_paying(page: Page) -> None:
    sign_in(page)
    choose(page)
    before = page.request.get("/api/v1/me").json()["credits"]
    field = page.get_by_label("Prompt", exact=True)
    field.fill("Slow push in on [product: the product], [light]")
    button = page.get_by_role("button", name=re.compile("Generate · 10 credits"))
    button.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Fill the blanks first?")).to_be_visible()
    expect(dialog.get_by_label("product")).to_be_focused()
    page.keyboard.type("the watch")
    dialog.get_by_role("button", name="Fill in").click()
    expect(field).to_have_value("Slow push in on the watch, light")
    expect(button).to_be_enabled()
    assert page.request.get("/api/v1/me").json()["credits"] == before
    field.fill("A sign that reads [open]")
    button.click()
    dialog.get_by_role("button", name="Generate as it is").click()
    expect(page.get_by_role("button", name="Generating…")).to_be_visible()
    assert page.request.get("/api/v1/me").json()["credits"] == before - 10
