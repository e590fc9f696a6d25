"""What people see: no action is lost, no sentence is without its way on, and nothing misleads."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_library import ME, cards, copies, make
from tests.e2e.test_studio import sign_in
from tests.running import RunningApp


@pytest.fixture(scope="module")
def film(app: RunningApp) -> int:
    """A finished portrait video of the local user."""
    return make(app, ME, "Slow push in, soft light")


def test_delete_from_a_cards_menu_can_be_undone(page: Page, app: RunningApp, film: int) -> None:
    copies(app, film, 2, "amber")
    sign_in(page)
    page.goto("/library?q=amber")
    card = cards(page).filter(has_text="amber 1")
    card.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(card).to_have_count(0)
    expect(page.get_by_text("1 video is deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(card).to_be_visible()
    assert "has been deleted" not in app.log()


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
    cards(page).get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Rename").click()
    expect(name).to_be_focused()
    name.fill("Winter launch")
    name.press("Enter")
    expect(cards(page).get_by_role("link", name="Watch: Winter launch")).to_be_visible()
    expect(name).to_have_count(0)
    page.reload()
    expect(cards(page)).to_contain_text("Winter launch")
