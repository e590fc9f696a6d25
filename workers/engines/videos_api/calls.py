"""The calls to one Videos server, written by the `openai` client.

A thin layer: its `videos` resource is deprecated, its retries repeat a create call, its types refuse what servers
really answer. So: plain `get`, `post` and `delete`.
"""

from collections.abc import Mapping
from typing import Any

import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, Omit

from core.catalog.entries import Server
from core.errors import Unreachable
from workers.engines import calls
from workers.engines.calls import Answer, Query, broken_off
from workers.engines.videos_api.answers import FilePart, Json

ONCE = {"x-litellm-num-retries": "0"}
"""LiteLLM's router repeats a failed create two times by itself, unless it is told not to."""


class Calls(calls.Calls):
    """With a form's file parts, and a query that every call has."""

    def __init__(self, server: Server, query: Mapping[str, str]) -> None:
        super().__init__(server)
        self._query = query
        self._client = AsyncOpenAI(
            api_key=server.key or "none",
            base_url=server.base_url,
            max_retries=0,
            timeout=calls.TIMEOUT,
            http_client=self.http,
        )
        self._creator = self._client.copy(http_client=self.fresh)

    async def create_form(self, path: str, fields: Json, files: list[FilePart]) -> Answer:
        """POST once, never repeated. Raises Unreachable if nothing was sent, OutcomeUnknown if it broke off later."""
        kind = {"Content-Type": "multipart/form-data"} if files else {}
        options: Any = {"headers": self._headers({**ONCE, **kind}), "params": self._query, "follow_redirects": False}
        async with self.slots:
            try:
                response = await self._creator.post(
                    path, cast_to=httpx2.Response, body=fields, files=files or None, options=options
                )
            except APIStatusError as error:
                response = error.response
            except APIConnectionError as error:
                raise broken_off(error.__cause__) from error
        return self.created(response)

    async def get(self, path: str, query: Query | None = None) -> Answer:
        """GET. Raises Unreachable."""
        return await self._ask(self._client.get, path, query or {})

    async def delete(self, path: str) -> Answer:
        """DELETE. Raises Unreachable."""
        return await self._ask(self._client.delete, path, {})

    async def _ask(self, method: Any, path: str, query: Query) -> Answer:
        options: Any = {"headers": self._headers(), "params": {**self._query, **query}}
        async with self.slots:
            try:
                response = await method(path, cast_to=httpx2.Response, options=options)
            except APIStatusError as error:
                response = error.response
            except APIConnectionError as error:
                raise Unreachable(f"{type(error.__cause__).__name__}: {error.__cause__}") from error
        return self.answer(response, response.text)

    def url(self, path: str) -> str:
        """The full URL of a path."""
        return str(httpx2.URL(super().url(path)).copy_merge_params(self._query))

    def _headers(self, more: Mapping[str, str] | None = None) -> dict[str, str | Omit]:
        return {"Authorization": Omit(), **self.server.key_headers, **(more or {})}
