"""What providers have in common that are asked about one job at a time, and name an address for its finished file."""

import asyncio
import logging
import math
import time
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.catalog.entries import Server
from core.errors import EngineError, JobLost, NeverShown, NoFile, NotHandedOut, Retryable, Unreachable
from workers.engines import Engine, Job, Look, Report
from workers.engines.calls import Answer, Calls, Query

log = logging.getLogger(__name__)

MAX_MEMORIES = 20_000


@dataclass
class _LastLook:
    at: float
    look: Look | None = None
    missing: int = 0
    seen: bool = False


class Tasks(Engine):
    """A subclass says how to ask for a video, what an answer about it means, and how to stop it."""

    min_poll_seconds = 5.0

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.calls = Calls(server)
        self._last_looks: dict[str, _LastLook] = {}
        self._warned: set[str] = set()

    def share_with(self, workers: int) -> None:
        self.calls.share_with(workers)

    @abstractmethod
    async def retrieve(self, provider_id: str) -> Look | None:
        """The job's state at the provider; None if there is no such job. Raises Retryable."""

    async def ask(self, path: str, query: Query | None = None) -> Answer:
        """What the provider says at this path. Raises OverCapacity while it is busy, Unreachable."""
        self.looked += 1
        answer = await self.calls.get(path, query)
        if answer.status in (429, 502, 503, 504):
            raise self.calls.be_quiet(answer)
        return answer

    async def look(self, ids: Sequence[str]) -> dict[str, Look]:
        self.calls.check_quiet()
        looks: dict[str, Look] = {}
        trouble: list[Retryable] = []
        rest = iter(ids)

        async def ask() -> None:
            for provider_id in rest:
                if trouble:
                    return
                try:
                    if look := await self._look_at(provider_id):
                        looks[provider_id] = look
                except Retryable as error:
                    trouble.append(error)

        await asyncio.gather(*(ask() for _ in range(min(len(ids), max(1, self.server.concurrency)))))
        if trouble and not looks:
            raise trouble[0]
        return looks

    async def _look_at(self, provider_id: str) -> Look | None:
        """The job's state, at most `min_poll_seconds` old; None if the provider does not show it yet."""
        last = self._last_looks.setdefault(provider_id, _LastLook(-math.inf))
        if len(self._last_looks) > MAX_MEMORIES:
            del self._last_looks[next(iter(self._last_looks))]
        if time.monotonic() - last.at < self.min_poll_seconds:
            return last.look
        last.at = time.monotonic()
        return self.noted(provider_id, await self.retrieve(provider_id))

    def noted(self, provider_id: str, look: Look | None) -> Look | None:
        """A fresh look. None may only be early: the second one in a row means that the job is not there."""
        last = self._last_looks.setdefault(provider_id, _LastLook(time.monotonic()))
        last.look = look
        if look is None:
            last.missing += 1
            if last.missing == 1:  # perhaps not there yet
                return None
            lost = (JobLost if last.seen else NeverShown)(f"{self.server.name} does not know this job")
            last.look = Look("failed", error=lost)
        last.seen = True
        if last.look and last.look.state not in ("queued", "running"):
            self._last_looks.pop(provider_id, None)
        return last.look

    async def fetch(self, job: Job, provider_id: str, look: Look | None, target: Path, report: Report) -> None:
        if look and look.url:
            try:
                return await self.download(look.url, target)
            except EngineError as error:  # the address may have expired: the job gives a fresh one
                log.info("%s: %s", self.server.name, error.detail)
        fresh = await self.retrieve(provider_id)
        if fresh is None:
            raise JobLost(f"{self.server.name} does not know this job")
        if fresh.error:
            raise fresh.error
        if fresh.url is None:
            raise NotHandedOut(NoFile("no output"))
        return await self.download(fresh.url, target)

    async def download(self, url: str, target: Path) -> None:
        """Download the finished file, without the key. Raises what `download.download` raises."""
        await self.calls.download(url, target, with_key=False)

    def odd(self, answer: Answer) -> Unreachable:
        """The error for an answer that says nothing about the job: it is asked about until its deadline."""
        self.warn_once(f"HTTP {answer.status} to a look: {answer.error_text}")
        return Unreachable(f"HTTP {answer.status}: {answer.error_text}")

    def unknown(self, status: object) -> Look:
        """The look for a status that we don't know; it is logged once."""
        self.warn_once(f"unknown status {status!r}; the job is asked about until its deadline")
        return Look("running", raw={"status": status})

    def warn_once(self, what: str) -> None:
        """Log a warning, unless this engine has logged the same one before."""
        if what not in self._warned and len(self._warned) < 1000:
            self._warned.add(what)
            log.warning("%s: %s", self.server.name, what)

    async def close(self) -> None:
        await self.calls.close()
