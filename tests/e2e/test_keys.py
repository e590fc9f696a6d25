"""fal, Gemini and Ark with real processes: a worker killed while it asks has asked once, and nobody pays twice."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.people import photo
from tests.running import RunningApp, wait_for_end
from tests.servers.ark import ArkServer
from tests.servers.fal import FalServer
from tests.servers.gemini import GeminiServer
from tests.servers.tasks import TaskServer
from tests.waiting import wait_until

KEY = "key-0123456789"
SERVERS: dict[str, type[TaskServer]] = {"FAL": FalServer, "GEMINI": GeminiServer, "ARK": ArkServer}
CREATE = {"FAL": "/image-to-video", "GEMINI": "/interactions", "ARK": "/contents/generations/tasks"}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, TaskServer]]:
    """A small server for each key."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(kind(key=KEY)) for name, kind in SERVERS.items()}


@pytest.fixture(scope="module")
def app(servers: dict[str, TaskServer], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app with all three keys."""
    variables = {f"{name}_BASE_URL": server.url for name, server in servers.items()}
    keys = {"FAL_KEY": KEY, "GEMINI_API_KEY": KEY, "ARK_API_KEY": KEY}
    with RunningApp.started(tmp_path_factory.mktemp("app"), **variables, **keys) as running:
        yield running


def test_each_key_opens_its_models(app: RunningApp) -> None:
    with app.client("menu@example.com") as client:
        models = {model["id"]: model for model in client.get("/models").json()["items"]}
    states = {name: model["state"] for name, model in models.items()}
    assert {states[name] for name in ("omni", "kling-3", "wan-3", "seedance", "seedance-fast", "ltx")} == {"ready"}
    assert (models["kling-3"]["options"], models["omni"]["options"]) == (["audio"], [])


KILLED = {"FAL": ("kling-3", "failed"), "GEMINI": ("omni", "failed"), "ARK": ("seedance", "completed")}
"""Only Ark lists its jobs: there it is found, elsewhere it is given up and paid back."""


def test_a_worker_killed_while_it_asks_has_asked_once(app: RunningApp, servers: dict[str, TaskServer]) -> None:
    for name in KILLED:
        servers[name].held = CREATE[name]
    with ExitStack() as stack:
        clients = {name: stack.enter_context(app.client(f"{name}@example.com")) for name in KILLED}
        asked = {name: ask(client, KILLED[name][0]) for name, client in clients.items()}
        wait_until(lambda: all(creates(name, servers) for name in KILLED))
        app.part("worker").kill()
        for server in servers.values():
            server.held = ""
        for name, (_, end) in KILLED.items():
            ended = wait_for_end(clients[name], asked[name], 240)
            lines = sorted(line["kind"] for line in clients[name].get("/me/ledger").json()["items"])
            assert creates(name, servers) == 1
            assert len(servers[name].tasks) <= 1
            assert ended["status"] == end
            assert lines == (["charge", "grant"] if end == "completed" else ["charge", "grant", "refund"])


def ask(client: httpx.Client, model: str) -> int:
    """The id of a video that the worker is killed over."""
    picture = client.post("/images", files={"file": photo(1280, 720)}).json()["id"]
    answer = client.post(
        "/videos/generate", json={"image_id": picture, "prompt": "killed", "model": model, "seconds": 5}
    )
    assert answer.status_code == 202, answer.text
    return int(answer.json()["id"])


def creates(name: str, servers: dict[str, TaskServer]) -> int:
    """How often the provider of this key was asked for a video."""
    return len([call for call in servers[name].received("POST") if CREATE[name] in call.path])


def test_no_key_is_in_a_log_or_an_answer(app: RunningApp, tmp_path: Path) -> None:
    with app.client("nosy@example.com") as client:
        assert KEY not in client.get("/models").text
    assert KEY not in app.log()
