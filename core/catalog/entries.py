"""The catalogue of models and servers, read from models.toml beside this file and from CATALOG_FILE."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from core.catalog.fields import Fields
from core.catalog.size import Size
from core.errors import Misconfigured, UnknownModel, WrongOption
from core.phrase import Phrase
from core.settings import settings

SHIPPED = Path(__file__).with_name("models.toml")
OPENAI_HOST = "api.openai.com"
OPTIONS = ("move", "strength", "layers", "focus", "light", "loop", "audio")
"""What a model may offer to choose: the fields of core/videos/options.py, which a test compares."""


class EngineName(StrEnum):
    """What a server may name as its `engine`; workers/engines/__init__.py has the class behind each."""

    OPENAI_VIDEOS = "openai-videos"
    RUNWAY = "runway"
    FAL = "fal"
    GEMINI = "gemini"
    ARK = "ark"
    MINIMAX = "minimax"
    CAMERA = "camera"


class DialectName(StrEnum):
    """What a server may name as its `dialect`; docs/engines.md says what each means, workers/engines/ speaks it."""

    AUTO = "auto"
    MULTIPART = "multipart"
    JSON = "json"
    JSON_INT = "json-int"
    JSON_TEXT = "json-text"
    AZURE_JOBS = "azure-jobs"


@dataclass(frozen=True)
class Server:
    """A place that runs models.

    `key` is empty where none is needed or none is set; `missing` is the variable to set.

    `concurrency` and `looks_per_second` are shared by all workers; `max_jobs` is enforced by the database, so it holds
    even if a worker dies.

    `local`: our own worker makes the file; nothing is submitted to a server.
    """

    name: str
    engine: str
    base_url: str = ""
    key: str = field(default="", repr=False)
    key_env: str = ""
    configured: bool = True
    missing: str = ""
    concurrency: int = 8
    max_jobs: int | None = None
    poll_seconds: float = 5.0
    looks_per_second: float = 100.0
    dialect: str = DialectName.AUTO
    local: bool = False

    @property
    def key_headers(self) -> dict[str, str]:
        """The HTTP headers with the key, as this provider wants it."""
        if not self.key:
            return {}
        if self.dialect == DialectName.AZURE_JOBS:
            return {"api-key": self.key}
        if self.engine == EngineName.GEMINI:
            return {"x-goog-api-key": self.key}
        return {"Authorization": f"{'Key' if self.engine == EngineName.FAL else 'Bearer'} {self.key}"}


@dataclass(frozen=True)
class Model:
    """A model on offer. Lengths are whole seconds; the first size and length are the default.

    `options` names what may be chosen about a clip (core/videos/options.py). `fields` are what an endpoint calls its
    inputs, where that is not built in. `more`: listed under `More models` until it is set up. `provider_cost` is what
    its provider takes for a second of video, and `unit_cost` for one of the units that it bills, in USD.
    """

    id: str
    label: str
    server: Server
    upstream: str
    sizes: tuple[Size, ...]
    seconds: tuple[int, ...]
    price_credits: int = 10
    price_per: Literal["clip", "second"] = "clip"
    max_wait_seconds: int = 1200
    poll_seconds: float | None = None
    provider_cost: float | None = None
    unit_cost: float | None = None
    options: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict, hash=False)
    more: bool = False
    retired: date | None = None

    @property
    def engine(self) -> str:
        """Name of the engine that makes the video."""
        return self.server.engine

    def price(self, seconds: int) -> int:
        """Credits for one clip of that length."""
        return self.price_credits * (seconds if self.price_per == "second" else 1)

    def choose(self, seconds: int | None, size: Size | None) -> tuple[int, Size]:
        """Check the requested length (seconds) and size; None becomes the default. Raises WrongOption."""
        if seconds is not None and seconds not in self.seconds:
            raise WrongOption(self.label, tuple(map(_length, sorted(self.seconds))), _length(seconds))
        if size is not None and size not in self.sizes:
            raise WrongOption(self.label, tuple(map(str, self.sizes)), str(size))
        return seconds or self.seconds[0], size or self.sizes[0]


def _length(seconds: int) -> Phrase:
    return Phrase("{n} s", n=seconds)


def _one_of(kind: type[StrEnum], word: str) -> None:
    if word not in list(kind):
        what = kind.__name__.removesuffix("Name").lower()
        raise ValueError(f"there is no {what} “{word}”, only {', '.join(kind)}")


def _server(name: str, entry: dict[str, Any]) -> Server:
    entry = dict(entry)
    _one_of(EngineName, entry["engine"])
    _one_of(DialectName, entry.get("dialect", DialectName.AUTO))
    config = settings()
    url_env, key_env = entry.pop("base_url_env", ""), entry.get("key_env", "")

    def variable(env: str) -> str:
        value = getattr(config, env.lower(), None) if env else None
        value = value if value is not None else os.environ.get(env, "")
        return value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)

    own_url = variable(url_env).rstrip("/")
    default_url = str(entry.pop("base_url", "")).rstrip("/")
    key = variable(key_env)
    by_address = bool(own_url) and entry["engine"] == EngineName.OPENAI_VIDEOS
    if not float(entry.get("looks_per_second", 1)) > 0:
        raise ValueError("looks_per_second must be above 0")
    if entry.get("max_jobs") is not None and not int(entry["max_jobs"]) > 0:
        raise ValueError("max_jobs must be above 0")
    configured = bool(key) or by_address or not (url_env or key_env)
    missing = url_env if entry["engine"] == EngineName.OPENAI_VIDEOS and url_env else key_env
    return Server(name=name, base_url=own_url or default_url, key=key, configured=configured, missing=missing, **entry)


def _model(key: str, entry: dict[str, Any], servers: dict[str, Server]) -> Model:
    entry = {**entry, "sizes": tuple(map(Size.parse, entry["sizes"])), "seconds": tuple(entry["seconds"])}
    entry["options"] = tuple(entry.get("options", ()))
    if unknown := set(entry["options"]) - set(OPTIONS):
        raise ValueError(f"there is no option {', '.join(sorted(unknown))}, only {', '.join(OPTIONS)}")
    Fields().with_own(entry.get("fields", {}))
    server = servers[entry.pop("server")]
    if not entry["sizes"] or not entry["seconds"] or entry.get("price_credits", 10) < 0:
        raise ValueError("needs sizes, seconds and a price that is not negative")
    return Model(id=key, server=server, **entry)


@lru_cache
def read() -> tuple[dict[str, Server], dict[str, Model]]:
    """Servers and models by their ids: the shipped ones, overridden and extended by CATALOG_FILE.

    Raises Misconfigured.
    """
    files = [SHIPPED, *filter(None, [settings().catalog_file])]
    tables: dict[str, dict[str, Any]] = {"servers": {}, "models": {}}
    for path in files:
        try:
            content = tomllib.loads(path.read_text())
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise Misconfigured(f"The catalogue {path} can't be read: {error}") from None
        for kind, table in tables.items():
            for key, entry in content.get(kind, {}).items():
                table[key] = {**table.get(key, {}), **entry}
    servers: dict[str, Server] = {}
    models_by_id: dict[str, Model] = {}
    try:
        key = ""
        for key, entry in tables["servers"].items():
            servers[key] = _server(key, entry)
        for key, entry in tables["models"].items():
            models_by_id[key] = _model(key, entry, servers)
    except (KeyError, TypeError, ValueError) as error:
        raise Misconfigured(f"The catalogue's entry “{key}” is wrong: {error}") from None
    return servers, models_by_id


def models() -> dict[str, Model]:
    """Every model by its id, in menu order. Raises Misconfigured."""
    return read()[1]


def servers() -> dict[str, Server]:
    """Every server by its name. Raises Misconfigured."""
    return read()[0]


def sizes() -> set[Size]:
    """Every size that some model offers."""
    return {size for model in models().values() for size in model.sizes}


def models_of(server: Server) -> list[str]:
    """Ids of the models that the server runs."""
    return [model.id for model in models().values() if model.server.name == server.name]


_OWN = Server("edit", "edit", local=True)
COMPOSED = {
    "edit": Model("edit", "Edit", _OWN, "", (), ()),
    "ad": Model("ad", "Ad", _OWN, "", (), ()),
}
"""What our own worker composes of videos that are there: in no menu, and never asked for as a model."""


def local_models() -> list[str]:
    """Ids of the models that our own worker makes."""
    return [model.id for model in models().values() if model.server.local] + list(COMPOSED)


def maker(model_id: str) -> Model:
    """What makes videos of that model, also those that are composed. Raises UnknownModel."""
    return COMPOSED.get(model_id) or get(model_id)


def get(model_id: str) -> Model:
    """The model with that id. Raises UnknownModel."""
    try:
        return models()[model_id]
    except KeyError:
        raise UnknownModel(model_id) from None
