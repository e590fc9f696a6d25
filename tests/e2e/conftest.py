"""The running app and a real browser."""

import contextlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.chromium import Chromium, get, path
from tests.running import RunningApp, free_port
from tests.waiting import wait_until

expect.set_options(timeout=30_000)  # the machine may be busy; what is right is seen at once

PEOPLE = [
    {"sub": "1", "email": "ann@example.com", "email_verified": True, "name": "Ann Example"},
    {"sub": "2", "email": "new@example.com", "email_verified": False, "name": "Not Verified"},
    {"sub": "3", "email": "eve@elsewhere.org", "email_verified": True, "name": "Eve"},
    {"sub": "4", "email": "ANN@example.com", "email_verified": True, "name": "Another Ann"},
]


@pytest.fixture(scope="session")
def running_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The whole app as it comes, once per test process: a start costs ten seconds of CPU."""
    with RunningApp.started(
        tmp_path_factory.mktemp("app"), GENERATIONS_PER_HOUR="200", SIGNUP_CREDITS="100"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def app(running_app: RunningApp) -> RunningApp:
    """The whole app, for the tests of one file: nobody in it is anybody that they know."""
    with closing(sqlite3.connect(running_app.folder / "adsvideo.db", timeout=30)) as db, db:
        db.execute("UPDATE users SET email = 'before' || id || '-' || email, subject = NULL")
        db.execute("UPDATE videos SET slug = NULL, in_gallery = 0")
    return running_app


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """A real Chromium, one for this process."""
    running = Chromium()
    yield running
    running.close()


@pytest.fixture
def browser(chromium: Chromium) -> Iterator[Browser]:
    """That Chromium, for one test."""
    yield chromium.enter()
    chromium.leave()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Where a test needs a browser and there is none, get one now: no test's time limit runs yet."""
    if not any("browser" in getattr(item, "fixturenames", ()) for item in session.items) or path():
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        get(lambda line: print(line, file=sys.stderr, flush=True))


@pytest.fixture
def page(browser: Browser, app: RunningApp) -> Iterator[Page]:
    """A new visitor's page, in English; an error in the browser's console fails the test.

    With reduced motion: the sample films of every open page would take a third of a core that the test waits for.
    """
    context = browser.new_context(
        base_url=app.url, viewport={"width": 1440, "height": 900}, locale="en-US", reduced_motion="reduce"
    )
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    expected = ("status of 4", "net::ERR_ABORTED", "net::ERR_CONNECTION_REFUSED", "ERR_INTERNET_DISCONNECTED")
    assert [p for p in problems if not any(text in p for text in expected)] == []


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """oidc-provider-mock as a process of its own; gives its issuer."""
    port = free_port()
    claims = [part for person in PEOPLE for part in ("--user-claims", json.dumps(person))]
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--require-nonce",
        "true",
    ]
    process = subprocess.Popen([*command, *claims], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    issuer = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, "the provider has ended"
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{issuer}/.well-known/openid-configuration", timeout=5).is_success
        return False

    try:
        wait_until(answers)
        yield issuer
    finally:
        process.terminate()
        process.wait()
