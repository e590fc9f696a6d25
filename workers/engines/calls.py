"""The calls to one provider: plain HTTP, bounded, never repeated, the key to no other host.

The official SDKs repeat a create call by themselves, and each may be paid for.
"""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from anyio import CapacityLimiter

from core.catalog.entries import Server
from core.errors import OutcomeUnknown, OverCapacity, RequestRefused, Unreachable
from workers.engines import download
from workers.engines.complaints import complaint, parsed, retry_after

TIMEOUT = httpx2.Timeout(60, connect=10)
IDLE_SECONDS = 3.0  # uvicorn closes idle connections after 5 s: let go of them before it does
MAX_ANSWER = 256_000_000  # bytes: a film inside of JSON is a third longer than its file
NOTHING_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)
Query = Mapping[str, str | int | list[str]]


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

    @property
    def json(self) -> dict[str, Any]:
        """The body, if it is a JSON object; else nothing."""
        return self.body if isinstance(self.body, dict) else {}


class Calls:
    """At most `server.concurrency` calls at once, over all workers.

    Long calls (create, download) leave one slot for looks.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        tls, most = download.tls(), max(1, server.concurrency)
        reused = httpx2.Limits(max_connections=most, keepalive_expiry=IDLE_SECONDS)
        # a create call never goes out on a used connection: one that dies under it leaves the outcome unknown
        fresh = httpx2.Limits(max_connections=most, max_keepalive_connections=0)
        self.http = httpx2.AsyncClient(verify=tls, limits=reused, timeout=TIMEOUT)
        self.fresh = httpx2.AsyncClient(verify=tls, limits=fresh, timeout=TIMEOUT)
        self.slots, self._long = CapacityLimiter(most), CapacityLimiter(max(1, most - 1))
        self._quiet_until = 0.0

    def share_with(self, workers: int) -> None:
        """Share the calls with all `workers`; each gets at least one."""
        mine = max(1, self.server.concurrency // workers)
        self.slots.total_tokens, self._long.total_tokens = mine, max(1, mine - 1)

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

    async def create(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> Answer:
        """POST JSON once, never repeated.

        Raises Unreachable if nothing was sent, OutcomeUnknown if it broke off later, RequestRefused for a redirect.
        """
        own = {**self.server.key_headers, **(headers or {})}
        async with self._long, self.slots:
            try:
                response = await self.fresh.post(self.url(path), json=body, headers=own, follow_redirects=False)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise broken_off(error) from error
        return self.created(response)

    def created(self, response: httpx2.Response) -> Answer:
        """The answer to a create call. Raises RequestRefused for a redirect."""
        if response.has_redirect_location:
            raise RequestRefused(f"the server's address redirects to {response.headers['location']}")
        return self.answer(response, response.text)

    async def get(self, path: str, query: Query | None = None) -> Answer:
        """GET. Raises Unreachable."""
        return await self.call("GET", self.url(path), self.server.key_headers, params=dict(query or {}))

    async def send(self, method: str, path: str, body: object = None) -> Answer:
        """PUT, POST or DELETE of something that may be repeated. Raises Unreachable."""
        return await self.call(method, self.url(path), self.server.key_headers, json=body)

    async def call(self, method: str, url: str, headers: Mapping[str, str], **more: Any) -> Answer:
        """Call any address, with these headers only; redirects are not followed. Raises Unreachable."""
        async with self.slots:
            try:
                async with self.http.stream(method, url, headers=headers, follow_redirects=False, **more) as response:
                    text = await _text(response)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise Unreachable(f"{type(error).__name__}: {error}") from error
        return self.answer(response, text)

    async def download(self, url: str, target: Path, *, with_key: bool) -> None:
        """Download within the limit of calls. Raises what `download.download` raises."""
        async with self._long, self.slots:
            await download.download(self.http, url, target, self.server.key_headers if with_key else {})

    def is_own(self, url: str) -> bool:
        """Whether an address is on the server itself, where the key may go."""
        try:
            return download.origin(url) == download.origin(self.server.base_url)
        except httpx2.InvalidURL:
            return False

    def url(self, path: str) -> str:
        """The full URL of a path."""
        return f"{self.server.base_url}{path}"

    def answer(self, response: httpx2.Response, text: str) -> Answer:
        """A response and its text as an answer; the key, which it may quote, is replaced."""
        return Answer(response.status_code, parsed(text, self.server.key), response.headers)

    async def close(self) -> None:
        """Close all connections."""
        await self.http.aclose()
        await self.fresh.aclose()


def broken_off(error: BaseException | None) -> Unreachable | OutcomeUnknown:
    """What it means that a create call ended with this error of httpx2 instead of an answer."""
    kind = Unreachable if isinstance(error, NOTHING_SENT) else OutcomeUnknown
    return kind(f"{type(error).__name__}: {error}")


async def _text(response: httpx2.Response) -> str:
    """The body, at most MAX_ANSWER bytes. Raises Unreachable."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise Unreachable(f"an answer of more than {MAX_ANSWER} bytes")
    return body.decode(errors="replace")
