"""The contract of an engine and the table of engines by name.

An engine turns a Job into a video file. It knows no database and no money; what goes wrong it says with the
EngineError branch of core/errors.py, and nothing else.
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

    `mask` is a grey PNG, framed like the picture, empty where there is none. `sure`: its edge can be trusted; else `why`
    says, in English, why it is of no or little use. `window` is the part of the frame that shows the picture and no padding: left, top, right, bottom, 0-1.
    """

    mask: bytes = b""
    sure: bool = False
    why: str = ""
    window: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Job:
    """One video to make. `size` is exact; `reference` is ours, unique, survives restarts.

    `created_at` is when the server was asked to create it, in seconds since 1970.
    `picture` is a JPEG, framed to `width` x `height` times `Engine.scale`, never upscaled past the picture's own
    resolution; empty where no engine needs it (`find`, and `fetch` of a server that is not `local`).
    `options` are the video's, checked; `cutout` is there for engines with `cuts_out`.
    """

    reference: str
    model: Model
    prompt: str
    seconds: int
    size: Size
    created_at: float
    picture: bytes = b""
    options: Mapping[str, Any] = field(default_factory=dict)
    cutout: Cutout = Cutout()


@dataclass(frozen=True)
class Look:
    """What a server says about one job.

    `progress` is 0-100, or None where the server does not know. `ahead` is the number of jobs before this one.
    `url` is where the finished file is, for servers that hand out an address of their own.
    `retry_after` asks to leave the job alone for that many seconds. `again` on a failed job says that the failure was
    the provider's own and that one more attempt (a new create call, once) is worth it.
    """

    state: Literal["queued", "running", "succeeded", "failed", "canceled"]
    progress: float | None = None
    ahead: int | None = None
    url: str | None = None
    error: EngineError | None = None
    retry_after: float | None = None
    again: bool = False
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

    def among(self, workers: int) -> None:
        """So many workers talk to this server now: `concurrency` is for all of them together."""

    cuts_out = False
    """Whether it wants to know where the product is in the picture."""

    def note(self, job: Job) -> str:
        """What is to be said of a clip that was made otherwise than asked; English."""
        return ""

    def scale(self, job: Job) -> float:
        """How many times larger than the video the engine wants the picture, before the job has one."""
        return 1.0

    async def prepare(self, job: Job) -> Job:
        """The job with everything made beforehand that `submit` would make. Raises Permanent, but sends nothing."""
        return job

    @property
    def lists(self) -> bool:
        """Whether one call may tell about all jobs of the server."""
        return False

    async def submit(self, job: Job) -> str:
        """Ask the server to create the video, once, with the job that `prepare` gave. Gives the server's id.

        Raises Retryable if the server certainly did not take it, OutcomeUnknown if it may have, Permanent if it
        refused.
        """
        return job.reference

    async def look(self, ids: Sequence[str]) -> dict[str, Look]:
        """Ask about many jobs at once; an id may be missing from the answer and is then asked again later.

        Raises Retryable when the server as a whole does not answer.
        """
        return {}

    async def find(self, job: Job) -> list[str]:
        """The server's jobs that may be this one, whose create call broke off; empty if it certainly is not there.

        Raises OutcomeUnknown where the server can't tell.
        """
        raise OutcomeUnknown("this server can't list its jobs")

    @abstractmethod
    async def fetch(self, job: Job, provider_id: str, look: Look | None, target: Path, report: Report) -> None:
        """Bring the finished file to `target`. Raises NotReady, Retryable or Permanent."""

    async def cancel(self, provider_id: str) -> bool:
        """Stop the job. True if nothing is owed for it: it had not started, has failed, or is not there any more.

        Raises Retryable if that can't be said now.
        """
        return False

    async def close(self) -> None:
        """Let go of connections."""


ENGINES: dict[str, str] = {
    EngineName.CAMERA: "workers.engines.camera.engine:Camera",
    EngineName.OPENAI_VIDEOS: "workers.engines.videos_api.engine:OpenAIVideos",
    EngineName.RUNWAY: "workers.engines.runway:Runway",
}


def open_engine(server: Server) -> Engine:
    """The engine for a server, imported only when needed (the SDKs take seconds)."""
    if server.engine not in ENGINES:
        raise Misconfigured(
            f"Server “{server.name}” names the engine “{server.engine}”; there are {', '.join(ENGINES)}."
        )
    module, name = ENGINES[server.engine].split(":")
    engine: Engine = getattr(import_module(module), name)(server)
    return engine
