"""Small real servers on 127.0.0.1 that behave like the providers: how they run, and the files they hand out."""

import asyncio
import io
import random
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, Self

import av
import uvicorn
from PIL import Image
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.catalog.entries import Model, Server
from core.catalog.size import Size
from workers.engines import Job


@dataclass
class Call:
    """A request as it arrived. `files` holds name, MIME type and bytes of each part; `connection` the client's port."""

    method: str
    path: str
    headers: dict[str, str]
    connection: int = 0
    query: dict[str, str] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    files: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Whatever API key came along."""
        return self.headers.get("authorization", "") or self.headers.get("api-key", "")


def answering(status: int, body: object, headers: dict[str, str] | None = None) -> Response:
    """An answer as a script gives it: a text goes out as it is, a web page if it looks like one; the rest as JSON."""
    if not isinstance(body, str):
        return JSONResponse(body, status, headers)
    return Response(body, status, headers, "text/html" if body.startswith("<") else "text/plain")


class LocalServer:
    """An ASGI application run by uvicorn in a thread; `with` starts and stops it. Its port survives a restart."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.calls: list[Call] = []
        self.now = self.most = 0
        self._uvicorn: _Uvicorn | None = None
        self._thread: threading.Thread | None = None

    def app(self) -> ASGIApp:
        """The application; a subclass gives it."""
        raise NotImplementedError

    @property
    def root(self) -> str:
        """Scheme, address and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def elsewhere(self) -> str:
        """The same server under another host name: what is sent here leaves the provider."""
        return f"http://localhost:{self.port}"

    def received(self, method: str, part: str = "") -> list[Call]:
        """The requests with that method whose path contains `part`."""
        return [call for call in self.calls if call.method == method and part in call.path]

    def start(self) -> Self:
        """Listen; the port is known afterwards."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self.port))
        self.port = sock.getsockname()[1]
        options: dict[str, Any] = {"log_level": "error", "lifespan": "off", "ws": "none", "timeout_keep_alive": 600}
        config = uvicorn.Config(_Abortable(self.app(), self), **options)
        self._uvicorn = _Uvicorn(config)
        self._thread = threading.Thread(target=self._uvicorn.run, kwargs={"sockets": [sock]}, daemon=True)
        self._thread.start()
        while not self._uvicorn.started:
            self._thread.join(0.005)
        return self

    def stop(self) -> None:
        """Close the port and every connection."""
        if self._uvicorn and self._thread:
            self._uvicorn.leave()
            self._thread.join()
            self._uvicorn = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def stay(server: LocalServer, *lines: str) -> None:
    """Say these lines and serve until interrupted, as a server on the command line does."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        server.stop()


class _Uvicorn(uvicorn.Server):
    """Leaves at once and drops every connection, as a killed process does; uvicorn takes its time over both."""

    async def main_loop(self) -> None:
        self._loop, self._left = asyncio.get_running_loop(), asyncio.Event()
        await self.on_tick(0)
        await self._left.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)

    def leave(self) -> None:
        self.should_exit = self.force_exit = True
        self._loop.call_soon_threadsafe(self._left.set)


class _Abortable:
    """Counts what runs at once; `scope["abort"]` drops the connection without an answer."""

    def __init__(self, app: ASGIApp, server: LocalServer) -> None:
        self.app, self.server = app, server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["abort"] = send.__self__.transport.abort  # type: ignore[attr-defined]  # uvicorn's own request cycle
        self.server.now += 1
        self.server.most = max(self.server.most, self.server.now)
        try:
            await self.app(scope, receive, send)
        finally:
            self.server.now -= 1


async def until_gone(abort: Callable[[], None]) -> None:
    """Drop the connection and wait until the client knows."""
    abort()
    await asyncio.sleep(0.05)


def jpeg(width: int, height: int, quality: int = 90) -> bytes:
    """A picture of exactly that size, of random colours, so that a large one is large."""
    out = io.BytesIO()
    noise = random.Random(1).randbytes(width * height * 3)
    Image.frombytes("RGB", (width, height), noise).save(out, "JPEG", quality=quality)
    return out.getvalue()


def a_job(server: Server, prompt: str = "A cup turns", *, size: str = "320x192", seconds: int = 2, **more: Any) -> Job:
    """A job for an engine under test; `picture` in `more` replaces the picture."""
    exact = Size.parse(size)
    content = more.pop("picture", None) or jpeg(exact.width, exact.height)
    model = Model("m", "M", server, more.pop("upstream", "sora-2"), (exact,), (seconds,))
    return Job(
        reference="adsvideo-1",
        model=model,
        prompt=prompt,
        seconds=seconds,
        size=exact,
        created_at=more.pop("created_at", time.time()),
        picture=content,
        **more,
    )


@lru_cache(maxsize=64)
def clip(width: int, height: int, seconds: int, container: Literal["mp4", "avi"] = "mp4") -> bytes:
    """A real, playable film of a grey that brightens: H.264 in MP4, or MPEG-4 in AVI, six frames a second."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as film:
        stream = film.add_stream("libx264" if container == "mp4" else "mpeg4", rate=6)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        if container == "mp4":
            stream.options = {"preset": "ultrafast", "crf": "35"}
        for number in range(6 * seconds):
            frame = av.VideoFrame(width, height, "yuv420p")
            for plane, value in zip(frame.planes, (40 + number % 160, 128, 128), strict=True):
                plane.update(bytes([value]) * plane.buffer_size)
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return out.getvalue()
