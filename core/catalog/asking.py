"""Asks a server whether it is there, is what it should be, and takes our key: one GET that costs nothing."""

import asyncio
import json
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import httpx

from core.catalog.entries import EngineName, Server, models, models_of
from core.phrase import Phrase

ASK_SECONDS = 10.0
RUNWAY_VERSION = "2024-11-06"

StateName = Literal["ready", "no_key", "retired", "unreachable"]


@dataclass(frozen=True)
class State:
    """Whether a model or a server can be used, and if not, why.

    `is_wrong`: it is set up, and does not work as it is. `is_offered`: not a server that lists other models only.
    """

    name: StateName
    reason: Phrase | None = None
    is_wrong: bool = False
    is_offered: bool = True


@dataclass(frozen=True)
class Answer:
    """What a server said: its state, the models it lists (None: it has no list), and when, as `time.monotonic()`."""

    state: State
    offered: frozenset[str] | None
    at: float


NO_API = Phrase("what answers at its address is no Videos server")


async def ask(server: Server) -> Answer:
    """What the server says to one question; a Videos server may have to be asked two more, where it lists no models."""
    offered: frozenset[str] | None = None
    try:
        async with httpx.AsyncClient(timeout=ASK_SECONDS) as client:
            state, offered = await _ASKED.get(server.engine, _videos_server)(client, server)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        state = _wrong(_silence(error))
    return Answer(state or State("ready"), offered, time.monotonic())


Said = tuple[State | None, frozenset[str] | None]
"""What is wrong, and the models that the server offers; None and None: all is well, it has no list."""


async def _videos_server(client: httpx.AsyncClient, server: Server) -> Said:
    response = await client.get(f"{server.base_url}/models", headers=server.key_headers)
    offered = _listed(response)
    state = _refusal(server, response)
    if state is None and offered is None:
        state = await _without_list(client, server, response)
    return state, offered


async def _runway(client: httpx.AsyncClient, server: Server) -> Said:
    headers = {**server.key_headers, "X-Runway-Version": RUNWAY_VERSION}
    response = await client.get(f"{server.base_url}/v1/organization", headers=headers)
    return _refusal(server, response) or _is("Runway", response), None


async def _fal(client: httpx.AsyncClient, server: Server) -> Said:
    """fal has no question about itself: a look at a request that does not exist tells whether the key is taken."""
    nothing = f"{server.base_url}/fal-ai/ltx-2.3/requests/00000000-0000-0000-0000-000000000000/status"
    response = await client.get(nothing, headers=server.key_headers)
    if response.status_code == 403 and re.search(r"locked|balance", response.text, re.IGNORECASE):
        return _wrong(Phrase("the account there has no balance")), None
    refused = None if response.status_code in (400, 422) else _refusal(server, response)
    return refused or _is("fal", response, 400, 404, 405, 422), None


async def _gemini(client: httpx.AsyncClient, server: Server) -> Said:
    """Each model is asked about by name, which is free."""
    names = sorted({models()[name].upstream for name in models_of(server)}) or ["gemini"]
    paths = [f"{server.base_url}/models/{name}" for name in names]
    responses = await asyncio.gather(*(client.get(path, headers=server.key_headers) for path in paths))
    first = responses[0]
    if first.status_code == 400 and "API key" in first.text:
        return State("no_key", Phrase("its server did not accept the key"), is_wrong=True), None
    state = _refusal(server, first) or _is("the Gemini API", first, 404)
    there = frozenset(name for name, one in zip(names, responses, strict=True) if one.status_code != 404)
    return state, there


async def _ark(client: httpx.AsyncClient, server: Server) -> Said:
    path = f"{server.base_url}/contents/generations/tasks?page_num=1&page_size=1"
    response = await client.get(path, headers=server.key_headers)
    return _refusal(server, response) or _is("Ark", response), None


