"""Whether a model can be used now. Asks its server and caches the answer for CHECK_SECONDS."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from core.catalog.asking import Answer, State, ask
from core.catalog.entries import OPENAI_HOST, EngineName, Model, Server, get, models, read
from core.errors import ModelUnavailable
from core.phrase import Phrase

OPENAI_RETIRED = date(2026, 9, 24)
CHECK_SECONDS = 30.0


@dataclass(frozen=True)
class Offer:
    """A model together with its state, as a menu shows it."""

    model: Model
    state: State
    default: bool = False


_answers: dict[str, Answer] = {}
_running: dict[str, asyncio.Task[Answer]] = {}
_menu: list[Offer] = []
"""The last one. While it stays the same, all pages that are open hold the same offers."""


async def _answer(server: Server) -> Answer:
    """The server's answer, at most CHECK_SECONDS old; concurrent callers share one request."""
    answer = _answers.get(server.name)
    if answer and time.monotonic() - answer.at < CHECK_SECONDS:
        return answer
    task = _running.get(server.name)
    if task is None:
        task = asyncio.create_task(ask(server))
        _running[server.name] = task

        def done(finished: asyncio.Task[Answer]) -> None:
            _running.pop(server.name, None)
            if not finished.cancelled() and finished.exception() is None:
                _answers[server.name] = finished.result()

        task.add_done_callback(done)
    return await asyncio.shield(task)


def _known_state(model: Model) -> State | None:
    """The state, if it is certain without asking the server; else None."""
    server = model.server
    if model.retired and model.retired <= datetime.now(UTC).date():
        return State("retired", Phrase("retired on {day}", day=model.retired))
    return _known_server_state(server)


def _known_server_state(server: Server) -> State | None:
    if not server.configured:
        return State("no_key", Phrase("it is not set up here"))
    if OPENAI_HOST in server.base_url:
        return State("retired", Phrase("retired by OpenAI on {day}", day=OPENAI_RETIRED))
    return State("ready") if server.local else None


def _answered(model: Model, answer: Answer) -> State:
    if answer.state.name == "ready" and answer.offered is not None and model.upstream not in answer.offered:
        missing = Phrase("its server does not offer {model}", model=model.upstream)
        return State("unreachable", missing, is_wrong=True, is_offered=False)
    return answer.state


async def server_state(server: Server) -> State:
    """Whether the server can be used, and how many models it lists; cached for CHECK_SECONDS."""
    if state := _known_server_state(server):
        return state
    answer = await _answer(server)
    if answer.state.name != "ready":
        return answer.state
    if answer.offered is None:
        listless = Phrase("it has no list of models") if server.engine == EngineName.OPENAI_VIDEOS else None
        return replace(answer.state, reason=answer.state.reason or listless)
    return State("ready", Phrase("it lists {n} model(s)", n=len(answer.offered)))


async def state(model: Model) -> State:
    """Whether the model can be used now. Asks its server, cached for CHECK_SECONDS."""
    return _known_state(model) or _answered(model, await _answer(model.server))


def last_offers() -> list[Offer]:
    """The menu by the last answers of the servers, however old; does not wait for the network."""

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


def _with_default(menu: list[Offer]) -> list[Offer]:
    first = next((i for i, offer in enumerate(menu) if offer.state.name == "ready"), None)
    menu = [replace(offer, default=i == first) for i, offer in enumerate(menu)]
    if menu != _menu:
        _menu[:] = menu
    return list(_menu)


async def _states(all_models: Iterable[Model]) -> list[State]:
    return list(await asyncio.gather(*(state(m) for m in all_models)))


async def choose(model_id: str | None) -> Model:
    """The model with that id, or the default for None. Raises UnknownModel, ModelUnavailable."""
    if model_id is None:
        return next(offer.model for offer in await offers() if offer.default)
    model = get(model_id)
    current = await state(model)
    if current.name != "ready":
        raise ModelUnavailable(model.label, current.reason)
    return model


def clear_cache() -> None:
    """Forget the catalogue and the servers' answers, so that both are read afresh."""
    read.cache_clear()
    _answers.clear()
