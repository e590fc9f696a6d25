"""The menu tells the truth about every model: what a server offers, what lacks a key, what is retired or away."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.catalog import asking, availability, entries
from core.catalog.size import Size
from core.errors import Misconfigured, ModelUnavailable, UnknownModel
from core.phrase import Phrase
from tests.environment import forget_settings
from tests.running import free_port
from tests.servers.runway import RunwayServer

Serve = Callable[[int, object], str]
asked: list[dict[str, str]] = []
"""The headers of every request to a server of `serve`."""


@pytest.fixture
def serve(place: Path) -> Iterator[Serve]:
    """Start a server that answers `GET /v1/models` like this; gives its base URL."""
    running: list[ThreadingHTTPServer] = []
    asked.clear()

    def start(status: int, body: object) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(dict(self.headers))
                self.send_response(status if self.path == "/v1/models" else 404)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}/v1"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


async def menu(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, tuple[str, str, bool]]:
    """Per model: state, reason, whether it is the default."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    forget_settings()
    return {o.model.id: (o.state.name, str(o.state.reason or ""), o.default) for o in await availability.offers()}


async def test_with_nothing_configured_the_camera_is_the_default(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await menu(monkeypatch)
    assert list(found)[:4] == ["sora-2", "sora-1", "runway", "camera"]
    others = ["omni", "kling-3", "wan-3", "seedance-flash", "ltx", "seedance", "seedance-fast"]
    assert list(found)[4:] == others
    assert {found[name] for name in others} == {("no_key", "it is not set up here", False)}
    assert found["camera"] == ("ready", "", True)
    assert found["sora-2"] == ("no_key", "it is not set up here", False)
    assert found["runway"] == ("no_key", "it is not set up here", False)


async def test_while_nothing_changes_all_pages_hold_the_same_offers(place: Path) -> None:
    before, now = await availability.offers(), await availability.offers()
    assert all(one is other for one, other in zip(before, now, strict=True))


async def test_a_server_that_lists_sora_2_makes_it_the_default(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await menu(monkeypatch, OPENAI_BASE_URL=serve(200, {"data": [{"id": "sora-2"}, {"id": "wan"}]}))
    assert found["sora-2"] == ("ready", "", True)
    assert found["sora-1"] == ("unreachable", "its server does not offer sora", False)
    assert found["camera"] == ("ready", "", False)


@pytest.mark.parametrize(("status", "body"), [(404, {}), (405, {}), (200, "not a list"), (200, {"models": []})])
async def test_a_server_without_a_list_is_believed(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, status: int, body: object
) -> None:
    found = await menu(monkeypatch, OPENAI_BASE_URL=serve(status, body))
    assert found["sora-2"] == ("ready", "", True)
    assert found["sora-1"][0] == "ready"


async def test_a_server_that_refuses_the_key_says_so(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    url = serve(401, {})
    assert (await menu(monkeypatch, OPENAI_BASE_URL=url))["sora-2"][:2] == ("no_key", "its server asks for a key")
    found = await menu(monkeypatch, OPENAI_BASE_URL=url, OPENAI_API_KEY="wrong")
    assert found["sora-2"][:2] == ("no_key", "its server did not accept the key")


async def test_a_server_that_is_away_is_unreachable(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await menu(monkeypatch, OPENAI_BASE_URL=f"http://127.0.0.1:{free_port()}/v1")
    assert found["sora-2"] == ("unreachable", "its server refuses connections", False)
    assert found["camera"][2]


@pytest.mark.parametrize(
    "variables",
    [
        {"OPENAI_API_KEY": "sk-1"},
        {"OPENAI_BASE_URL": "https://api.openai.com/v1"},
        {"OPENAI_BASE_URL": "https://api.openai.com/v1/", "OPENAI_API_KEY": "sk-1"},
    ],
)
async def test_openais_own_host_is_retired(
    place: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    found = await menu(monkeypatch, **variables)
    assert found["sora-2"] == ("retired", "retired by OpenAI on 2026-09-24", False)
    with pytest.raises(ModelUnavailable, match="retired by OpenAI on 2026-09-24"):
        await availability.choose("sora-2")
    assert (await availability.choose(None)).id == "camera"


async def test_runway_needs_only_its_key(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunwayServer(key="key_1") as runway:
        found = await menu(monkeypatch, RUNWAYML_API_SECRET="key_1", RUNWAYML_BASE_URL=runway.url)
    assert found["runway"] == ("ready", "", True)


async def test_an_own_catalogue_adds_and_changes_models_without_code(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(f"""
        [servers.gpu]
        engine = "openai-videos"
        base_url = "{serve(200, {"data": [{"id": "Wan-AI/Wan2.2"}]})}"

        [models.wan]
        label = "Wan 2.2"
        server = "gpu"
        upstream = "Wan-AI/Wan2.2"
        sizes = ["832x480"]
        seconds = [5]
        price_credits = 2
        price_per = "second"

        [models.camera]
        price_credits = 0
    """)
    found = await menu(monkeypatch, CATALOG_FILE=str(own))
    assert found["wan"][0] == "ready"
    assert entries.get("wan").price(5) == 10
    assert entries.get("camera").price(6) == 0
    assert entries.get("camera").sizes[0] == Size(1280, 720)


@pytest.mark.parametrize(
    "text",
    [
        "not toml at all [",
        '[models.x]\nlabel = "X"',
        '[models.x]\nlabel="X"\nserver="camera"\nupstream="x"\nsizes=["big"]\nseconds=[1]',
        '[models.x]\nlabel="X"\nserver="camera"\nupstream="x"\nsizes=["2x2"]\nseconds=[]',
        '[models.x]\nlabel="X"\nserver="camera"\nupstream="x"\nsizes=["2x2"]\nseconds=[1]\nprice_credits=-1',
        '[models.camera]\nsurprise="1"',
        '[servers.x]\nengine="teleport"\nbase_url="http://x/v1"',
        '[servers.x]\nengine="openai-videos"\nbase_url="http://x/v1"\ndialect="klingon"',
    ],
)
async def test_a_wrong_catalogue_is_refused_by_name(
    place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text)
    with pytest.raises(Misconfigured, match=r"own\.toml|entry"):
        await menu(monkeypatch, CATALOG_FILE=str(own))


async def test_the_check_of_an_azure_server_carries_its_key_in_its_own_header(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    entry = f'engine = "openai-videos"\nkey_env = "AZURE_KEY"\nbase_url = "{serve(200, {"data": [{"id": "sora"}]})}"'
    own.write_text(f'[servers.azure]\n{entry}\ndialect = "azure-jobs"\n[models.sora-1]\nserver = "azure"')
    found = await menu(monkeypatch, CATALOG_FILE=str(own), AZURE_KEY="0123456789")
    assert found["sora-1"][0] == "ready"
    assert [(headers.get("api-key"), headers.get("Authorization")) for headers in asked] == [("0123456789", None)]


async def test_every_server_tells_its_state(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    await menu(monkeypatch, OPENAI_BASE_URL=serve(200, {"data": [{"id": "sora-2"}]}))
    states = {s.name: await availability.server_state(s) for s in entries.servers().values()}
    assert states["openai"] == asking.State("ready", Phrase("it lists {n} model(s)", n=1))
    assert states["runway"] == asking.State("no_key", Phrase("it is not set up here"))
    await menu(monkeypatch, OPENAI_BASE_URL=f"http://127.0.0.1:{free_port()}/v1")
    assert (await availability.server_state(entries.servers()["openai"])).name == "unreachable"


async def test_an_unknown_model_is_named(place: Path) -> None:
    with pytest.raises(UnknownModel, match="nope"):
        await availability.choose("nope")
