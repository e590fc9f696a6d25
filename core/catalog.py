"""The models on offer: label, engine, upstream id, price, lengths, sizes, state. models.toml beside it."""

import asyncio
import os
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import httpx

from core.errors import Misconfigured, ModelUnavailable, UnknownModel, WrongOption
from core.phrase import Phrase
from core.settings import settings
from core.size import Size

SHIPPED = Path(__file__).with_name("models.toml")
OPENAI_HOST = "api.openai.com"
OPENAI_RETIRED = date(2026, 9, 24)
CHECK_SECONDS = 30.0
CHECK_TIMEOUT = 3.0

StateName = Literal["ready", "no_key", "retired", "unreachable"]


class EngineName(StrEnum):
    """What a server may name as its `engine`; workers/engines/__init__.py has the class behind each."""

    OPENAI_VIDEOS = "openai-videos"
    RUNWAY = "runway"
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

    `concurrency` and `looks_per_second` are shared by all workers; of `max_jobs` the database sees to it that there are
    never more at once, whoever dies.

    `local`: the engine makes the file in our own worker, nothing is submitted anywhere.
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
        """The headers that carry the key; Azure's preview has one of its own."""
        if not self.key:
            return {}
        return (
            {"api-key": self.key} if self.dialect == DialectName.AZURE_JOBS else {"Authorization": f"Bearer {self.key}"}
        )


@dataclass(frozen=True)
class Model:
    """A line in the menu. Lengths are whole seconds; the first size and length are the default."""

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
    retired: date | None = None

    @property
    def engine(self) -> str:
        """Name of the engine that makes the video."""
        return self.server.engine

    def price(self, seconds: int) -> int:
        """Credits for one clip of that length."""
        return self.price_credits * (seconds if self.price_per == "second" else 1)

    def choose(self, seconds: int | None, size: Size | None) -> tuple[int, Size]:
        """The length and size to make, given what was asked (None: the default). Raises WrongOption."""
        if seconds is not None and seconds not in self.seconds:
            raise WrongOption(self.label, tuple(map(_length, sorted(self.seconds))), _length(seconds))
        if size is not None and size not in self.sizes:
            raise WrongOption(self.label, tuple(map(str, self.sizes)), str(size))
        return seconds or self.seconds[0], size or self.sizes[0]


def _length(seconds: int) -> Phrase:
    return Phrase("{n} s", n=seconds)


@dataclass(frozen=True)
class State:
    """Whether a model or a server can be used, and if not, why."""

    name: StateName
    reason: Phrase | None = None


@dataclass(frozen=True)
class Offer:
    """A model together with its state, as a menu shows it."""

    model: Model
    state: State
    default: bool = False


def _one_of(kind: type[StrEnum], word: str) -> None:
    if word not in list(kind):
        what = kind.__name__.removesuffix("Name").lower()
        raise ValueError(f"there is no {what} “{word}”, only {', '.join(kind)}")


def _server(name: str, entry: dict[str, Any]) -> Server:
    entry = dict(entry)
    _one_of(EngineName, entry["engine"])
    _one_of(DialectName, entry.get("dialect", DialectName.AUTO))
    known = settings()
    url_env, key_env = entry.pop("base_url_env", ""), entry.get("key_env", "")

    def variable(env: str) -> str:
        value = getattr(known, env.lower(), None) if env else None
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
    server = servers[entry.pop("server")]
    if not entry["sizes"] or not entry["seconds"] or entry.get("price_credits", 10) < 0:
        raise ValueError("needs sizes, seconds and a price that is not negative")
    return Model(id=key, server=server, **entry)


@lru_cache
def _read() -> tuple[dict[str, Server], dict[str, Model]]:
    """Ours, then the CATALOG_FILE's."""
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
    found: dict[str, Model] = {}
    try:
        key = ""
        for key, entry in tables["servers"].items():
            servers[key] = _server(key, entry)
        for key, entry in tables["models"].items():
            found[key] = _model(key, entry, servers)
    except (KeyError, TypeError, ValueError) as error:
        raise Misconfigured(f"The catalogue's entry “{key}” is wrong: {error}") from None
    return servers, found


def models() -> dict[str, Model]:
    """Every model by its id, in menu order. Raises Misconfigured."""
    return _read()[1]


def servers() -> dict[str, Server]:
    """Every server by its name. Raises Misconfigured."""
    return _read()[0]


def sizes() -> set[Size]:
    """Every size that some model offers."""
    return {size for model in models().values() for size in model.sizes}


def models_of(server: Server) -> list[str]:
    """Ids of the models that the server runs."""
    return [model.id for model in models().values() if model.server.name == server.name]


def local_models() -> list[str]:
    """Ids of the models that our own worker makes."""
    return [model.id for model in models().values() if model.server.local]


def get(model_id: str) -> Model:
    """The model with that id. Raises UnknownModel."""
    try:
        return models()[model_id]
    except KeyError:
        raise UnknownModel(model_id) from None


