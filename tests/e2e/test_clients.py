"""Clients of other makers, got from their registries: `pytest tests/e2e/test_clients.py --clients`. Never in CI."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import av
import pytest

from tests.people import photo
from tests.running import RunningApp

HERE = Path(__file__).with_name("clients")
PACKAGES = ("openai@latest", "@modelcontextprotocol/inspector@latest")
REFUSED = {"name": "BadRequestError", "status": 400, "code": "missing_required_parameter", "param": "input_reference"}


@pytest.fixture(scope="module", autouse=True)
def wanted(request: pytest.FixtureRequest) -> None:
    """They come over the network, so only where somebody asks for it."""
    if not request.config.getoption("clients"):
        pytest.skip("getting other makers' clients takes the network; --clients asks for it")


@pytest.fixture(scope="module")
def key(app: RunningApp) -> str:
    app.command("grant", "alice@example.com", "1000")
    return app.key("alice@example.com")


@pytest.fixture(scope="module")
def node(wanted: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the npm packages."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("there is no node here")
    folder = tmp_path_factory.mktemp("node")
    got = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", *PACKAGES],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if got.returncode:
        pytest.skip(f"npm could not get them: {got.stderr[-300:]}")
    return folder


def ran(*command: str, cwd: Path) -> Any:
    """What a client prints, as JSON."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def check(answer: Any, film: Path, size: tuple[int, int]) -> None:
    """The video was made, fetched and listed, and what was wrong was understood."""
    assert (answer["video"]["status"], answer["video"]["seconds"]) == ("completed", "4")
    assert answer["video"]["id"] in answer["listed"]
    assert answer["refused"] == REFUSED
    with av.open(str(film), "r") as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == size


def test_openais_sdk_for_node(app: RunningApp, key: str, node: Path, tmp_path: Path) -> None:
    shutil.copy(HERE / "video.mjs", node)
    (tmp_path / "shoe.jpg").write_bytes(photo())
    arguments = (f"{app.url}/v1", key, str(tmp_path / "shoe.jpg"), str(tmp_path / "film.mp4"))
    check(ran("node", "video.mjs", *arguments, cwd=node), tmp_path / "film.mp4", (1280, 720))


@pytest.mark.parametrize("version", ["openai>=2,<3", "openai>=3,<4"])
def test_openais_sdk_for_python(app: RunningApp, key: str, version: str, tmp_path: Path) -> None:
    if not (uv := shutil.which("uv")):
        pytest.skip("there is no uv here")
    (tmp_path / "shoe.jpg").write_bytes(photo())
    arguments = (f"{app.url}/v1", key, str(tmp_path / "shoe.jpg"), str(tmp_path / "film.mp4"))
    python = (uv, "run", "-q", "--no-project", "--with", version, "python", str(HERE / "video.py"))
    answer = ran(*python, *arguments, cwd=tmp_path)
    assert answer["version"][0] in version
    check(answer, tmp_path / "film.mp4", (720, 1280))


def test_the_inspector_of_mcp(app: RunningApp, key: str, node: Path) -> None:
    def inspector(*arguments: str) -> Any:
        cli = (str(node / "node_modules/.bin/mcp-inspector"), "--cli", f"{app.url}/mcp", "--transport", "http")
        return ran(*cli, "--header", f"Authorization: Bearer {key}", *arguments, cwd=node)

    tools = {tool["name"]: tool for tool in inspector("--method", "tools/list")["tools"]}
    assert tools["make_video"]["inputSchema"]["required"] == ["picture", "prompt"]
    assert tools["get_video"]["annotations"]["readOnlyHint"] is True
    assert tools["delete_video"]["annotations"]["destructiveHint"] is True
    made = inspector(
        "--method", "tools/call", "--tool-name", "make_video",
        "--tool-arg", "picture=chair", "--tool-arg", "prompt=Orbit", "--tool-arg", "seconds=4",
    )  # fmt: skip
    id = made["structuredContent"]["id"]
    video: Any = {"status": "pending"}
    while video["status"] in ("pending", "processing"):
        arguments = ("--tool-name", "get_video", "--tool-arg", f"id={id}", "--tool-arg", "wait_seconds=20")
        answer = inspector("--method", "tools/call", *arguments)
        video = answer["structuredContent"]
    assert video["status"] == "completed"
    assert {part["type"] for part in answer["content"]} == {"text", "image"}
    assert inspector("--method", "prompts/list")["prompts"]
    poster = inspector("--method", "resources/read", "--uri", f"video://{id}/poster")
    assert poster["contents"][0]["mimeType"] == "image/webp"
