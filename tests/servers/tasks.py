"""What the small servers of fal, Gemini and Ark have in common: jobs that end after some looks, and their films."""

import argparse
import asyncio
import io
import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.servers import Call, LocalServer, answering, clip, stay, until_gone

Json = dict[str, Any]
Endpoint = Callable[[Request, Call], Awaitable[Response]]
GIGABYTES_3 = 3_000_000_000


@dataclass
class Task:
    """A job of the server; `size` is that of the picture which arrived."""

    id: str
    fields: Json
    size: tuple[int, int]
    seconds: int
    created_at: float = field(default_factory=time.time)
    looks: int = 0
    canceled: bool = False
    links: int = 0


@dataclass(eq=False)
class TaskServer(LocalServer):
    """A job waits, runs and has ended: by looks, or in `latency` seconds.

    `script` are the answers to the next create calls: "break", "break-taken", "hang" or (status, body, headers).
    `busy` is the answer to every look; with `waits` no job begins. While `held`, no POST goes on
    whose path contains that.
    `film` is what is at a film's address: mp4, html, empty, huge, gone, circle, or
    moved, which is on another host.
    """

    port: int = 0
    latency: float | None = None
    polls: int = 2
    key: str = ""
    script: list[Any] = field(default_factory=list)
    busy: tuple[Any, ...] | None = None
    status: str = ""
    waits: bool = False
    film: str = "mp4"
    link_lives: int = 1_000_000
    held: str = ""
    slow: float = 0.0
    default_port: ClassVar[int] = 9200
    reads_films_with_key: ClassVar[bool] = False

    def __post_init__(self) -> None:
        LocalServer.__init__(self, self.port)
        self.tasks: dict[str, Task] = {}
        self.creates = 0

    @property
    def url(self) -> str:
        """What goes into the variable with the provider's address."""
        return self.root

    @abstractmethod
    def routes(self) -> list[Route]:
        """The provider's own routes."""

    @abstractmethod
    def refuses(self, call: Call) -> Response | None:
        """The answer to a call whose key is wrong; None if it is right."""

    def app(self) -> Starlette:
        films = [Route("/films/{id}/{link:int}", self.on(self._film)), Route("/moved/{id}", self.on(self._moved))]
        return Starlette(routes=[*films, *self.routes()])

    def on(self, endpoint: Endpoint) -> Callable[[Request], Any]:
        """The endpoint, for calls that are noted and have the key."""

        async def answer(request: Request) -> Response:
            port = request.client.port if request.client else 0
            call = Call(request.method, request.url.path, dict(request.headers), port, dict(request.query_params))
            self.calls.append(call)
            await asyncio.sleep(self.slow)
            while self.held and request.method == "POST" and self.held in call.path:
                await asyncio.sleep(0.01)
            is_open = call.path.startswith(("/films", "/moved")) and not self.reads_films_with_key
            if not is_open and (refused := self.refuses(call)):
                return refused
            return await endpoint(request, call)

        return answer

    async def scripted(self, request: Request) -> Response | None:
        """The answer that the script has for this create call, before it is taken; None if it goes on."""
        self.creates += 1
        step = self.script[0] if self.script else None
        if step != "break-taken":
            self.script[:1] = []
        if step == "break":
            await until_gone(request.scope["abort"])
        if step == "hang":
            await asyncio.sleep(3600)
        return answering(*step) if isinstance(step, tuple | list) else None

    async def taken(self, request: Request, task: Task) -> None:
        """Keep the job; the connection may break now."""
        self.tasks[task.id] = task
        if self.script and self.script[0] == "break-taken":
            self.script.pop(0)
            await until_gone(request.scope["abort"])

    def done(self, task: Task) -> float:
        """How far the job is at this look, 0 to 1."""
        task.looks += 1
        if self.waits:
            return 0.0
        if self.latency is None:
            return min(1.0, (task.looks - 1) / self.polls)
        return min(1.0, (time.time() - task.created_at) / self.latency)

    def link(self, task: Task) -> str:
        """A fresh address of the job's film; the ones before it expire."""
        task.links += 1
        return f"{self.root}/films/{task.id}/{task.links}"

    async def _film(self, request: Request, call: Call) -> Response:
        task = self.tasks[request.path_params["id"]]
        expired = task.links - request.path_params["link"] >= self.link_lives
        if expired or self.film == "gone":
            return Response("<Error><Code>AccessDenied</Code></Error>", 403)
        if self.film == "circle":
            return RedirectResponse(call.path, 302)
        if self.film == "moved":
            return RedirectResponse(f"{self.elsewhere}/moved/{task.id}", 302)
        if self.film == "html":
            return Response("<html><body>Sign in</body></html>", media_type="text/html")
        if self.film == "empty":
            return Response(b"")
        if self.film == "huge":
            return StreamingResponse(_huge(), headers={"Content-Length": str(GIGABYTES_3)}, media_type="video/mp4")
        return await self._mp4(task)

    async def _moved(self, request: Request, call: Call) -> Response:
        return await self._mp4(self.tasks[request.path_params["id"]])

    async def _mp4(self, task: Task) -> Response:
        return Response(await asyncio.to_thread(clip, *task.size, task.seconds), media_type="video/mp4")


async def _huge() -> AsyncIterator[bytes]:
    head = b"\0\0\0\x18ftypmp42" + bytes(1 << 20)
    for _ in range(GIGABYTES_3 // len(head)):
        yield head


def picture_size(content: bytes) -> tuple[int, int]:
    """The size in pixels of the picture that arrived; it has to be a JPEG in RGB."""
    picture = Image.open(io.BytesIO(content))
    assert (picture.format, picture.mode) == ("JPEG", "RGB")
    return picture.size


def run(kind: type[TaskServer], what: str) -> None:
    """Run such a server by hand until interrupted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=kind.default_port)
    parser.add_argument("--latency", type=float, default=3.0, help="seconds until a video is done")
    arguments = parser.parse_args()
    server = kind(port=arguments.port, latency=arguments.latency)
    server.start()
    stay(server, f"{server.url} speaks {what}")


def not_found(message: str) -> Response:
    """The usual 404."""
    return JSONResponse({"detail": message}, 404)
