"""The studio camera's controls in a real browser, and what is kept of them."""

import os
import re

from playwright.sync_api import Page, expect

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
