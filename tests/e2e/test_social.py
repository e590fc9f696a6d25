"""A shared video in a real browser: strangers, people who react to it, its owner, an administrator who ends it."""

import base64
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from starlette.middleware.sessions import SessionMiddleware

from tests.people import photo
from tests.running import RunningApp, wait_for_end
from tests.waiting import wait_until

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def slug(app: RunningApp) -> str:
    """A film of the local user's, shown in the gallery."""
    with app.client("you@localhost") as client:
        picture = client.post("/images", files={"file": ("a.jpg", photo(1280, 720), "image/jpeg")}).json()["id"]
        recipe = {"prompt": "Push in. Dramatic launch film.", "model": "camera", "image_id": picture, "seconds": 4}
        number = client.post("/videos/generate", json=recipe).raise_for_status().json()["id"]
        assert wait_for_end(client, number)["status"] == "completed"
        client.patch("/me", json={"public_name": "Ann"}).raise_for_status()
        shared = client.put(f"/videos/{number}/share", json={"in_gallery": True}).raise_for_status()
        return str(shared.json()["url"]).rpartition("/")[2]


def cookie_of(app: RunningApp, email: str) -> str:
    """The cookie of a browser in which that user is signed in; locally a click signs in as one user only."""
    app.key(email)  # makes the user
    browser = str(uuid4())
    with closing(sqlite3.connect(app.folder / "adsvideo.db", timeout=30)) as db, db:
        number, epoch = db.execute("SELECT id, epoch FROM users WHERE email = ?", (email,)).fetchone()
        moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        db.execute("INSERT INTO browser_sessions (id, user_id, created_at) VALUES (?, ?, ?)", (browser, number, moment))
    inside = base64.b64encode(json.dumps({"user": number, "epoch": epoch, "id": browser}).encode())
    reader = SessionMiddleware(FastAPI(), (app.folder / ".storage-secret").read_text())
    return reader.signer.sign(inside).decode()


@pytest.fixture
def visit(browser: Browser, app: RunningApp) -> Iterator[Open]:
    """Opens a page in a browser of its own, as that user or as nobody."""
    with ExitStack() as stack:

        def visit(path: str, email: str = "", **options: object) -> Page:
            settings = {"locale": "en-US", "reduced_motion": "reduce", **options}
            context = browser.new_context(base_url=app.url, **settings)  # type: ignore[arg-type]
            stack.callback(context.close)
            if email:
                context.add_cookies([{"name": "session", "value": cookie_of(app, email), "url": app.url}])
            page = context.new_page()
            page.goto(path)
            return page

        yield visit


@pytest.fixture
def sixty(app: RunningApp, slug: str) -> Iterator[int]:
    """So many films in the gallery: copies of the one, and it."""
    copies = [f"{slug[:-2]}{n:02}" for n in range(59)]
    with closing(sqlite3.connect(app.folder / "adsvideo.db", timeout=30)) as db:
        db.row_factory = sqlite3.Row
        row = dict(db.execute("SELECT * FROM videos WHERE slug = ?", (slug,)).fetchone())
        del row["id"]
        places = ", ".join("?" * len(row))
        with db:
            db.executemany(
                f"INSERT INTO videos ({', '.join(row)}) VALUES ({places})",
                [tuple({**row, "slug": copy}.values()) for copy in copies],
            )
        yield len(copies) + 1
        with db:
            db.executemany("DELETE FROM videos WHERE slug = ?", [(copy,) for copy in copies])


@pytest.mark.parametrize("email", ["", "you@localhost"])
def test_the_gallery_goes_on_where_one_gets_near_its_end(visit: Open, sixty: int, email: str) -> None:
    page = visit("/gallery", email, viewport={"width": 390, "height": 844})
    cards = page.locator("article.card")
    expect(cards).to_have_count(24)

    def all_are_there() -> bool:
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(50)
        return cards.count() == sixty

    wait_until(all_are_there)
    assert len(set(cards.locator("a").evaluate_all("links => links.map(link => link.href)"))) == sixty


def test_without_a_script_the_gallery_has_a_link_to_more(visit: Open, sixty: int) -> None:
    page = visit("/gallery", java_script_enabled=False)
    seen = page.locator("article.card").count()
    while page.get_by_role("link", name="More", exact=True).count():
        with page.expect_navigation():  # all of the next page is there
            page.get_by_role("link", name="More", exact=True).click()
        seen += page.locator("article.card").count()
    assert seen == sixty


@pytest.mark.parametrize("script", [True, False])
def test_a_stranger_sees_the_film_without_a_socket_or_a_cookie(visit: Open, slug: str, script: bool) -> None:
    page = visit("/gallery?category=show", java_script_enabled=script, viewport={"width": 390, "height": 844})
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.locator(f"a.card-media[href='/v/{slug}']").click()
    expect(page.get_by_role("heading", name="Push in. Dramatic launch film.")).to_be_visible()
    player = page.locator("video.player")
    expect(player).to_have_attribute("src", f"/v/{slug}/content")
    assert player.get_attribute("controls") is not None
    page.get_by_text("Share", exact=True).click()
    code = page.get_by_alt_text("The link as a QR code")
    expect(code).to_be_visible()
    if script:
        page.wait_for_function("() => document.querySelector('video.player').videoWidth === 1280")
        page.wait_for_function("() => document.querySelector('.watch-code').naturalWidth > 0")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    expect(page.get_by_role("button", name="Copy")).to_have_count(2 if script else 0)
    assert page.context.cookies() == []
    assert sockets == []


def test_what_one_says_the_others_see_at_once_until_an_administrator_ends_it(
    visit: Open, app: RunningApp, slug: str
) -> None:
    """The local user is the owner, and an administrator."""
    owners = visit(f"/v/{slug}", "you@localhost")
    expect(owners.get_by_role("button", name="0 likes")).to_be_visible()
    others = visit(f"/v/{slug}", "ben@example.com")
    others.get_by_role("button", name="0 likes").click()
    expect(others.get_by_role("button", name="1 like")).to_have_attribute("aria-pressed", "true")
    expect(owners.get_by_role("button", name="1 like")).to_have_attribute("aria-pressed", "false")
    others.get_by_label("Say something about it").fill("<b>Lovely</b> \u202elight")
    others.get_by_role("button", name="Send").click()
    expect(owners.get_by_text("<b>Lovely</b> light")).to_be_visible()
    expect(owners.get_by_role("button", name="Delete")).to_be_visible()

    others.get_by_role("button", name="Report").click()
    others.get_by_label("Note").fill("That is my chair")
    others.get_by_role("dialog").get_by_role("button", name="Report").click()
    expect(others.get_by_text("Thank you. An administrator will look at it.")).to_be_visible()
    admins = visit("/admin?tab=reported", "you@localhost")
    expect(admins.get_by_text("That is my chair")).to_be_visible()
    admins.get_by_role("button", name="Take it down").click()
    expect(admins.get_by_text("Nobody has reported anything.")).to_be_visible()
    for page in (owners, others):
        expect(page.get_by_text("This video is not shared, or not any more.")).to_be_visible()
    for part in ("", "/content", "/preview", "/poster", "/small.webp", "/code.svg", "/card.jpg", "/embed"):
        assert app.get(f"/v/{slug}{part}").status_code == 404, part
    assert httpx.get(f"{app.url}/oembed", params={"url": f"{app.url}/v/{slug}"}).status_code == 404
    assert slug not in app.get("/gallery").text