@dataclass(frozen=True)
class _Answer:
    state: State
    offered: frozenset[str] | None
    at: float


_answers: dict[str, _Answer] = {}
_running: dict[str, asyncio.Task[_Answer]] = {}


async def _ask(server: Server) -> _Answer:
    """What the server lists at `GET /models`. A server that has no such list is believed."""
    try:
        async with httpx.AsyncClient(timeout=CHECK_TIMEOUT) as client:
            reply = await client.get(f"{server.base_url}/models", headers=server.key_headers)
    except (httpx.HTTPError, OSError, httpx.InvalidURL):
        return _Answer(State("unreachable", Phrase("its server does not answer")), None, time.monotonic())
    if reply.status_code in (401, 403):
        refused, asked = Phrase("its server did not accept the key"), Phrase("its server asks for a key")
        return _Answer(State("no_key", refused if server.key else asked), None, time.monotonic())
    if reply.status_code in (502, 503, 504):
        return _Answer(State("unreachable", Phrase("its server is not up")), None, time.monotonic())
    offered: frozenset[str] | None = None
    if reply.status_code == 200:
        try:
            listed = reply.json()
            offered = frozenset(str(m["id"]) for m in listed["data"])
        except (ValueError, KeyError, TypeError):
            offered = None
    return _Answer(State("ready"), offered, time.monotonic())


async def _answer(server: Server) -> _Answer:
    """The server's answer, at most CHECK_SECONDS old; concurrent callers share one request."""
    known = _answers.get(server.name)
    if known and time.monotonic() - known.at < CHECK_SECONDS:
        return known
    task = _running.get(server.name)
    if task is None:
        task = asyncio.create_task(_ask(server))
        _running[server.name] = task

        def done(finished: asyncio.Task[_Answer]) -> None:
            _running.pop(server.name, None)
            if not finished.cancelled() and finished.exception() is None:
                _answers[server.name] = finished.result()

        task.add_done_callback(done)
    return await asyncio.shield(task)


def _known_state(model: Model) -> State | None:
    """What can be said without asking a server; None where it has to be asked."""
    server = model.server
    if model.retired and model.retired <= datetime.now(UTC).date():
        return State("retired", Phrase("retired on {day}", day=model.retired))
    return _known_server_state(server)


def _known_server_state(server: Server) -> State | None:
    if not server.configured:
        return State("no_key", Phrase("it is not set up here"))
    if OPENAI_HOST in server.base_url:
        return State("retired", Phrase("retired by OpenAI on {day}", day=OPENAI_RETIRED))
    return None if server.engine == EngineName.OPENAI_VIDEOS else State("ready")


def _answered(model: Model, answer: _Answer) -> State:
    if answer.state.name == "ready" and answer.offered is not None and model.upstream not in answer.offered:
        return State("unreachable", Phrase("its server does not offer {model}", model=model.upstream))
    return answer.state


async def server_state(server: Server) -> State:
    """Whether the server can be used, and how many models it lists; asked anew at most every CHECK_SECONDS."""
    if known := _known_server_state(server):
        return known
    answer = await _answer(server)
    if answer.state.name != "ready":
        return answer.state
    if answer.offered is None:
        return State("ready", Phrase("it has no list of models"))
    return State("ready", Phrase("it lists {n} model(s)", n=len(answer.offered)))


async def state(model: Model) -> State:
    """Whether the model can be used now. Asks its server, cached for CHECK_SECONDS."""
    return _known_state(model) or _answered(model, await _answer(model.server))


def unasked() -> list[Offer]:
    """The menu as far as it is known without waiting: by what the servers answered last, however long ago."""

    def last(model: Model) -> State:
        answer = _answers.get(model.server.name)
        unheard = State("unreachable", Phrase("its server has not answered yet"))
        return _answered(model, answer) if answer else unheard

    return _with_default([Offer(model, _known_state(model) or last(model)) for model in models().values()])


async def offers() -> list[Offer]:
    """The menu: every model with its state; the first ready one is the default."""
    return _with_default(
        [Offer(m, s) for m, s in zip(models().values(), await _states(models().values()), strict=True)]
    )


def _with_default(found: list[Offer]) -> list[Offer]:
    first = next((i for i, offer in enumerate(found) if offer.state.name == "ready"), None)
    return [replace(offer, default=i == first) for i, offer in enumerate(found)]


async def _states(all_models: Iterable[Model]) -> list[State]:
    return list(await asyncio.gather(*(state(m) for m in all_models)))


async def choose(model_id: str | None) -> Model:
    """The model to use: the one asked for, or the default. Raises UnknownModel, ModelUnavailable."""
    if model_id is None:
        return next(offer.model for offer in await offers() if offer.default)
    model = get(model_id)
    now = await state(model)
    if now.name != "ready":
        raise ModelUnavailable(model.label, now.reason)
    return model


def forget() -> None:
    """Read the catalogue and ask the servers anew (tests, `check`)."""
    _read.cache_clear()
    _answers.clear()
