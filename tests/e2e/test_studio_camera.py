"""The studio camera's controls in a real browser, and what is kept of them."""

import os
import re

from playwright.sync_api import Page, expect

from core.pictures.presets import PRESETS
from tests.e2e.test_studio import RENDER, choose, sign_in


def test_strength_and_effects_are_chosen_and_kept(page: Page) -> None:
    sign_in(page)
    choose(page)
    controls = page.get_by_role("region", name="Studio camera")
    slider = controls.get_by_role("slider", name="Strength")
    expect(slider).to_have_attribute("aria-valuetext", "normal")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "strong")
    for name, before in (("Depth", "true"), ("Soft background", "true"), ("Light", "true"), ("Loop", "false")):
        expect(controls.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", before)
    controls.get_by_role("button", name="Loop").click()
    expect(controls.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "true")

    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill("A hand lifts the watch while flames flicker, push in")
    honest = controls.get_by_role("status")
    expect(honest).to_contain_text("A still picture can't show flames and steam, hands and people.")
    expect(controls.get_by_role("button", name="Use a video model")).to_be_hidden()
    if place := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{place}/studio-camera.png", full_page=True)
    prompt.fill("Slow push in")
    expect(honest).to_be_hidden()

    page.get_by_role("button", name=re.compile("Generate · 10 credits")).click()
    expect(page.locator("video.player")).to_be_visible(timeout=2 * RENDER)
    made = page.request.get("/api/v1/videos?limit=1").json()["items"][0]
    assert made["options"] == {"strength": "strong", "loop": True}
    assert made["note"] == ""
    cut = page.request.get(f"/api/v1/images/{made['image_id']}/cutout")
    assert cut.ok and cut.headers["content-type"] == "image/png"

    page.reload()
    expect(slider).to_have_attribute("aria-valuetext", "strong")


def test_the_product_is_outlined_where_it_lies_and_may_be_left_whole(page: Page) -> None:
    sign_in(page)
    content = (PRESETS / "perfume.jpg").read_bytes()
    own = {"name": "mine.jpg", "mimeType": "image/jpeg", "buffer": content + b"\0"}
    page.locator("#picture-file").set_input_files(own)  # type: ignore[arg-type]
    outline = page.locator(".frame-cut")
    expect(page.locator(".frame-cut[data-seen]")).to_have_count(1, timeout=2 * RENDER)
    place = "(e) => { const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; }"
    assert outline.evaluate(place) == page.locator(".frame-front img").evaluate(place)
    page.get_by_role("slider", name="Zoom").fill("2")
    expect(page.locator("ads-crop")).to_have_attribute("zoom", "2")
    assert outline.evaluate(place) == page.locator(".frame-front img").evaluate(place)
    page.get_by_role("button", name="Use the whole picture instead").click()
    expect(outline).to_have_count(0)
    expect(page.get_by_role("button", name="Depth", exact=True)).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("button", name="Use the whole picture instead")).to_be_hidden()


def test_a_full_turn_is_no_template_for_a_still_picture(page: Page) -> None:
    sign_in(page)
    page.get_by_role("button", name="Templates").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Product showcase", exact=True)).to_be_visible()
    expect(dialog.get_by_text("Full turn", exact=True)).to_have_count(0)
    card = dialog.get_by_role("listitem").filter(has_text="Floating")
    expect(card.get_by_text("For video models: more than a still picture can show")).to_be_visible()


def test_the_cards_of_templates_play_what_the_camera_makes_of_them(page: Page) -> None:
    page.emulate_media(reduced_motion="no-preference")
    sign_in(page)
    page.get_by_role("button", name="Templates").click()
    dialog = page.get_by_role("dialog")
    for category in ("Showcase", "Details", "Scenes", "Stories"):
        dialog.get_by_role("button", name=category, exact=True).click()
        expect(dialog.get_by_role("button", name=category, exact=True)).to_have_attribute("aria-pressed", "true")
        for card in dialog.get_by_role("listitem").all():
            card.scroll_into_view_if_needed()
            plays = card.locator("video").element_handle()
            page.wait_for_function("(video) => video.currentTime > 0 && video.videoWidth === 384", arg=plays)


def test_the_cards_of_templates_rest_for_who_wants_calm(page: Page) -> None:
    sign_in(page)
    page.get_by_role("button", name="Templates").click()
    view = page.get_by_role("dialog").get_by_role("listitem").first.locator("video")
    page.wait_for_function("(video) => video.readyState >= 2", arg=view.element_handle())
    assert view.evaluate("(video) => [video.paused, video.currentTime]") == [True, 0]
