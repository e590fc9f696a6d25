"""The files of deploy/ name only what there is: settings, commands, ports, files and metrics."""

import configparser
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from core.models import User
from core.settings import ROOT, Settings
from ui.routes import ops

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
SETTINGS = {name.upper() for name in Settings.model_fields} | {"FORWARDED_ALLOW_IPS"}
PLACE = "/opt/adsvideo/"


class _Unit(configparser.RawConfigParser):
    """A unit file, where a key may stand several times: each value is the list of them."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, interpolation=None, delimiters=("=",))
        self.optionxform = str  # type: ignore[assignment,method-assign]
        lines = [re.sub(r"^(\w+)=", rf"\1@{n}=", line) for n, line in enumerate(path.read_text().splitlines())]
        self.read_string("\n".join(lines))

    def all(self, name: str) -> list[str]:
        """Every value of that key in [Service]."""
        return [value for key, value in self["Service"].items() if key.partition("@")[0] == name]


def _compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text()))


def _ours() -> dict[str, dict[str, Any]]:
    return {name: service for name, service in _compose()["services"].items() if service["image"] == "adsvideo"}


def _names(text: str) -> list[str]:
    return re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)


def _known(names: list[str]) -> None:
    assert [name for name in names if name.removesuffix("_FILE") not in SETTINGS] == []


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_of_ours_with_settings_that_exist(path: Path) -> None:
    unit = _Unit(path)
    variables = dict(pair.split("=", 1) for line in unit.all("Environment") for pair in shlex.split(line))
    _known(list(variables))
    _known(_names((DEPLOY / "adsvideo.env").read_text()))
    given = {line.partition(":")[0] for line in unit.all("LoadCredential")}
    assert {value.removeprefix("%d/") for name, value in variables.items() if name.endswith("_FILE")} == given
    python, script, command = shlex.split(unit.all("ExecStart")[0])
    assert python == f"{PLACE}.venv/bin/python"
    assert (script, command) == ("main.py", "web" if "web" in path.name else "worker")
    assert unit.all("WorkingDirectory") == [PLACE.rstrip("/")]


def test_what_is_set_in_compose_and_in_the_image_exists() -> None:
    assert [service["command"] for service in _ours().values()] == [["web"], ["web"], ["worker"]]
    for service in _ours().values():
        _known(list(service["environment"]))
    image = (DEPLOY / "Dockerfile").read_text()
    (line,) = re.findall(r"^ENV (HOST.*)$", image, re.MULTILINE)
    _known(re.findall(r"(\w+)=", line))
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", image, re.MULTILINE)
    assert {name for line in copied for name in line.split()} == {
        *("pyproject.toml", "uv.lock", "main.py", "core", "ui", "workers")
    }


def test_every_variable_that_compose_asks_for_is_in_its_example_and_the_other_way_round() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
    assert asked == set(_names((DEPLOY / "compose.env").read_text()))


def test_the_proxies_lead_to_the_web_processes() -> None:
    port = re.search(r"PORT=(\d+)", (DEPLOY / "Dockerfile").read_text())
    assert port
    caddy = _compose()["services"]["caddy"]["environment"]
    webs = [name for name, service in _ours().items() if service["command"] == ["web"]]
    assert caddy["UPSTREAMS"].split() == [f"{name}:{port[1]}" for name in webs]
    told = set(re.findall(r"\{\$(\w+)", "".join(path.read_text() for path in DEPLOY.glob("*addy*"))))
    assert told == set(caddy)
    ports = set(re.findall(r"127\.0\.0\.1:(80\d\d)", (DEPLOY / "nginx.conf").read_text()))
    assert ports == set(re.findall(r"127\.0\.0\.1:(80\d\d)", (DEPLOY / "Caddyfile").read_text()))
    assert ports == set(re.findall(r"adsvideo-web@(\d+)", (DEPLOY / "adsvideo-web@.service").read_text()))
    routes = {getattr(route, "path", "") for route in ops.router.routes}
    for name in ("Caddyfile", "nginx.conf", "Dockerfile"):
        text = (DEPLOY / name).read_text()
        assert set(re.findall(r"(?<![\w.])(/(?:\w+z|metrics))\b", text)) <= routes


async def test_the_dashboard_shows_metrics_that_there_are(alice: User) -> None:
    answer = await ops.prometheus()
    there = {family.name for family in text_string_to_metric_families(bytes(answer.body).decode())}
    board = json.loads((DEPLOY / "grafana.json").read_text())
    asked = "\n".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
    samples = set(re.findall(r"\b(?:adsvideo|process)_\w+", asked))
    shown = {re.sub("_(bucket|count|sum|total)$", "", name) for name in samples}
    assert shown - there == set()
    assert {name for name in there if name.startswith("adsvideo_")} - shown == set()
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
