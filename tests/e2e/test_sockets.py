"""A page obeys and tells its own visitor and nobody else, as long as they are who they were when they opened it."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import aiohttp
import httpx
import pytest

from tests.running import RunningApp
from tests.sockets import Browser, LoadedPage, Refused
from tests.waiting import until

ANN, BEN = "ann@example.com", "ben@example.com"


@pytest.fixture(scope="module")
def app(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app with that provider; Ann is an administrator."""
    settings = {"OIDC_ISSUER": provider, "GOOGLE_CLIENT_ID": "adsvideo", "GOOGLE_CLIENT_SECRET": "quiet"}
    with RunningApp.started(tmp_path_factory.mktemp("app"), **settings, ADMIN_EMAILS=ANN) as running:
        yield running


@pytest.fixture
def ann(app: RunningApp) -> Iterator[Browser]:
    """An administrator, signed in."""
    browser = Browser(app).sign_in("1")
    yield browser
    browser.close()


@pytest.fixture
def ben(app: RunningApp) -> Iterator[Browser]:
    """Somebody else than Ann, signed in, not blocked, made an administrator on /admin."""
    Browser(app).sign_in("1").close()
    sql(app, "UPDATE users SET blocked_at = NULL WHERE email = ?", BEN)
    browser = Browser(app).sign_in("5")
    sql(app, "UPDATE users SET role = 'admin' WHERE email = ?", BEN)
    yield browser
    browser.close()


@pytest.fixture
def nobody(app: RunningApp) -> Iterator[Browser]:
    """Without a cookie."""
    browser = Browser(app)
    yield browser
    browser.close()