async def _minimax(client: httpx.AsyncClient, server: Server) -> Said:
    """MiniMax sends errors with HTTP 200, and an unknown task is one of them."""
    response = await client.get(f"{server.base_url}/v2/query/video_generation/0", headers=server.key_headers)
    if re.search(r"invalid api key|login fail|not authorized", response.text, re.IGNORECASE):
        return State("no_key", Phrase("its server did not accept the key"), is_wrong=True), None
    refused = None if response.status_code in (400, 422) else _refusal(server, response)
    return refused or _is("MiniMax", response, 400, 404, 422), None


_ASKED: dict[str, Callable[[httpx.AsyncClient, Server], Awaitable[Said]]] = {
    EngineName.RUNWAY: _runway,
    EngineName.FAL: _fal,
    EngineName.GEMINI: _gemini,
    EngineName.ARK: _ark,
    EngineName.MINIMAX: _minimax,
}


def _wrong(reason: Phrase) -> State:
    return State("unreachable", reason, is_wrong=True)


def _refusal(server: Server, response: httpx.Response) -> State | None:
    """What an answer means that is bad whichever API it is from; None for 2xx, 404 and 405."""
    status = response.status_code
    if status in (401, 403):
        refused, asked = Phrase("its server did not accept the key"), Phrase("its server asks for a key")
        return State("no_key", refused if server.key else asked, is_wrong=True)
    if response.is_redirect:
        host = response.url.join(response.headers["location"]).host
        return _wrong(Phrase("its address leads elsewhere, to {host}", host=host[:100]))
    if status in (502, 503, 504):
        return _wrong(Phrase("its server is not up"))
    if status == 429:
        return State("ready", Phrase("it is busy now"))
    if status >= 400 and status not in (404, 405):
        return _wrong(Phrase("its server answers with HTTP {status}", status=status))
    return None


def _is(name: str, response: httpx.Response, *others: int) -> State | None:
    """None where that API answers: with 200, or with one of the `others`, and with JSON."""
    if response.status_code in (200, *others) and isinstance(_json(response), dict):
        return None
    return _wrong(Phrase("what answers at its address is not {name}", name=name))


def _json(response: httpx.Response) -> object:
    """What the answer's JSON says; None if it is none."""
    try:
        body: object = response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    return body


def _listed(response: httpx.Response) -> frozenset[str] | None:
    body = _json(response) if response.status_code == 200 else None
    models = body.get("data") if isinstance(body, dict) else None
    if not isinstance(models, list) or not all(isinstance(model, dict) and "id" in model for model in models):
        return None
    return frozenset(str(model["id"]) for model in models)


async def _without_list(client: httpx.AsyncClient, server: Server, response: httpx.Response) -> State | None:
    """A server without a list of models is believed (None), unless it shows that it is something else."""
    headers = server.key_headers
    if not re.search(r"/v\d+\w*$", server.base_url):
        for path in ("/v1/models", "/v1/videos"):
            if _is_api(await client.get(f"{server.base_url}{path}", headers=headers)):
                return _wrong(Phrase("its address must end in /v1"))
    if _json(response) is not None:
        return None
    return None if _is_api(await client.get(f"{server.base_url}/videos", headers=headers)) else _wrong(NO_API)


def _is_api(response: httpx.Response) -> bool:
    """An answer that an API gives at a path which it has."""
    return response.status_code in (401, 403, 405) or (
        response.status_code not in (404, 410) and not response.is_redirect and _json(response) is not None
    )


def _silence(error: Exception) -> Phrase:
    """Why there was no answer at all."""
    causes: list[BaseException] = [error]
    for cause in causes:  # grows on the way
        inside = cause.exceptions if isinstance(cause, BaseExceptionGroup) else ()
        causes += [each for each in (cause.__cause__, cause.__context__, *inside) if each and each not in causes]
    if isinstance(error, httpx.TimeoutException):
        return Phrase("its server has not answered within {n} s", n=round(ASK_SECONDS))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Phrase("its server's certificate is not valid")
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Phrase("its server does not speak TLS at this address")
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Phrase("the name of its server is not known")
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Phrase("its server refuses connections")
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return Phrase("its address is not a web address")
    return Phrase("its server does not answer")
