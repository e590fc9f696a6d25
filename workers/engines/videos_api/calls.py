"""The calls to one Videos server, written by the `openai` client (sdk.py)."""

import asyncio
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Literal

import httpx2

from core.catalog.entries import Server
from workers.engines import calls
from workers.engines.calls import Answer, Query
from workers.engines.videos_api.answers import FilePart, Json

if TYPE_CHECKING:
    from workers.engines.videos_api.sdk import Sdk

ONCE = {"x-litellm-num-retries": "0"}
"""LiteLLM's router repeats a failed create two times by itself, unless it is told not to."""


class Calls(calls.Calls):
    """With a form's file parts, and a query that every call has."""

    def __init__(self, server: Server, query: Mapping[str, str]) -> None:
        super().__init__(server)
        self._query = query
        self._opened: Sdk | None = None

    async def create_form(self, path: str, fields: Json, files: list[FilePart]) -> Answer:
        """POST once, never repeated. Raises Unreachable if nothing was sent, OutcomeUnknown if it broke off later."""
        kind = {"Content-Type": "multipart/form-data"} if files else {}
        sdk = await self._sdk()
        async with self.slots:
            return self.created(await sdk.post(path, fields, files, self._query, {**ONCE, **kind}))

    async def get(self, path: str, query: Query | None = None) -> Answer:
        """GET. Raises Unreachable."""
        return await self._ask("get", path, query or {})

    async def delete(self, path: str) -> Answer:
        """DELETE. Raises Unreachable."""
        return await self._ask("delete", path, {})

    async def _ask(self, method: Literal["get", "delete"], path: str, query: Query) -> Answer:
        sdk = await self._sdk()
        async with self.slots:
            response = await sdk.ask(method, path, {**self._query, **query})
        return self.answer(response, response.text)

    async def _sdk(self) -> "Sdk":
        """The client, imported in a thread when it is first called for."""
        if self._opened is None:
            module = await asyncio.to_thread(import_module, "workers.engines.videos_api.sdk")
            self._opened = module.Sdk(self.server, self.http, self.fresh)
        return self._opened

    def url(self, path: str) -> str:
        """The full URL of a path."""
        return str(httpx2.URL(super().url(path)).copy_merge_params(self._query))