def sql(app: RunningApp, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Behind the app's back: no news of it reaches a page."""
    with closing(sqlite3.connect(app.folder / "adsvideo.db", timeout=30)) as db, db:
        return db.execute(statement, values).fetchall()


def keys(app: RunningApp) -> object:
    """How many API keys there are: each press of `New key` that is obeyed makes one."""
    return sql(app, "SELECT count(*) FROM api_keys")[0][0]


# ------------------------------------------------------------------------------------------------- whose socket


async def test_its_own_socket_is_obeyed_and_told(app: RunningApp, ann: Browser) -> None:
    page, before = ann.load("/account"), keys(app)
    async with ann.socket(page.query) as own:
        await own.send("event", page.event("New key"))
        await until(lambda: keys(app) != before)
        await until(lambda: "ads_" in own.text)


async def test_no_socket_is_compressed(app: RunningApp) -> None:
    """It would keep 180 kB on the server for each open page, and every browser offers it."""
    where = f"{app.url}/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as http, http.ws_connect(where, compress=15) as socket:
        assert not socket.compress


@pytest.mark.parametrize("stranger", ["nobody", "ben"])
async def test_another_socket_is_neither_obeyed_nor_told(
    app: RunningApp, ann: Browser, stranger: str, request: pytest.FixtureRequest
) -> None:
    other: Browser = request.getfixturevalue(stranger)
    page, before = ann.load("/account"), keys(app)
    event = page.event("New key")
    async with ann.socket(page.query) as own, other.socket() as alone:
        with pytest.raises(Refused):
            async with other.socket(page.query):
                pass
        with pytest.raises(Refused):  # a page that is loaded twice has another document, never another visitor
            async with other.socket({**page.query, "document_id": "another"}):
                pass
        assert not await alone.handshake(page.query)
        query = str(httpx.QueryParams(page.query)).replace("True", "true")
        await alone.send("connect", {"QUERY_STRING": query, "asgi.scope": ann.session})
        await alone.send("event", event)
        await alone.send("ack", {"client_id": page.client_id, "next_message_id": 10**6})
        assert keys(app) == before
        await own.send("event", event)
        await until(lambda: "ads_" in own.text)
        assert alone.heard == []


async def test_a_socket_that_has_joined_its_own_page_is_not_heard_for_another(
    app: RunningApp, ann: Browser, ben: Browser
) -> None:
    hers, his = ann.load("/account"), ben.load("/account")
    async with ann.socket(hers.query), ben.socket(his.query) as socket:
        before = keys(app)
        await socket.send("event", hers.event("New key"))
        assert keys(app) == before


async def test_a_page_that_nobody_is_signed_in_on_is_its_browsers(app: RunningApp, nobody: Browser) -> None:
    page = nobody.load("/login")
    async with nobody.socket(page.query) as own:
        assert own.client.connected
    other = Browser(app)
    with pytest.raises(Refused, match="No session"):  # which the page's script does not answer by a reload
        async with other.socket(page.query):
            pass
    other.load("/login")
    with pytest.raises(Refused, match="Another visitor's"):
        async with other.socket(page.query):
            pass
    other.close()


@pytest.mark.parametrize(
    "message", [None, 7, "x", (1, 2), [], {}, {"client_id": None}, {"client_id": ["x"]}, {"client_id": "mine"}]
)
async def test_what_is_no_message_breaks_nothing(app: RunningApp, ann: Browser, message: object) -> None:
    page = ann.load("/account")
    if isinstance(message, dict) and message.get("client_id") == "mine":
        message = {"client_id": page.client_id}
    before = app.log()
    async with ann.socket(page.query) as own:
        for name in ("connect", "event", "handshake", "javascript_response", "ack", "log"):
            await own.client.emit(name, message)
        await own.send("event", page.event("New key"))
        await until(lambda: "ads_" in own.text)
    assert "Traceback" not in app.log().removeprefix(before)


# ------------------------------------------------------------------------------------- what was open stays open


def sign_out(ben: Browser) -> None:
    """Of this browser; the thief has a copy of its cookie."""
    with ben.copy().http as copied:
        copied.get("/auth/logout")


def sign_out_everywhere(ben: Browser) -> None:
    """As the button does, behind the back of what is open."""
    sql(ben.app, "UPDATE users SET epoch = epoch + 1 WHERE email = ?", BEN)


def block(ben: Browser) -> None:
    """As an administrator does."""
    sql(ben.app, "UPDATE users SET blocked_at = '2026-11-24 10:00:00' WHERE email = ?", BEN)


def demote(ben: Browser) -> None:
    """He is an administrator no more."""
    sql(ben.app, "UPDATE users SET role = 'user' WHERE email = ?", BEN)


Way = Callable[[Browser], None]
OUT: list[Way] = [sign_out, sign_out_everywhere, block]
ADMIN_TABS = {"people": "Edit ann@example.com", "groups": "New group", "jobs": "Refresh", "system": "Refresh"}


@pytest.mark.parametrize("way", OUT)
async def test_whoever_is_out_does_nothing_on_a_page_that_was_open(app: RunningApp, ben: Browser, way: Way) -> None:
    page, thief = ben.load("/account"), ben.copy()
    async with ben.socket(page.query) as own:
        way(ben)
        before = keys(app)
        await own.send("event", page.event("New key"))
        assert keys(app) == before
        await until(lambda: "reloadUnlessLeaving" in own.text)
    assert not thief.is_signed_in
    assert not ben.is_signed_in
    thief.close()


@pytest.mark.parametrize("way", OUT)
async def test_whoever_is_out_does_nothing_on_a_page_that_was_loading(app: RunningApp, ben: Browser, way: Way) -> None:
    page = ben.load("/account")
    way(ben)
    before = keys(app)
    async with ben.socket(page.query) as own:
        await until(lambda: "reloadUnlessLeaving" in own.text)  # it looks again once it listens
        await own.send("event", page.event("New key"))
        assert keys(app) == before


@pytest.mark.parametrize("tab", ADMIN_TABS)
async def test_who_is_administrator_no_more_reads_nothing_on_a_page_that_was_open(
    app: RunningApp, ben: Browser, tab: str
) -> None:
    page = ben.load(f"/admin?tab={tab}")
    async with ben.socket(page.query) as own:
        await own.send("event", page.event(ADMIN_TABS[tab]))
        await until(lambda: "update" in {name for name, _ in own.heard})
        demote(ben)
        heard = len(own.heard)
        await own.send("event", page.event(ADMIN_TABS[tab]))
        await until(lambda: "reloadUnlessLeaving" in own.text)
        said = json.dumps([message for name, message in own.heard[heard:] if name == "update"])
        assert "ann@example.com" not in said
    assert ben.http.get(f"/admin?tab={tab}").status_code == 404


@pytest.mark.parametrize("tab", [*ADMIN_TABS, "audit"])
async def test_who_is_administrator_no_more_sees_a_page_that_was_loading_end(
    app: RunningApp, ben: Browser, tab: str
) -> None:
    page = ben.load(f"/admin?tab={tab}")
    demote(ben)
    async with ben.socket(page.query) as own:
        await until(lambda: "reloadUnlessLeaving" in own.text)


async def test_signing_out_ends_that_session_and_no_other(app: RunningApp, ben: Browser) -> None:
    elsewhere, thief = Browser(app).sign_in("5"), ben.copy()
    assert thief.is_signed_in
    ben.http.get("/auth/logout")
    assert (thief.is_signed_in, ben.is_signed_in, elsewhere.is_signed_in) == (False, False, True)
    for browser in (thief, elsewhere):
        browser.close()


async def test_signing_in_anew_ends_the_session_of_before(ben: Browser) -> None:
    thief = ben.copy()
    ben.sign_in("5")
    assert (thief.is_signed_in, ben.is_signed_in) == (False, True)
    thief.close()


# ------------------------------------------------------------------------------------------------ what is logged


def lines(app: RunningApp, words: str) -> list[str]:
    """The lines of the log with these words."""
    return [line for line in app.log().splitlines() if words in line]


async def test_a_page_writes_no_line_of_its_own_into_the_log(app: RunningApp, ann: Browser) -> None:
    page = ann.load("/account")
    forged = "first\n2026-11-24T10:00:00Z [error] forged\x1b[2J\x07\r\u2028\u202etail"
    async with ann.socket(page.query) as own:
        message = {"client_id": page.client_id, "level": "error", "message": forged + "x" * 5000}
        await own.send("log", message)
        await until(lambda: lines(app, "forged"))
    (line,) = lines(app, "forged")
    assert "first\\n2026" in line
    assert line.isprintable()
    assert len(line) < 1000


@pytest.mark.parametrize("stranger", ["nobody", "ben"])
async def test_nobody_else_writes_into_the_log(
    app: RunningApp, ann: Browser, stranger: str, request: pytest.FixtureRequest
) -> None:
    other: Browser = request.getfixturevalue(stranger)
    page, word = ann.load("/account"), f"heard from {stranger}"
    async with other.socket() as alone:
        await alone.send("log", {"client_id": page.client_id, "level": "error", "message": word})
    assert lines(app, word) == []


async def test_whoever_is_not_signed_in_writes_nothing_into_the_log(app: RunningApp, nobody: Browser) -> None:
    page = nobody.load("/login")
    async with nobody.socket(page.query) as own:
        await own.send("log", {"client_id": page.client_id, "level": "error", "message": "from a visitor"})
    assert lines(app, "from a visitor") == []


async def test_one_user_writes_few_lines_into_the_log(app: RunningApp, ben: Browser) -> None:
    for _ in range(3):
        page: LoadedPage = ben.load("/account")
        async with ben.socket(page.query) as own:
            for _ in range(20):
                await own.client.emit("log", {"client_id": page.client_id, "level": "error", "message": "a flood"})
            await own.send("ack", {"client_id": page.client_id, "next_message_id": 0})
    assert 1 <= len(lines(app, "a flood")) <= 20  # ten a minute, and a minute may end meanwhile


@pytest.mark.parametrize("path", ["/auth/callback", "/auth/login", "/nothing"])
def test_an_address_writes_no_line_of_its_own_into_the_log(app: RunningApp, nobody: Browser, path: str) -> None:
    ill = "%0A2026-11-24T10:00:00Z [error] ill%1B[2J%E2%80%AE"
    nobody.http.get("/auth/login")  # so that the answer is one to a question
    nobody.http.get(f"{path}?error=access_denied&error_description={ill}&state={ill}&next={ill}")
    nobody.http.get(f"{path}/{ill}", headers={"X-Request-ID": "a b", "User-Agent": "\x1b[2J"})
    assert [line for line in lines(app, "[error] ill") if line.startswith("2026-11-24")] == []
    assert "\x1b" not in app.log()
