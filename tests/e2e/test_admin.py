"""An administrator at work in a real browser, and somebody who erases their account."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.running import RunningApp


@pytest.fixture(scope="module", autouse=True)
def people(app: RunningApp) -> None:
    """Ann has an account."""
    app.key("ann@example.com")


def test_credits_budget_and_group_are_given_in_the_browser(page: Page, app: RunningApp) -> None:
    page.goto("/auth/login")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Admin").click()
    page.get_by_role("link", name="Groups").click()
    page.get_by_role("button", name="New group").click()
    page.get_by_label("Name").fill("Marketing")
    page.get_by_label("Monthly budget").fill("many")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Please enter a whole number.")).to_be_visible()
    page.get_by_label("Monthly budget").fill("300")
    page.get_by_label("Their videos are begun").select_option(label="Before everybody else's")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("0 of 300 this month")).to_be_visible()
    expect(page.get_by_text("Goes first")).to_be_visible()
    page.get_by_role("link", name="People").click()
    expect(page.get_by_role("button", name="Edit you@localhost")).to_be_visible()  # all are there
    page.get_by_label("Find by e-mail or name").fill("ANN@")
    expect(page.get_by_text("you@localhost")).to_have_count(0)
    page.get_by_role("button", name="Edit ann@example.com").click()
    page.get_by_label("Add or take credits").fill("50")
    page.get_by_label("Note").fill("for the fair")
    page.get_by_label("Monthly budget").fill("40")
    page.get_by_label("Group").select_option(label="Marketing")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("150 credits")).to_be_visible()
    expect(page.get_by_text("0 of 40 this month")).to_be_visible()
    with app.client("ann@example.com") as ann:
        me = ann.get("/me").json()
    assert (me["credits"], me["budget"]["limit"], me["role"]) == (150, 40, "user")
    page.get_by_role("link", name="Audit log").click()
    expect(page.get_by_text("credits 100 → 150 · for the fair")).to_be_visible()


def test_the_administration_fits_a_phone(browser: Browser, app: RunningApp) -> None:
    context = browser.new_context(base_url=app.url, viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    page.goto("/auth/login")
    for tab, sign in {"people": "ann@example.com", "groups": "小组", "jobs": "生成中", "system": "已核对"}.items():
        page.goto(f"/admin?tab={tab}")
        expect(page.get_by_text(sign).first).to_be_visible()
        page.wait_for_function("() => document.documentElement.scrollWidth <= 390")
    context.close()


def test_who_erases_the_account_starts_anew(page: Page, app: RunningApp) -> None:
    page.goto("/auth/login?next=/account")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download my data").click()
    assert waiting.value.suggested_filename == "adsvideo.zip"
    page.get_by_role("button", name="Delete my account").click()
    page.get_by_label("Type you@localhost to confirm").fill("somebody@else")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Please type the e-mail address of your account")).to_be_visible()
    other = page.context.new_page()
    other.goto("/library")
    expect(other.get_by_test_id("credits")).to_be_visible()
    page.get_by_label("Type you@localhost to confirm").fill("you@localhost")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("link", name="Login").first).to_be_visible()
    expect(other.get_by_role("link", name="Login").first).to_be_visible()
    page.get_by_role("link", name="Login").first.click()
    expect(page.get_by_test_id("credits")).to_have_text(re.compile("100 credits"))
