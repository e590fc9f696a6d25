"""What a browser is told about every answer, and that no page of ours is hindered by it."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_studio import choose, generate, sign_in
from tests.people import photo
from tests.running import RunningApp

RENDER = 60_000


@pytest.fixture(scope="module")
def alice(app: RunningApp) -> Iterator[httpx.Client]:
    """Alice's script."""
    with app.client("alice@example.com") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/account", "/login", "/docs", "/nothing", "/api/v1/me", "/healthz"])
def test_every_answer_says_what_a_browser_may_do_with_it(app: RunningApp, path: str) -> None:
    headers = app.get(f"{path}").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "'unsafe-inline'" not in headers["content-security-policy"].partition("style-src")[0]
    assert "strict-transport-security" not in headers  # this one is not https
    assert len(headers.get_list("content-security-policy")) == 1


def test_a_nonce_is_good_for_one_answer(app: RunningApp) -> None:
    answers = [app.get("/") for _ in range(2)]
    nonces = [re.findall(r"'nonce-([\w-]+)'", answer.headers["content-security-policy"]) for answer in answers]
    assert nonces[0] != nonces[1]
    for answer, [nonce] in zip(answers, nonces, strict=True):
        assert answer.text.count("<script") == answer.text.count(f'<script nonce="{nonce}"')


def test_answers_of_the_api_are_kept_nowhere_and_files_by_the_owners_browser_only(alice: httpx.Client) -> None:
    picture = alice.post("/images", files={"file": photo()})
    assert picture.headers["cache-control"] == "private, no-store"
    for path in ("/me", "/videos", "/models", "/me/ledger", "/videos/999999"):
        assert alice.get(path).headers["cache-control"] == "private, no-store"
    content = alice.get(f"/images/{picture.json()['id']}/content")
    assert content.headers["cache-control"].startswith("private")
    assert content.headers["content-security-policy"].startswith("default-src 'none'")


def test_static_files_are_kept_compressed_and_carry_nothing_of_a_visitor(app: RunningApp) -> None:
    page = app.get("/").text
    for path in re.findall(r'"(/(?:_nicegui|static)/[^"]*?\.(?:js|css|woff2)[^"]*)"', page)[:8]:
        for coding in ("br", "gzip", "identity"):
            first, second = [app.get(f"{path}", headers={"Accept-Encoding": coding}) for _ in range(2)]
            assert second.content == first.content, path
            own = {"date": "", "x-request-id": ""}  # what NiceGUI answers by itself has passed every layer
            assert dict(second.headers) | own == dict(first.headers) | own, path
            assert "immutable" in second.headers["cache-control"]
            assert "set-cookie" not in first.headers
            if coding != "identity" and len(first.content) > 1000 and ".woff2" not in path:
                assert second.headers["content-encoding"] == coding
    part = app.get(f"{path}", headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)
    without_hash = app.get("/static/app.js")
    assert "immutable" not in without_hash.headers["cache-control"]
    assert app.get("/static/none.js?v=1").status_code == 404


def test_no_page_is_hindered(page: Page) -> None:
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    sign_in(page)
    choose(page)
    generate(page)
    page.get_by_role("button", name="Account").click()
    expect(page.get_by_role("menuitem", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("video.player")).to_be_visible(timeout=RENDER)
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Create link").click()
    expect(page.locator("#share-link")).to_have_value(re.compile("/v/"))
    link = page.locator("#share-link").input_value()
    for path in ("/library", "/gallery", "/pricing", "/account", "/login", "/nothing", link, "/docs"):
        page.goto(path)
        page.wait_for_load_state("networkidle" if path == "/docs" else "load")
        page.wait_for_timeout(300)
    expect(page.get_by_text("/videos/generate").first).to_be_visible()
    assert [text for text in messages if re.search("Content Security Policy|violates|Refused to", text)] == []


def test_a_script_put_into_a_page_does_not_run(browser: Browser, app: RunningApp) -> None:
    page = browser.new_page(base_url=app.url)  # the browser's console says so, which is meant
    page.goto("/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"window.owned = 1\">')")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.owned = 2'}))")
    page.wait_for_timeout(300)
    assert page.evaluate("window.owned") is None
    page.close()


CROSS = [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]


@pytest.mark.parametrize("headers", CROSS)
def test_another_sites_page_does_nothing_in_a_visitors_name(app: RunningApp, headers: dict[str, str]) -> None:
    with httpx.Client(base_url=app.url, follow_redirects=True, timeout=30) as browser:
        browser.get("/auth/login")
        assert browser.get("/api/v1/me").status_code == 200
        for method, path in (("POST", "/videos/generate"), ("POST", "/images"), ("DELETE", "/videos/1")):
            answer = browser.request(method, f"/api/v1{path}", headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site")
        assert browser.get("/auth/logout", headers=headers).status_code == 403
        assert browser.get("/api/v1/me").status_code == 200
        ours = {"Origin": app.url, "Sec-Fetch-Site": "same-origin"}
        assert browser.post("/api/v1/videos/1/cancel", headers=ours).status_code in (404, 409)
        browser.get("/auth/logout", headers={"Sec-Fetch-Site": "same-origin"})
        assert browser.get("/api/v1/me").status_code == 401


def test_a_key_may_be_used_from_anywhere(alice: httpx.Client) -> None:
    assert alice.post("/videos/999999/cancel", headers=CROSS[2]).status_code == 404


def test_https_is_kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    running = RunningApp(tmp_path_factory.mktemp("https"), PUBLIC_URL="https://video.example.com")
    try:
        running.start()
        assert running.get("/healthz").headers["strict-transport-security"].startswith("max-age=31536000")
        running.stop()
    finally:
        running.end()
