"""Credits are bought in a real browser at a local Stripe, and are there at once."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import stand
from tests.e2e.test_studio import choose
from tests.running import RunningApp
from tests.servers.stripe import StripeServer
from tests.waiting import wait_until

CREDITS = "credits"


@pytest.fixture(scope="module")
def stripe() -> Iterator[StripeServer]:
    """A local Stripe with pages that can be clicked."""
    with StripeServer(dict(stand.PRICES)) as server:
        yield server


@pytest.fixture(scope="module")
def app(stripe: StripeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The web app alone with an open shop: nothing is made here."""
    folder = tmp_path_factory.mktemp("shop")
    with RunningApp.started(folder, **stand.variables(stripe, folder)) as running:
        stripe.hook = f"{running.url}/webhooks/stripe"
        yield running


@pytest.fixture
def me(browser: Browser, app: RunningApp) -> Iterator[BrowserContext]:
    """Signed in, with an open studio of which the balance is read."""
    context = browser.new_context(base_url=app.url, locale="en-US", reduced_motion="reduce")
    context.new_page().goto("/auth/login")
    yield context
    context.close()


def has(page: Page) -> int:
    """The credits that the page shows."""
    return int(re.sub(r"\D", "", page.get_by_test_id(CREDITS).inner_text()))


def buy(page: Page, name: str, do: str = "Pay") -> None:
    """Go to the checkout and click there."""
    page.goto("/pricing")
    page.get_by_role("button", name=name).click()
    page.get_by_role("button", name=do, exact=True).click()


def test_bought_credits_are_on_every_open_page_at_once(me: BrowserContext, stripe: StripeServer) -> None:
    studio, page = me.pages[0], me.new_page()
    expect(studio.get_by_test_id(CREDITS)).to_be_visible()
    before = has(studio)
    stripe.times, stripe.shuffled = 3, True
    buy(page, "Buy: 100 credits")
    expect(page.get_by_text("Thank you!")).to_be_visible()
    expect(studio.get_by_test_id(CREDITS)).to_have_text(re.compile(f"{before + 100:,} credits"))
    expect(page.get_by_test_id("balance")).to_have_text(f"You have {before + 100:,} credits now.")
    stripe.times, stripe.shuffled = 1, False


def test_a_late_webhook_is_not_waited_for(me: BrowserContext, stripe: StripeServer) -> None:
    page = me.pages[0]
    before = has(page)
    stripe.held = True
    buy(page, "Buy: 500 credits")
    expect(page.get_by_test_id("balance")).to_have_text(f"You have {before + 500:,} credits now.")
    stripe.held = False
    answered = len(stripe.answers)
    stripe.deliver(stripe.events[-1:])
    while len(stripe.answers) == answered:
        page.wait_for_timeout(20)
    assert stripe.answers[-1] == 200
    page.reload()
    expect(page.get_by_test_id(CREDITS)).to_have_text(re.compile(f"{before + 500:,} credits"))


def test_bought_where_credits_have_run_out_one_comes_back_to_the_draft(
    me: BrowserContext, app: RunningApp, stripe: StripeServer
) -> None:
    page = me.pages[0]
    page.goto("/")
    expect(page.get_by_test_id(CREDITS)).to_be_visible()
    before = has(page)
    taken = app.command("grant", "you@localhost", f"-{before}")
    assert taken.returncode == 0, taken.stderr
    choose(page)
    page.locator("textarea").first.fill("A draft that must not be lost")
    page.get_by_role("button", name=re.compile("^Generate")).click()
    page.get_by_role("link", name="Get credits").click()
    page.get_by_role("button", name="Buy: 100 credits").click()
    page.get_by_role("button", name="Pay", exact=True).click()
    page.get_by_role("link", name="Go on").click()
    expect(page.locator("textarea").first).to_have_value("A draft that must not be lost")
    expect(page.get_by_test_id(CREDITS)).to_have_text("100 credits")


