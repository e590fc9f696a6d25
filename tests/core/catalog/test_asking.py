"""`check` and the menu say what is wrong with a server, each in its own words: docs/engines.md, "Is it there?"."""

import asyncio
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from core import commands
from core.catalog import asking, availability
from core.catalog.entries import EngineName, Server
from core.phrase import Phrase
from tests.environment import forget_settings
from tests.running import free_port
from tests.servers import LocalServer
from tests.servers.ark import ArkServer, MiniMaxServer
from tests.servers.fal import FalServer
from tests.servers.gemini import GeminiServer
from tests.servers.runway import RunwayServer

KEY = "sk-test-0123456789"
PAGE = HTMLResponse("<!doctype html><title>Welcome</title>")
Routes = dict[str, Response]


class Answering(LocalServer):
    """Answers each path as it is told; another one with `other`."""

    def __init__(self, routes: Routes, other: Response | None = None, seconds: float = 0) -> None:
        super().__init__()
        self.routes, self.seconds = routes, seconds
        self.other = other or JSONResponse({"detail": "Not Found"}, 404)

    def app(self) -> Starlette:
        async def answer(request: Request) -> Response:
            await asyncio.sleep(self.seconds)
            return self.routes.get(request.url.path, self.other)

        return Starlette(routes=[Route("/{path:path}", answer)])


def json(status: int, body: Any) -> Response:
    return JSONResponse(body, status)


READY = "ready"
NOT_ACCEPTED = ("no_key", "its server did not accept the key", True)
LISTED = {"data": [{"id": "sora-2"}]}
GO_404 = PlainTextResponse("404 page not found", 404)
CASES: dict[str, tuple[str, Routes, Response | None, str, str]] = {
    "a list": ("/v1", {"/v1/models": json(200, LISTED)}, None, READY, "it lists 1 model(s)"),
    "no list, JSON 404": ("/v1", {}, None, READY, "it has no list of models"),
    "no list, JSON 405": ("/v1", {"/v1/models": json(405, {})}, None, READY, "it has no list of models"),
    "another list": ("/v1", {"/v1/models": json(200, {"models": []})}, None, READY, "it has no list of models"),
    "no list, but jobs": ("/v1", {"/v1/videos": json(200, {"data": []})}, GO_404, READY, "it has no list of models"),
    "a page for a list, but jobs": ("/v1", {"/v1/videos": json(405, {})}, PAGE, READY, "it has no list of models"),
    "another path, no list": ("/x", {}, None, READY, "it has no list of models"),
    "busy": ("/v1", {"/v1/models": json(429, {})}, None, READY, "it is busy now"),
    "a refused key": ("/v1", {"/v1/models": json(401, {})}, None, "no_key", "its server did not accept the key"),
    "a forbidden key": ("/v1", {"/v1/models": json(403, {})}, None, "no_key", "its server did not accept the key"),
    "a web page": ("/v1", {}, PAGE, "unreachable", "what answers at its address is no Videos server"),
    "a page of 404": (
        "/v1",
        {},
        HTMLResponse("<html>404</html>", 404),
        "unreachable",
        "what answers at its address is no Videos server",
    ),
    "a text of 404": ("/v1", {}, GO_404, "unreachable", "what answers at its address is no Videos server"),
    "nothing": ("/v1", {}, Response(b""), "unreachable", "what answers at its address is no Videos server"),
    "a login": (
        "/v1",
        {},
        RedirectResponse("https://login.example/?next=/v1", 302),
        "unreachable",
        "its address leads elsewhere, to login.example",
    ),
    "without /v1": ("", {"/v1/models": json(200, LISTED)}, None, "unreachable", "its address must end in /v1"),
    "without /v1, a page": ("", {"/v1/models": json(401, {})}, PAGE, "unreachable", "its address must end in /v1"),
    "without /v1, no list": ("", {"/v1/videos": json(405, {})}, None, "unreachable", "its address must end in /v1"),
    "another 4xx": ("/v1", {"/v1/models": json(400, {})}, None, "unreachable", "its server answers with HTTP 400"),
    "a 4xx with a page": ("/v1", {}, HTMLResponse("<html>", 410), "unreachable", "its server answers with HTTP 410"),
    "an error": ("/v1", {"/v1/models": json(500, {})}, None, "unreachable", "its server answers with HTTP 500"),
    "not up": ("/v1", {"/v1/models": json(502, {})}, None, "unreachable", "its server is not up"),
}


