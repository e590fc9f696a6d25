"""The providers that are asked by plain HTTP, each as a small server with an engine that talks to it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from core.catalog.entries import Server
from tests.servers import Call
from tests.servers.ark import ArkServer, MiniMaxServer
from tests.servers.fal import FalServer
from tests.servers.gemini import GeminiServer
from tests.servers.tasks import TaskServer
from workers.engines import Job, Look, open_engine
from workers.engines.tasks import Tasks

KEY = "0123abcd-key:0123456789abcdef"


@dataclass(frozen=True)
class Provider:
    """`upstream` is a model of its, `create` a part of the path of its create calls."""

    server: type[TaskServer]
    engine: str
    upstream: str
    create: str
    size: str = "1280x720"
    seconds: int = 5

    def entry(self, server: TaskServer, **more: Any) -> Server:
        """The catalogue's entry for that server."""
        return Server("here", self.engine, base_url=server.url, key=KEY, **{"concurrency": 4, **more})

    def created(self, server: TaskServer) -> list[Call]:
        """The create calls that arrived."""
        return [call for call in server.received("POST", self.create) if not call.path.endswith("/cancel")]


PROVIDERS = {
    "ark": Provider(ArkServer, "ark", "seedance-2-5-260628", "/contents/generations/tasks"),
    "minimax": Provider(MiniMaxServer, "minimax", "MiniMax-H3", "/v2/video_generation"),
    "gemini": Provider(GeminiServer, "gemini", "gemini-omni-1.2-flash", "/interactions"),
    "fal": Provider(FalServer, "fal", "fal-ai/kling-video/v3/standard/image-to-video", "kling-video"),
}


@dataclass
class Opened:
    """A server and an engine that talks to it, and may look as often as it likes."""

    provider: Provider
    server: Any
    engine: Tasks

    async def follow(self, provider_id: str) -> list[Look]:
        """Look until the job has ended."""
        looks: list[Look] = []
        while not looks or looks[-1].state in ("queued", "running"):
            looks.append((await self.engine.look([provider_id]))[provider_id])
        return looks

    async def submit(self, job: Job) -> str:
        """Prepare and submit."""
        return await self.engine.submit(await self.engine.prepare(job))


async def opening() -> AsyncIterator[Callable[..., Opened]]:
    """The body of a fixture: `speaking("fal")` opens both, and closes them at the end."""
    async with AsyncExitStack() as stack:

        def open_both(name: str, *, concurrency: int = 4, **more: Any) -> Opened:
            provider = PROVIDERS[name]
            server = stack.enter_context(provider.server(key=KEY, **more))
            engine = open_engine(provider.entry(server, concurrency=concurrency))
            assert isinstance(engine, Tasks)
            engine.min_poll_seconds = 0.0
            stack.push_async_callback(engine.close)
            return Opened(provider, server, engine)

        yield open_both


def no_report(percent: int) -> None:
    """Progress of a fetch; not of interest."""
