"""Sign-in at a real OpenID Connect provider, in a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, TimeoutError, expect

from tests.e2e.test_studio import LIVE
from tests.running import RunningApp


@pytest.fixture(scope="module")
def app(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app, configured for that provider."""
    settings = {
        "OIDC_ISSUER": provider,
        "GOOGLE_CLIENT_ID": "adsvideo",
        "GOOGLE_CLIENT_SECRET": "quiet",
        "ALLOWED_DOMAINS": "example.com",
        "ADMIN_EMAILS": "Ann@Example.com",
    }
    with RunningApp.started(tmp_path_factory.mktemp("app"), **settings) as running:
        yield running


@pytest.fixture
def context(browser: Browser, app: RunningApp) -> Iterator[BrowserContext]:
    """A browser nobody has used."""
    opened = browser.new_context(base_url=app.url, locale="en-US", reduced_motion="reduce")
    yield opened
    opened.close()


def sign_in(page: Page, sub: str) -> None:
    """Click Login, and at the provider be that person."""
    page.goto("/")
    page.get_by_role("link", name="Login").first.click()
    person = page.get_by_role("button", name=sub, exact=True).first
    try:
        person.wait_for(timeout=15_000)
    except TimeoutError:  # a page that reloads itself at that moment takes the click with it
        page.get_by_role("link", name="Login").first.click()
    person.click()


def test_the_way_to_the_provider_and_back(context: BrowserContext) -> None:
    page = context.new_page()
    sign_in(page, "1")
    expect(page.get_by_test_id("credits")).to_have_text(re.compile("100 credits"))
    page.get_by_role("button", name="Account").click()
    expect(page.get_by_text("Ann Example")).to_be_visible()
    assert page.url.rstrip("/").endswith(str(page.evaluate("() => location.host")))
    cookie = next(c for c in context.cookies() if c["name"] == "session")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")


def test_it_leads_back_to_where_the_click_was(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/auth/login?next=/library")
    page.get_by_role("button", name="1", exact=True).first.click()
    expect(page).to_have_url(re.compile("/library$"))
    page.wait_for_function(LIVE)  # or its socket finds the visitor changed, and loads the page anew on its way
    page.goto("/auth/logout")
    page.goto("/auth/login?next=//evil.example")
    page.get_by_role("button", name="1", exact=True).first.click()
    expect(page.get_by_test_id("credits")).to_be_visible()
    assert "evil" not in page.url


@pytest.fixture
def another_visitors_page(context: BrowserContext, browser: Browser, app: RunningApp) -> Page:
    """A page whose visitor has changed since its socket opened: somebody else's, until it is loaded anew."""
    with browser.new_context(base_url=app.url) as other:
        other.request.get("/login")
        another = next(c for c in other.cookies() if c["name"] == "session")
    page = context.new_page()
    page.goto("/login")
    page.wait_for_function(LIVE)
    context.add_cookies([another])  # type: ignore[list-item]
    return page


def test_a_page_that_is_being_left_is_not_loaded_anew(another_visitors_page: Page) -> None:
    """A socket that opens after a sign-out is refused; to reload its page then would stop the way to the next one."""
    page, held = another_visitors_page, list[Route]()
    page.route("**/library", lambda route: held.append(route))  # noqa: PLW0108 - it marks the function
    page.evaluate("() => { location.href = '/library'; socket.disconnect().connect(); }")
    while not held:
        page.wait_for_timeout(20)
    page.wait_for_timeout(2000)  # the page would load itself anew after 1 s
    held[0].continue_()
    expect(page).to_have_url(re.compile("/library$"))


def test_a_page_loads_itself_anew_when_its_visitor_has_changed(another_visitors_page: Page) -> None:
    page = another_visitors_page
    page.evaluate("() => { window.before = true; socket.disconnect().connect(); }")
    page.wait_for_function("() => !window.before")
    page.wait_for_function(LIVE)


@pytest.mark.parametrize(
    ("sub", "sentence"),
    [("2", "is not verified"), ("3", "e-mail domain"), ("4", "belongs to another account")],
)
def test_who_may_not_sign_in_is_told_why(context: BrowserContext, sub: str, sentence: str) -> None:
    page = context.new_page()
    if sub == "4":
        sign_in(page, "1")
        expect(page.get_by_test_id("credits")).to_be_visible()
        page.wait_for_function(LIVE)
        page.goto("/auth/logout")
    sign_in(page, sub)
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    expect(page.get_by_role("link", name="Login")).to_be_visible()


def test_an_answer_that_was_not_asked_for_is_refused(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/auth/callback?code=stolen&state=invented")
    expect(page.get_by_text("The sign-in did not work")).to_be_visible()


def test_a_denied_consent_is_no_crash(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/auth/login")
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("The sign-in did not work")).to_be_visible()


def test_signed_out_everywhere_an_old_cookie_is_useless(
    context: BrowserContext, browser: Browser, app: RunningApp
) -> None:
    page = context.new_page()
    sign_in(page, "1")
    expect(page.get_by_test_id("credits")).to_be_visible()
    old = context.storage_state()
    page.goto("/account")
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("link", name="Login").first).to_be_visible()
    thief = browser.new_context(base_url=app.url, storage_state=old, locale="en-US", reduced_motion="reduce")
    stolen = thief.new_page()
    stolen.goto("/")
    expect(stolen.get_by_role("link", name="Login")).to_be_visible()
    assert stolen.request.get("/api/v1/me").status == 401
    thief.close()


def test_a_planted_session_is_not_the_one_that_is_signed_in(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/")
    planted = next(c["value"] for c in context.cookies() if c["name"] == "session")
    sign_in(page, "1")
    expect(page.get_by_test_id("credits")).to_be_visible()
    assert next(c["value"] for c in context.cookies() if c["name"] == "session") != planted


def test_an_administrator_is_one(context: BrowserContext) -> None:
    page = context.new_page()
    sign_in(page, "1")
    expect(page.get_by_test_id("credits")).to_be_visible()
    assert page.request.get("/api/v1/me").json()["role"] == "admin"
