"""Asks a server whether it is there, is what it should be, and takes our key: one GET that costs nothing."""

import json
import re
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Literal

import httpx

from core.catalog.entries import EngineName, Server
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
            if server.engine == EngineName.RUNWAY:
                response = await client.get(f"{server.base_url}/v1/organization", headers=_runway_headers(server))
                state = _refusal(server, response) or _runway(response)
            else:
                response = await client.get(f"{server.base_url}/models", headers=server.key_headers)
                offered = _listed(response)
                state = _refusal(server, response)
                if state is None and offered is None:
                    state = await _without_list(client, server, response)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        state = _wrong(_silence(error))
    return Answer(state or State("ready"), offered, time.monotonic())


def _wrong(reason: Phrase) -> State:
    return State("unreachable", reason, is_wrong=True)


def _runway_headers(server: Server) -> dict[str, str]:
    return {**server.key_headers, "X-Runway-Version": RUNWAY_VERSION}


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


def _runway(response: httpx.Response) -> State | None:
    if response.status_code == 200 and isinstance(_json(response), dict):
        return None
    return _wrong(Phrase("what answers at its address is not Runway"))


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
