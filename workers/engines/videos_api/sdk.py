"""The `openai` client of one Videos server. Imported at the first call: it takes a second and 18 MB.

A thin layer: its `videos` resource is deprecated, its retries repeat a create call, its types refuse what servers
really answer. So: plain `get`, `post` and `delete`.
"""

from collections.abc import Mapping
from typing import Any, Literal

import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, Omit

from core.catalog.entries import Server
from core.errors import Unreachable
from workers.engines.calls import TIMEOUT, Query, broken_off
from workers.engines.videos_api.answers import FilePart, Json


class Sdk:
    """Calls over two connections: `fresh` for create calls; see calls.py."""

    def __init__(self, server: Server, http: httpx2.AsyncClient, fresh: httpx2.AsyncClient) -> None:
        self._server = server
        self._client = AsyncOpenAI(
            api_key=server.key or "none",
            base_url=server.base_url,
            max_retries=0,
            timeout=TIMEOUT,
            http_client=http,
        )
        self._creator = self._client.copy(http_client=fresh)

    async def post(
        self, path: str, fields: Json, files: list[FilePart], query: Query, headers: Mapping[str, str]
    ) -> httpx2.Response:
        """POST once, never repeated. Raises Unreachable if nothing was sent, OutcomeUnknown if it broke off later."""
        options: Any = {"headers": self._headers(headers), "params": query, "follow_redirects": False}
        try:
            return await self._creator.post(
                path, cast_to=httpx2.Response, body=fields, files=files or None, options=options
            )
        except APIStatusError as error:
            return error.response
        except APIConnectionError as error:
            raise broken_off(error.__cause__) from error

    async def ask(self, method: Literal["get", "delete"], path: str, query: Query) -> httpx2.Response:
        """GET or DELETE. Raises Unreachable."""
        options: Any = {"headers": self._headers({}), "params": query}
        try:
            call = self._client.get if method == "get" else self._client.delete
            return await call(path, cast_to=httpx2.Response, options=options)
        except APIStatusError as error:
            return error.response
        except APIConnectionError as error:
            raise Unreachable(f"{type(error.__cause__).__name__}: {error.__cause__}") from error

    def _headers(self, more: Mapping[str, str]) -> dict[str, str | Omit]:
        return {"Authorization": Omit(), **self._server.key_headers, **more}