@pytest.fixture(autouse=True)
def _fresh(place: Path) -> Iterator[None]:
    availability.clear_cache()
    yield
    availability.clear_cache()


async def said(server: Server) -> tuple[str, str, bool]:
    """Its state, why, and whether `check` calls it BAD."""
    state = await availability.server_state(server)
    return state.name, str(state.reason or ""), state.is_wrong


@pytest.mark.parametrize("case", CASES)
async def test_what_answers_is_told_from_what_should(case: str) -> None:
    path, routes, other, name, reason = CASES[case]
    with Answering(routes, other) as server:
        found = await said(Server(case, EngineName.OPENAI_VIDEOS, base_url=f"{server.root}{path}", key=KEY))
    assert found == (name, reason, name != READY)


async def test_a_server_that_wants_a_key_where_none_is_set_is_wrong() -> None:
    with Answering({}, json(401, {})) as server:
        found = await said(Server("s", EngineName.OPENAI_VIDEOS, base_url=f"{server.root}/v1"))
    assert found == ("no_key", "its server asks for a key", True)


@pytest.fixture
def silent() -> Iterator[Callable[[Callable[[socket.socket], None] | None], int]]:
    """A port that takes connections and does with them what it is told; gives its number."""
    socks: list[socket.socket] = []

    def listen(do: Callable[[socket.socket], None] | None) -> int:
        sock = socket.create_server(("127.0.0.1", 0))
        socks.append(sock)

        def run() -> None:
            while True:
                try:
                    connection, _ = sock.accept()
                except OSError:
                    return
                socks.append(connection)
                if do:
                    try:
                        do(connection)
                    except OSError:
                        continue

        threading.Thread(target=run, daemon=True).start()
        return int(sock.getsockname()[1])

    yield listen
    for sock in socks:
        sock.close()


