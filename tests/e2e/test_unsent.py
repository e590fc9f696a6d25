"""Nothing that is paid is sent later than it was clicked."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.test_studio import LIVE, choose, credits, sign_in

AGE = """() => {
  const now = Date.now;
  Date.now = () => now() - 60000;
}"""


def test_a_click_without_a_connection_is_not_sent_and_not_replayed(page: Page) -> None:
    sign_in(page)
    before = credits(page)
    choose(page)
    page.wait_for_function(LIVE)
    button = page.get_by_role("button", name=re.compile("Generate · 10 credits"))
    page.context.set_offline(True)
    button.click()
    expect(page.locator("#lost")).to_contain_text("Not sent")
    expect(button).to_be_enabled()
    page.context.set_offline(False)
    page.evaluate("window.socket.io.engine.close()")  # offline does not cut a socket that is open
    button.click()
    expect(page.locator("#lost")).to_contain_text("Not sent")
    page.wait_for_function(LIVE)
    page.get_by_label("Prompt", exact=True).fill("It is back")
    expect(page.get_by_text("10/500")).to_be_visible()  # the server has heard what came after the clicks
    expect(button).to_be_enabled()
    assert page.request.get("/api/v1/me").json()["credits"] == before


def test_a_click_that_was_kept_back_on_its_way_is_told_and_not_carried_out(page: Page) -> None:
    sign_in(page)
    before = credits(page)
    choose(page)
    page.wait_for_function(LIVE)
    page.wait_for_timeout(500)  # the page says what its clock says as soon as it is connected
    page.evaluate(AGE)
    button = page.get_by_role("button", name=re.compile("Generate · 10 credits"))
    button.click()
    expect(page.get_by_text("Not sent: there was no connection. Nothing was charged.")).to_be_visible()
    expect(button).to_be_enabled()
    assert page.request.get("/api/v1/me").json()["credits"] == before