def test_a_declined_card_costs_nothing_and_back_leads_back(me: BrowserContext) -> None:
    page = me.pages[0]
    before = has(page)
    buy(page, "Buy: 100 credits", "Decline")
    expect(page.get_by_text("Your card was declined.")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Back").click()
    expect(page).to_have_url(re.compile("/pricing$"))
    assert has(page) == before


def test_a_plan_is_bought_and_canceled_in_the_portal(me: BrowserContext) -> None:
    page = me.pages[0]
    before = has(page)
    buy(page, "Subscribe: Pro")
    expect(page.get_by_test_id("balance")).to_have_text(f"You have {before + 300:,} credits now.")
    page.get_by_role("link", name="Receipts and plan").click()
    expect(page.get_by_text("Pro, renews on")).to_be_visible()
    page.get_by_role("button", name="Manage subscription").click()
    page.get_by_role("button", name="Cancel plan").click()
    page.get_by_role("link", name="Return").click()
    expect(page.get_by_text("Pro, ends on")).to_be_visible()
    page.goto("/pricing")
    page.get_by_role("button", name="Subscribe: Basic").click()
    expect(page).to_have_title("Portal")


@pytest.mark.parametrize(
    ("path", "words"), [("/pricing", "每月"), ("/account", "套餐与购买记录"), ("/admin?tab=shop", "警报")]
)
def test_the_shop_fits_a_phone_in_chinese(browser: Browser, app: RunningApp, path: str, words: str) -> None:
    context = browser.new_context(base_url=app.url, viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    page.goto("/auth/login")
    page.goto(path)
    expect(page.get_by_text(words).first).to_be_visible()
    page.wait_for_function("() => document.documentElement.scrollWidth <= 390")
    context.close()


def test_an_event_that_a_killed_app_was_told_is_booked_once(
    me: BrowserContext, app: RunningApp, stripe: StripeServer
) -> None:
    """Killed while it books them, some before and some after the commit; Stripe comes back."""
    page = me.pages[0]
    before = has(page)
    stripe.held = True
    for _ in range(5):
        page.goto("/pricing")
        page.get_by_role("button", name="Buy: 100 credits").click()
        expect(page).to_have_title("Checkout")
        stripe.pay(page.url.rpartition("/")[2])
    stripe.held, stripe.tries = False, 12
    answered = len(stripe.answers)
    stripe.deliver(stripe.events[-5:])
    while len(stripe.answers) == answered:
        time.sleep(0.001)
    assert app.process
    app.process.kill()
    app.process.wait()
    app.start()
    wait_until(lambda: stripe.answers[answered:].count(200) == 5)
    page.goto("/")
    expect(page.get_by_test_id(CREDITS)).to_have_text(f"{before + 500:,} credits")
    stripe.tries = 5


def test_what_was_missed_is_asked_for_by_a_command(me: BrowserContext, app: RunningApp, stripe: StripeServer) -> None:
    page = me.pages[0]
    before = has(page)
    stripe.held = True
    page.goto("/pricing")
    page.get_by_role("button", name="Buy: 100 credits").click()
    expect(page).to_have_title("Checkout")
    stripe.pay(page.url.rpartition("/")[2])
    stripe.held = False
    done = app.command("reconcile")
    assert done.returncode == 0, done.stderr
    page.goto("/")
    expect(page.get_by_test_id(CREDITS)).to_have_text(re.compile(f"{before + 100:,} credits"))
    for secret in (stripe.key, stripe.secret):
        assert secret not in app.log() + done.stdout + done.stderr


def test_the_check_asks_for_every_price(app: RunningApp, stripe: StripeServer) -> None:
    good = app.command("check").stdout
    assert re.search(r"ok +shop pro +price_pro: 2900 eur", good)
    del stripe.prices["price_yen"]
    bad = app.command("check")
    stripe.prices["price_yen"] = stand.PRICES["price_yen"]
    assert bad.returncode == 1
    assert re.search(r"BAD +shop yen +Stripe has no price price_yen", bad.stdout)
