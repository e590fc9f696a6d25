"""What the engines of keys that are not set cost a worker: nothing; and what they cost with the keys."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.catalog import entries
from core.catalog.fields import Fields
from core.errors import Misconfigured
from core.settings import ROOT
from core.videos.options import Options
from tests.environment import forget_settings

LOOK = """
import json, sys, psutil
import workers.main
from workers.videos.steps import Engines
before, had = psutil.Process().memory_info().rss, set(sys.modules)
Engines().warm_up()
print(json.dumps([psutil.Process().memory_info().rss - before, sorted(set(sys.modules) - had)]))
"""
KEYS = {"FAL_KEY": "a", "GEMINI_API_KEY": "b", "ARK_API_KEY": "c", "MINIMAX_API_KEY": "d"}
SDKS = ("openai", "runwayml", "google", "fal_client", "volcenginesdkarkruntime", "requests", "tenacity")


def warmed_up(place: Path, **keys: str) -> tuple[int, list[str]]:
    """Bytes and modules that opening the engines has cost a fresh worker."""
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{place}/x.db", "STORAGE_URL": str(place), **keys}
    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    size, modules = json.loads(done.stdout.splitlines()[-1])
    return int(size), list(modules)


def test_a_worker_without_the_keys_imports_nothing_for_them(place: Path) -> None:
    size, modules = warmed_up(place)
    assert [name for name in modules if name.startswith(("workers.engines", "httpx2"))] == []
    assert size < 1_000_000


def test_with_the_keys_it_imports_no_sdk_and_stays_small(place: Path) -> None:
    size, modules = warmed_up(place, **KEYS)
    assert {"workers.engines.fal", "workers.engines.gemini", "workers.engines.ark"} <= set(modules)
    assert [name for name in modules if name.partition(".")[0] in SDKS] == []
    assert size < 6_000_000  # 4.6 MB measured, nearly all of it httpx2


def test_a_videos_server_costs_no_sdk_before_it_is_called(place: Path) -> None:
    _, modules = warmed_up(place, OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert "workers.engines.videos_api.calls" in modules
    assert [name for name in modules if name.partition(".")[0] in SDKS] == []


def test_a_worker_has_nothing_of_what_its_processes_work_with(place: Path) -> None:
    look = "import sys, workers.main; print([name for name in ('numpy', 'av', 'onnxruntime') if name in sys.modules])"
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{place}/x.db", "STORAGE_URL": str(place)}
    said = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout == "[]\n"


def test_the_options_of_the_catalogue_are_those_of_a_video() -> None:
    assert set(entries.OPTIONS) == set(Options.model_fields)


@pytest.mark.parametrize(
    "line",
    [
        'options = ["smell"]',
        'fields = { sound = "x" }',
        'fields = { duration = "minutes" }',
        'fields = { resolution = ["large"] }',
    ],
)
def test_a_wrong_entry_is_refused_by_name(line: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "own.toml").write_text(
        f'[models.own]\nlabel = "Own"\nserver = "fal"\nupstream = "a/b"\nsizes = ["1280x720"]\nseconds = [5]\n{line}\n'
    )
    monkeypatch.setenv("CATALOG_FILE", str(place / "own.toml"))
    forget_settings()
    with pytest.raises(Misconfigured, match="own"):
        entries.models()


def test_fields_of_an_entry_replace_single_ones() -> None:
    base = Fields("start_image_url", "number", ("480p",), "audio")
    own: dict[str, Any] = {"duration": "seconds", "resolution": ["720p", "4k"]}
    changed = base.with_own(own)
    assert (changed.picture, changed.audio, changed.resolution) == ("start_image_url", "audio", ("720p", "4k"))
    assert (base.length(5), changed.length(5), Fields().length(5)) == (5, "5s", "5")


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md", "docs/engines.md", "docs/configuration.md"])
def test_the_documents_name_every_key(document: str) -> None:
    text = (ROOT / document).read_text()
    assert [key for key in ("FAL_KEY", "GEMINI_API_KEY", "ARK_API_KEY") if not re.search(rf"\b{key}\b", text)] == []
