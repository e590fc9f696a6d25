"""A browser without a browser: pages over HTTP and their sockets, for tests of who is obeyed and told."""

import asyncio
import base64
import html
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import aiohttp
import httpx
import socketio
from socketio.exceptions import ConnectionError

from tests.running import RunningApp


class Refused(Exception):
    """A socket that may not join; why, as the page's script hears it."""


@dataclass(frozen=True)
class LoadedPage:
    """What the HTML of a page says to its script: the query of its socket, and its elements by id."""

    query: dict[str, Any]
    elements: dict[str, Any]

    @classmethod
    def of(cls, text: str) -> Self:
        """Read from the HTML."""
        query = re.search(r"query: (\{.*?\}),\n", text)
        elements = re.search(r"parseElements\(String\.raw`(.*?)`\)", text, re.DOTALL)
        assert query
        assert elements
        asked = json.loads(query[1].replace("'", '"').replace("True", "true").replace("False", "false"))
        own = {"tab_id": str(uuid4()), "document_id": str(uuid4())}
        return cls({**asked, **own}, json.loads(html.unescape(elements[1])))

    @property
    def client_id(self) -> str:
        """The page's name on the server."""
        return str(self.query["client_id"])

    def event(self, text: str, kind: str = "click", *args: Any) -> dict[str, Any]:
        """What the script sends when an element with that text, or that is called so, is clicked."""
        for number, element in self.elements.items():
            words = (element.get("text"), element.get("props", {}).get("aria-label"))
            for listener in element.get("events", []):
                if text in words and listener["type"] == kind:
                    sent = {"id": int(number), "client_id": self.client_id, "listener_id": listener["listener_id"]}
                    return {**sent, "args": [json.dumps(arg) for arg in args]}
        raise AssertionError(f"nothing on the page is called {text!r} and hears a {kind}")


class Browser:
    """Somebody's cookies."""

    def __init__(self, app: RunningApp) -> None:
        self.app = app
        self.http = httpx.Client(base_url=app.url, timeout=60, headers={"Accept": "text/html"})

    def close(self) -> None:
        """No more requests."""
        self.http.close()

    def sign_in(self, sub: str) -> Self:
        """At the provider, as that person."""
        form = self.http.get("/auth/login", follow_redirects=True)
        self.http.post(form.url, data={"sub": sub}, follow_redirects=True)
        assert self.is_signed_in, form.text
        return self

    @property
    def is_signed_in(self) -> bool:
        """Whether its cookie opens."""
        return self.http.get("/api/v1/me").status_code == 200

    def copy(self) -> "Browser":
        """A thief's, with the same cookies."""
        thief = Browser(self.app)
        thief.http.cookies.update(self.http.cookies)
        return thief

    def load(self, path: str) -> LoadedPage:
        """A page, before its script runs."""
        return LoadedPage.of(self.http.get(path).text)

    @property
    def cookie(self) -> str:
        """As it is sent."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)

    @property
    def session(self) -> dict[str, Any]:
        """What the server reads from the cookie, as a connection's environment has it."""
        return {"session": json.loads(base64.b64decode(self.http.cookies["session"].split(".")[0]))}

    @asynccontextmanager
    async def socket(self, query: dict[str, Any] | None = None) -> AsyncIterator["Socket"]:
        """A socket with these cookies; with the query of a page it joins it. Raises Refused."""
        pairs = {key: json.dumps(value) if isinstance(value, bool) else value for key, value in (query or {}).items()}
        address = str(httpx.URL(self.app.url, params=pairs))
        headers = {"Cookie": self.cookie} if self.cookie else {}
        how = {"transports": ["websocket"], "socketio_path": "/_nicegui_ws/socket.io", "wait_timeout": 30}
        async with aiohttp.ClientSession() as http:
            made = Socket(http)
            try:
                await made.client.connect(address, headers, **how)
            except ConnectionError as error:
                raise Refused(made.why or str(error)) from None
            try:
                yield made
            finally:
                await made.client.disconnect()
                await http.close()
                await asyncio.sleep(0.1)  # until the transport is closed as well


class Socket:
    """What has been heard on it, and a way to say something."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.client = socketio.AsyncClient(reconnection=False, http_session=http)
        self.heard: list[tuple[str, Any]] = []
        self.why = ""
        self.client.on("*", self._hear)
        self.client.on("connect_error", self._refused)

    async def _hear(self, name: str, message: Any) -> None:
        self.heard.append((name, message))

    async def _refused(self, reason: Any) -> None:
        self.why = str(reason["message"] if isinstance(reason, dict) else reason)

    async def send(self, name: str, message: Any) -> None:
        """As a page's script does; what it leads to has happened when this is over, if it does so in half a second."""
        await self.client.emit(name, message)
        await asyncio.sleep(0.5)

    async def handshake(self, message: dict[str, Any]) -> bool:
        """Whether it may join that page."""
        return bool(await self.client.call("handshake", message, timeout=30))

    @property
    def text(self) -> str:
        """All that has been heard."""
        return json.dumps(self.heard)
