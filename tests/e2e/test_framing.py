"""The picture's framing: moved and zoomed by hand or by keys, and sent byte for byte as it is shown."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_studio import RENDER, choose, generate, sign_in
from tests.people import photo
from tests.running import RunningApp
from tests.servers.videos import VideosServer


@pytest.fixture(scope="module")
def server() -> Iterator[VideosServer]:
    """A server that keeps what it is sent."""
    with VideosServer(latency=1) as running:
        yield running


@pytest.fixture(scope="module")
def app(server: VideosServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app, configured for that server."""
    with RunningApp.started(
        tmp_path_factory.mktemp("app"), OPENAI_BASE_URL=server.url, OPENAI_API_KEY="sk-test"
    ) as running:
        yield running


def shown(page: Page) -> bytes:
    """The bytes of the exact picture that the page shows, once it does."""
    exact = page.locator(".frame-exact")
    expect(page.locator("[data-moving]")).to_have_count(0)
    page.wait_for_function("() => document.querySelector('.frame-exact')?.naturalWidth > 0")
    answer = page.context.request.get(str(exact.get_attribute("src")))
    assert answer.headers["content-type"] == "image/jpeg"
    return answer.body()


def drag(page: Page, right: int, down: int) -> None:
    """Move the picture by so many pixels."""
    box = page.locator(".crop-hold").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=5)
    page.mouse.up()


def sent(server: VideosServer, prompt: str) -> bytes:
    """The picture of the create call with that prompt."""
    (call,) = [call for call in server.received("POST") if call.fields.get("prompt") == prompt]
    return call.files["input_reference"][2]


def test_what_is_shown_is_what_is_sent(page: Page, server: VideosServer) -> None:
    sign_in(page)
    choose(page)
    before = shown(page)
    page.locator(".crop-hold").focus()
    for key in ("+", "+", "+", "ArrowLeft"):
        page.keyboard.press(key)
    expect(page.locator("ads-crop")).to_have_attribute("zoom", "1.331")
    drag(page, 40, -30)
    expect(page.locator("ads-crop")).not_to_have_attribute("y", "0.5")
    now = shown(page)
    assert now != before
    generate(page, "framed by hand")
    expect(page.locator("video.player")).to_be_visible(timeout=RENDER)
    assert sent(server, "framed by hand") == now


def test_coloured_sides_and_a_picture_of_ones_own(page: Page, server: VideosServer) -> None:
    sign_in(page)
    page.get_by_label("Upload").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": photo(500, 900)})
    expect(page.get_by_role("radio", name="Your picture", checked=True)).to_be_visible()
    page.get_by_role("button", name="Colour", exact=True).click()
    page.get_by_label("Colour of the sides").fill("#204080")
    expect(page.locator(".frame-exact")).to_have_attribute("src", re.compile("color=%23204080"))
    generate(page, "coloured sides")
    expect(page.locator("video.player")).to_be_visible(timeout=RENDER)
    assert sent(server, "coloured sides") == shown(page)


def test_a_framing_survives_a_reload_and_is_taken_back(page: Page) -> None:
    sign_in(page)
    choose(page)
    page.get_by_role("slider", name="Zoom").fill("2")
    expect(page.locator("ads-crop")).to_have_attribute("zoom", "2")
    page.reload()
    expect(page.locator("ads-crop")).to_have_attribute("zoom", "2")
    page.get_by_role("button", name="Centre it again").click()
    expect(page.locator("ads-crop")).to_have_attribute("zoom", "1")
    page.get_by_role("slider", name="Zoom").fill("3")
    expect(page.locator("ads-crop")).to_have_attribute("zoom", "3")
    choose(page, "Amber perfume")
    expect(page.locator("ads-crop")).to_have_attribute("zoom", "1")


def test_two_fingers_zoom_on_a_phone(browser: Browser, app: RunningApp) -> None:
    context = browser.new_context(
        base_url=app.url, viewport={"width": 390, "height": 844}, has_touch=True, locale="en-US"
    )
    page = context.new_page()
    sign_in(page)
    choose(page)
    page.locator(".crop-hold").focus()
    box = page.locator(".crop-hold").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = context.new_cdp_session(page)

    def touch(kind: str, apart: int) -> None:
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}] if apart else []
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 30)
    touch("touchMove", 45)
    touch("touchMove", 60)
    touch("touchEnd", 0)
    expect(page.locator("ads-crop")).to_have_attribute("zoom", re.compile(r"^(1\.9|2)"))
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    context.close()


def test_a_picture_of_ones_own_can_be_deleted(page: Page) -> None:
    sign_in(page)
    page.get_by_label("Upload").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": photo(611, 433)})
    tile = page.get_by_role("radio", name="Your picture")
    expect(page.get_by_role("radio", name="Your picture", checked=True)).to_be_visible()
    expect(page.locator(".frame-front img")).to_have_attribute("src", re.compile(r"^/api/v1/images/\d+/content$"))
    had = tile.count()
    source = str(page.locator(".frame-front img").get_attribute("src"))
    page.get_by_role("button", name="Delete this picture").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(tile).to_have_count(had - 1)
    assert page.context.request.get(source).status == 404
    page.reload()
    expect(tile).to_have_count(had - 1)
