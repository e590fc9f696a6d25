"""The calls to one Videos server: one client, bounded, without retries, answers as they are.

A thin layer over the `openai` client: its `videos` resource is deprecated, its retries repeat a create call, its types
refuse what servers really answer. So: plain `get`, `post` and `delete`.
"""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from anyio import CapacityLimiter
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, Omit

from core.catalog.entries import Server
from core.errors import OutcomeUnknown, OverCapacity, RequestRefused, Unreachable
from workers.engines import download as engines_download
from workers.engines.complaints import complaint, parsed, retry_after
from workers.engines.videos_api.answers import FilePart, Json

TIMEOUT = httpx2.Timeout(60, connect=10)
IDLE_SECONDS = 3.0  # uvicorn closes idle connections after 5 s: let go of them before it does
ONCE = {"x-litellm-num-retries": "0"}
"""LiteLLM's router repeats a failed create two times by itself, unless it is told not to."""
NOTHING_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


@dataclass(frozen=True)
class Answer:
    """Status, body (what its JSON says, or the text) and headers."""

    status: int
    body: object
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def error_text(self) -> str:
        """The server's error message, or the HTTP status."""
        return str(complaint(self.body)) or f"HTTP {self.status}"


class Calls:
    """At most `server.concurrency` calls at once, over all workers.

    Long calls (create, download) leave one slot for looks.
    """

    def __init__(self, server: Server, query: Mapping[str, str]) -> None:
        self.server = server
        self._query = query
        tls, most = engines_download.tls(), max(1, server.concurrency)
        reused = httpx2.Limits(max_connections=most, keepalive_expiry=IDLE_SECONDS)
        # a create call never goes out on a used connection: one that dies under it leaves the outcome unknown
        fresh = httpx2.Limits(max_connections=most, max_keepalive_connections=0)
        self._http = httpx2.AsyncClient(verify=tls, limits=reused, timeout=TIMEOUT)
        self._fresh = httpx2.AsyncClient(verify=tls, limits=fresh, timeout=TIMEOUT)
        self._client = AsyncOpenAI(
            api_key=server.key or "none",
            base_url=server.base_url,
            max_retries=0,
            timeout=TIMEOUT,
            http_client=self._http,
        )
        self._creator = self._client.copy(http_client=self._fresh)
        self._slots, self._long = CapacityLimiter(most), CapacityLimiter(max(1, most - 1))
        self._quiet_until = 0.0

    def share_with(self, workers: int) -> None:
        """Share the calls with all `workers`; each gets at least one."""
        mine = max(1, self.server.concurrency // workers)
        self._slots.total_tokens, self._long.total_tokens = mine, max(1, mine - 1)

    def check_quiet(self) -> None:
        """Raises OverCapacity while the server has asked to be left alone."""
        if (wait := self._quiet_until - time.monotonic()) > 0:
            raise OverCapacity("the server asked to be left alone", wait)

    def be_quiet(self, answer: Answer) -> OverCapacity:
        """Stop looking for as long as this 429 or 503 asks; returns the error to raise."""
        wait = retry_after(answer.headers)
        self._quiet_until = time.monotonic() + (1.0 if wait is None else wait)
        return OverCapacity(answer.error_text, wait)

    @asynccontextmanager
    async def long(self) -> AsyncIterator[None]:
        """Hold one long slot during several calls that belong together."""
        async with self._long:
            yield

    async def create(self, path: str, fields: Json, files: list[FilePart]) -> Answer:
        """POST once, never repeated. Raises Unreachable if nothing was sent, OutcomeUnknown if it broke off later."""
        kind = {"Content-Type": "multipart/form-data"} if files else {}
        options: Any = {"headers": self._headers({**ONCE, **kind}), "params": self._query, "follow_redirects": False}
        async with self._slots:
            try:
                response = await self._creator.post(
                    path, cast_to=httpx2.Response, body=fields, files=files or None, options=options
                )
            except APIStatusError as error:
                response = error.response
            except APIConnectionError as error:
                detail = f"{type(error.__cause__).__name__}: {error.__cause__}"
                if isinstance(error.__cause__, NOTHING_SENT):
                    raise Unreachable(detail) from error
                raise OutcomeUnknown(detail) from error
        if response.has_redirect_location:
            raise RequestRefused(f"the server's address redirects to {response.headers['location']}")
        return self._answer(response)

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """GET. Raises Unreachable."""
        return await self._call(self._client.get, path, query or {})

    async def delete(self, path: str) -> Answer:
        """DELETE. Raises Unreachable."""
        return await self._call(self._client.delete, path, {})

    async def _call(self, method: Any, path: str, query: Mapping[str, str]) -> Answer:
        options: Any = {"headers": self._headers(), "params": {**self._query, **query}}
        async with self._slots:
            try:
                response = await method(path, cast_to=httpx2.Response, options=options)
            except APIStatusError as error:
                response = error.response
            except APIConnectionError as error:
                raise Unreachable(f"{type(error.__cause__).__name__}: {error.__cause__}") from error
        return self._answer(response)

    async def download(self, url: str, target: Path, *, with_key: bool) -> None:
        """Download within the limit of calls. Raises what `download.download` raises."""
        async with self._long, self._slots:
            await engines_download.download(self._http, url, target, self.server.key_headers if with_key else {})

    def is_own(self, url: str) -> bool:
        """Whether an address is on the server itself, where the key may go."""
        return engines_download.origin(url) == engines_download.origin(self.server.base_url)

    def url(self, path: str) -> str:
        """The full URL of a path."""
        return str(httpx2.URL(f"{self.server.base_url}{path}").copy_merge_params(self._query))

    def _headers(self, more: Mapping[str, str] | None = None) -> dict[str, str | Omit]:
        return {"Authorization": Omit(), **self.server.key_headers, **(more or {})}

    def _answer(self, response: httpx2.Response) -> Answer:
        return Answer(response.status_code, parsed(response.text, self.server.key), response.headers)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()
        await self._fresh.aclose()