async def test_no_answer_has_its_reason(silent: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -days 1 -out {certificate} -keyout {key}"
    subprocess.run(command.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def own_certificate(connection: socket.socket) -> None:
        context.wrap_socket(connection, server_side=True)

    monkeypatch.setattr(asking, "ASK_SECONDS", 1.0)
    plain = silent(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    addresses = {
        f"http://127.0.0.1:{free_port()}/v1": "its server refuses connections",
        f"http://localhost:{free_port()}/v1": "its server refuses connections",
        "http://no-such-server.invalid/v1": "the name of its server is not known",
        f"https://127.0.0.1:{silent(own_certificate)}/v1": "its server's certificate is not valid",
        f"https://127.0.0.1:{plain}/v1": "its server does not speak TLS at this address",
        f"http://127.0.0.1:{silent(lambda connection: connection.close())}/v1": "its server does not answer",
        f"http://127.0.0.1:{silent(None)}/v1": "its server has not answered within 1 s",
        "ftp://127.0.0.1/v1": "its address is not a web address",
    }
    for address, reason in addresses.items():
        assert await said(Server(address, EngineName.OPENAI_VIDEOS, base_url=address)) == ("unreachable", reason, True)


async def test_a_list_that_takes_four_seconds_refuses_no_model() -> None:
    with Answering({"/v1/models": json(200, LISTED)}, seconds=4) as server:
        found = await said(Server("slow", EngineName.OPENAI_VIDEOS, base_url=f"{server.root}/v1"))
    assert found[0] == READY
    assert asking.ASK_SECONDS == 10


async def test_runway_is_asked_as_well() -> None:
    with RunwayServer(key=KEY) as runway, Answering({}, PAGE) as page:
        good = Server("r1", EngineName.RUNWAY, base_url=runway.url, key=KEY)
        wrong = Server("r2", EngineName.RUNWAY, base_url=runway.url, key="key_old")
        other = Server("r3", EngineName.RUNWAY, base_url=page.root, key=KEY)
        assert await said(good) == (READY, "", False)
        assert await said(wrong) == ("no_key", "its server did not accept the key", True)
        assert await said(other) == ("unreachable", "what answers at its address is not Runway", True)
    assert {call.path for call in runway.calls} == {"/v1/organization"}


@pytest.mark.parametrize(
    ("kind", "engine", "name", "path"),
    [
        (ArkServer, EngineName.ARK, "Ark", "/api/v3/contents/generations/tasks"),
        (MiniMaxServer, EngineName.MINIMAX, "MiniMax", "/v2/query/video_generation/0"),
    ],
)
async def test_ark_and_minimax_are_asked_about_their_jobs(
    kind: type[ArkServer], engine: str, name: str, path: str
) -> None:
    with kind(key=KEY) as server, Answering({}, PAGE) as page:
        assert await said(Server("a1", engine, base_url=server.url, key=KEY)) == (READY, "", False)
        assert await said(Server("a2", engine, base_url=server.url, key="another-key")) == NOT_ACCEPTED
        other = await said(Server("a3", engine, base_url=page.root, key=KEY))
        assert other == ("unreachable", f"what answers at its address is not {name}", True)
    assert {(call.method, call.path) for call in server.calls} == {("GET", path)}


async def test_gemini_is_asked_about_each_model_by_name(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with GeminiServer(key=KEY) as gemini, Answering({}, PAGE) as page:
        monkeypatch.setenv("GEMINI_BASE_URL", gemini.url)
        monkeypatch.setenv("GEMINI_API_KEY", KEY)
        (place / "own.toml").write_text(
            '[models.next]\nlabel = "Next"\nserver = "gemini"\nupstream = "gemini-omni-9"\n'
            'sizes = ["1280x720"]\nseconds = [5]\n'
        )
        monkeypatch.setenv("CATALOG_FILE", str(place / "own.toml"))
        forget_settings()
        states = {offer.model.id: (offer.state.name, str(offer.state.reason)) for offer in await availability.offers()}
        assert states["omni"][0] == READY
        assert states["next"] == ("unreachable", "its server does not offer gemini-omni-9")
        assert {call.method for call in gemini.calls} == {"GET"}
        availability.clear_cache()
        wrong = Server("gemini", EngineName.GEMINI, base_url=gemini.url, key="another-key")
        assert await said(wrong) == NOT_ACCEPTED
        other = await said(Server("g3", EngineName.GEMINI, base_url=page.root, key=KEY))
        assert other == ("unreachable", "what answers at its address is not the Gemini API", True)


async def test_fal_is_asked_about_a_request_that_does_not_exist() -> None:
    locked = json(403, {"detail": "User is locked. Reason: Exhausted balance."})
    with FalServer(key=KEY) as fal, Answering({}, PAGE) as page, Answering({}, locked) as empty:
        assert await said(Server("f1", EngineName.FAL, base_url=fal.url, key=KEY)) == (READY, "", False)
        assert await said(Server("f2", EngineName.FAL, base_url=fal.url, key="another-key")) == NOT_ACCEPTED
        other = await said(Server("f3", EngineName.FAL, base_url=page.root, key=KEY))
        assert other == ("unreachable", "what answers at its address is not fal", True)
        poor = await said(Server("f4", EngineName.FAL, base_url=empty.root, key=KEY))
        assert poor == ("unreachable", "the account there has no balance", True)
    assert {call.method for call in fal.calls} == {"GET"}


@pytest.mark.parametrize(
    ("routes", "other", "good"),
    [
        ({"/v1/models": json(200, {"data": [{"id": "sora-2"}, {"id": "sora"}]})}, None, True),
        ({}, json(401, {}), False),
        ({}, PAGE, False),
        ({}, None, True),
    ],
)
def test_check_fails_where_something_is_wrong(
    routes: Routes,
    other: Response | None,
    good: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Answering(routes, other) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.root}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        forget_settings()
        assert commands.check() is good
    lines = capsys.readouterr().out.splitlines()
    for name in ("fal", "gemini", "ark", "minimax"):
        assert any(line.startswith(f"ok   server {name} ") and "it is not set up here" in line for line in lines)
    (line,) = [line for line in lines if "server openai" in line]
    assert line.startswith("ok  " if good else "BAD ")


def test_without_redis_url_check_says_nothing_of_redis(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    forget_settings()
    assert commands.check()
    out = capsys.readouterr()
    assert "does not answer" not in out.out + out.err + caplog.text
    assert "embedded, not running now" in out.out


async def test_a_reason_is_a_phrase_that_can_be_translated() -> None:
    with Answering({}, PAGE) as server:
        state = await availability.server_state(Server("s", EngineName.OPENAI_VIDEOS, base_url=f"{server.root}/v1"))
    assert isinstance(state.reason, Phrase)
