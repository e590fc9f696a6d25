"""The contract of an engine and the table of engines by name.

An engine turns a Job into a video file. It uses neither the database nor credits, and raises nothing but the
EngineErrors of core/errors.py.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from core.catalog.entries import EngineName, Model, Server
from core.catalog.size import Size
from core.errors import EngineError, Misconfigured, OutcomeUnknown

Report = Callable[[int], None]
"""Called with a percentage (0-100) while a file is being made; may be called from a thread."""


@dataclass(frozen=True)
class Cutout:
    """Where the product is in a framed picture.

    `mask` is a grey PNG, framed like the picture, empty where there is none. `sure`: its edge can be trusted; else
    `why` says, in English, why it is of no or little use. `window` is the part of the frame that shows the picture and
    no padding: left, top, right, bottom, 0-1.
    """

    mask: bytes = b""
    sure: bool = False
    why: str = ""
    window: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Job:
    """One video to make. `size` is exact; `reference` is our own id for it, unique and stable across restarts.

    `created_at` is when the server was asked to create it, in seconds since 1970.
    `picture` is a JPEG, framed to `width` x `height` times `Engine.scale`, never upscaled past the picture's own
    resolution; empty where no engine needs it (`find`, and `fetch` of a server that is not `local`).
    `picture_url` is where an engine's `prepare` has put the picture, at its provider.
    `options` are the video's, checked; `cutout` is there for engines with `cuts_out`.
    """

    reference: str
    model: Model
    prompt: str
    seconds: int
    size: Size
    created_at: float
    picture: bytes = b""
    picture_url: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    cutout: Cutout = Cutout()


@dataclass(frozen=True)
class Billed:
    """What a provider says it bills for a job: so many of its own units, such as 60 `credits`."""

    amount: float
    unit: str


@dataclass(frozen=True)
class Look:
    """What a server says about one job.

    `progress` is 0-100, or None where the server does not know. `ahead` is the number of jobs before this one.
    `url` is where the finished file is, for servers that hand out an address of their own.
    `retry_after` is how many seconds the server wants no look at this job. `worth_retry` marks a failure of the
    provider's own, after which one more create call, once, is worth it. `billed` is there where the provider tells.
    """

    state: Literal["queued", "running", "succeeded", "failed", "canceled"]
    progress: float | None = None
    ahead: int | None = None
    url: str | None = None
    error: EngineError | None = None
    retry_after: float | None = None
    worth_retry: bool = False
    billed: Billed | None = None
    raw: dict[str, object] = field(default_factory=dict)


class Engine(ABC):
    """One instance per server and worker process; all methods may run concurrently.

    An engine whose server is `local` in the catalogue makes the file itself in `fetch`; nothing else is called.
    """

    min_poll_seconds = 0.0
    """Never look at a job more often than this."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.looked = 0
        """How many calls `look` has cost the server so far."""

    def share_with(self, workers: int) -> None:
        """Share the server's `concurrency` with all `workers` that use it now."""

    cuts_out = False
    """Whether it wants to know where the product is in the picture."""

    def note(self, job: Job) -> str:
        """What is to be said of a clip that was made otherwise than asked; English."""
        return ""

    def scale(self, job: Job) -> float:
        """How many times larger than the video the engine wants the picture, before the job has one."""
        return 1.0

    async def prepare(self, job: Job) -> Job:
        """Prepare the job for `submit`; no video is asked for yet. Raises Retryable, Permanent."""
        return job

    @property
    def lists(self) -> bool:
        """Whether one call can return the state of all jobs of the server."""
        return False

    async def submit(self, job: Job) -> str:
        """Ask the server once to create the video of a prepared job. Returns the server's id.

        Raises Retryable if the server certainly did not take it, OutcomeUnknown if it may have, Permanent if it
        refused.
        """
        return job.reference

    async def look(self, ids: Sequence[str]) -> dict[str, Look]:
        """Ask about many jobs at once. An id may be missing from the result; it is asked about later.

        Raises Retryable when the server as a whole does not answer.
        """
        return {}

    async def find(self, job: Job) -> list[str]:
        """The ids of server jobs that may be this job, whose create call broke off; empty if it certainly has none.

        Raises OutcomeUnknown if the server can't tell.
        """
        raise OutcomeUnknown("this server can't list its jobs")

    @abstractmethod
    async def fetch(self, job: Job, provider_id: str, look: Look | None, target: Path, report: Report) -> None:
        """Write the finished file to `target`. Raises NotReady, Retryable or Permanent."""

    async def cancel(self, provider_id: str) -> bool:
        """Stop the job. True if it costs nothing: it had not started, has failed, or is gone.

        Raises Retryable if the server can't say now.
        """
        return False

    async def close(self) -> None:
        """Close all connections."""


ENGINES: dict[str, str] = {
    EngineName.CAMERA: "workers.engines.camera.engine:Camera",
    EngineName.OPENAI_VIDEOS: "workers.engines.videos_api.engine:OpenAIVideos",
    EngineName.RUNWAY: "workers.engines.runway:Runway",
    EngineName.FAL: "workers.engines.fal:Fal",
    EngineName.GEMINI: "workers.engines.gemini:Gemini",
    EngineName.ARK: "workers.engines.ark:Ark",
    EngineName.MINIMAX: "workers.engines.ark:MiniMax",
}


def open_engine(server: Server) -> Engine:
    """The engine for a server; its module is imported now, as the SDKs take seconds. Raises Misconfigured."""
    if server.engine not in ENGINES:
        raise Misconfigured(
            f"Server “{server.name}” names the engine “{server.engine}”; there are {', '.join(ENGINES)}."
        )
    module, name = ENGINES[server.engine].split(":")
    engine: Engine = getattr(import_module(module), name)(server)
    return engine
