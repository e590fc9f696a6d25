"""Runway's API: gen4.5, gen4_turbo and the other image-to-video models of the same key, through the official SDK.

Facts from the SDK's docstrings (runwayml 5.24) and docs.dev.runwayml.com. The SDK's own waiter is not used (it does
not stop on CANCELLED), nor its retries (they repeat a create call).
"""

import asyncio
import io
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import httpx2
from anyio import CapacityLimiter
from PIL import Image
from runwayml import APIConnectionError, APIStatusError, AsyncRunwayML

from core.catalog.entries import Server
from core.errors import (
    EngineError,
    JobLost,
    ModerationRefused,
    NeverShown,
    NoFile,
    NotHandedOut,
    OutcomeUnknown,
    OverCapacity,
    PictureRefused,
    ProviderFailed,
    Retryable,
    Unreachable,
)
from workers.engines import Engine, Job, Look, Report, complaints, download

log = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(60, connect=10)
MAX_PICTURE_BYTES = 3_700_000  # a data URI may have 5 MB, and base64 adds a third
NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
OTHER_RATIO = {"pixels": "aspect", "aspect": "none"}
"""A model wants its ratio as `1280:720` (most), as `16:9` (Hailuo), or not at all (it follows the picture)."""


@dataclass
class _LastLook:
    at: float
    look: Look | None = None
    missing: int = 0
    seen: bool = False


class Runway(Engine):
    """Runway limits concurrency itself: jobs above the limit wait there as THROTTLED."""

    min_poll_seconds = 5.0
    """ "Consumers should not expect updates more frequent than once every five seconds for a given task." """

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        reused = httpx.Limits(max_connections=server.concurrency, keepalive_expiry=3.0)
        # a create call never goes out on a used connection: one that dies under it leaves the outcome unknown
        fresh = httpx.Limits(max_connections=server.concurrency, max_keepalive_connections=0)
        tls = download.tls()
        self._http = httpx.AsyncClient(verify=tls, timeout=TIMEOUT, limits=reused)
        self._fresh = httpx.AsyncClient(verify=tls, timeout=TIMEOUT, limits=fresh)
        self._client = AsyncRunwayML(
            api_key=server.key or "none",
            base_url=server.base_url,
            max_retries=0,
            timeout=TIMEOUT,
            http_client=self._http,
        )
        self._creator = self._client.copy(http_client=self._fresh)
        self._outside = httpx2.AsyncClient(verify=tls, timeout=httpx2.Timeout(60, connect=10))  # never gets the key
        self._slots = CapacityLimiter(max(1, server.concurrency))
        self._ratios: dict[str, str] = {}
        self._last_looks: dict[str, _LastLook] = {}
        self._quiet_until = 0.0

    def share_with(self, workers: int) -> None:
        self._slots.total_tokens = max(1, self.server.concurrency // workers)

    async def prepare(self, job: Job) -> Job:
        """Compress a picture that does not fit into a data URI; its size in pixels stays."""
        if len(job.picture) <= MAX_PICTURE_BYTES:
            return job
        return replace(job, picture=await asyncio.to_thread(_squeeze, job.picture))

    async def submit(self, job: Job) -> str:
        uri, name = complaints.data_uri(job.picture), job.model.upstream
        ratio = self._ratios.get(name, "pixels")
        refused: EngineError | None = None
        while True:
            try:
                provider_id = await self._create(job, uri, ratio)
                break
            except APIStatusError as error:
                body = self._body(error)
                log.info("%s refused a create call: HTTP %s: %s", self.server.name, error.status_code, body)
                refused = refused or _refusal(error, body)
                if error.status_code != 400 or "ratio" not in str(body) or ratio not in OTHER_RATIO:
                    raise refused from error
                ratio = OTHER_RATIO[ratio]
        self._ratios[name] = ratio
        return provider_id

    async def _create(self, job: Job, uri: str, ratio: str) -> str:
        ratios = {
            "pixels": {"ratio": f"{job.size.width}:{job.size.height}"},
            "aspect": {"ratio": job.size.ratio},
            "none": {},
        }
        fields: dict[str, Any] = {
            "model": job.model.upstream,
            "prompt_image": uri,
            "prompt_text": job.prompt,
            "duration": job.seconds,
            **ratios[ratio],
        }
        async with self._slots:
            try:
                answer = await self._creator.image_to_video.with_raw_response.create(**fields)
            except APIConnectionError as error:
                detail = f"{type(error.__cause__).__name__}: {error.__cause__}"
                if isinstance(error.__cause__, NOTHING_SENT):
                    raise Unreachable(detail) from error
                raise OutcomeUnknown(detail) from error
        task = complaints.parsed(await answer.text(), self.server.key)
        if isinstance(task, dict) and task.get("id"):
            return str(task["id"])
        log.warning("%s: create answered without an id: %.2000r", self.server.name, task)
        raise complaints.no_job(task, str(task.get("status") or "") if isinstance(task, dict) else None)

    async def look(self, ids: Sequence[str]) -> dict[str, Look]:
        if (wait := self._quiet_until - time.monotonic()) > 0:
            raise OverCapacity("the server asked to be left alone", wait)
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

        await asyncio.gather(*(ask() for _ in range(min(len(ids), self.server.concurrency))))
        if trouble and not looks:
            raise trouble[0]
        return looks

    async def _look_at(self, provider_id: str) -> Look | None:
        """The task's state, at most five seconds old; None if Runway does not show it yet."""
        last = self._last_looks.setdefault(provider_id, _LastLook(-math.inf))
        if time.monotonic() - last.at < self.min_poll_seconds:
            return last.look
        last.at = time.monotonic()
        last.look = await self._retrieve(provider_id)
        if last.look is None:
            last.missing += 1
            if last.missing == 1:  # perhaps not there yet
                return None
            lost = (JobLost if last.seen else NeverShown)("Runway does not know this task")
            last.look = Look("failed", error=lost)
        last.seen = True
        if last.look.state not in ("queued", "running"):
            self._last_looks.pop(provider_id, None)
        return last.look

    async def _retrieve(self, provider_id: str) -> Look | None:
        """The task's state at Runway; None if there is no such task. Raises Retryable."""
        self.looked += 1
        async with self._slots:
            try:
                response = await self._client.get(f"/v1/tasks/{quote(provider_id, safe='')}", cast_to=httpx.Response)
            except APIStatusError as error:
                if error.status_code == 404:
                    return None
                wait = complaints.retry_after(error.response.headers)
                if error.status_code in (429, 502, 503, 504):
                    self._quiet_until = time.monotonic() + (1.0 if wait is None else wait)
                    raise OverCapacity(self._body(error), wait) from error
                raise Unreachable(f"HTTP {error.status_code}: {self._body(error)}") from error
            except APIConnectionError as error:
                raise Unreachable(f"{type(error.__cause__).__name__}: {error.__cause__}") from error
        task = complaints.parsed(response.text)
        if not isinstance(task, dict):
            raise Unreachable(f"not a task: {task!r:.200}")
        return self._read(task)

    def _read(self, task: dict[str, Any]) -> Look:
        cost = (task.get("cost") or {}).get("credits")
        raw: dict[str, object] = {"status": task.get("status")} | ({} if cost is None else {"cost_credits": cost})
        match task.get("status"):
            case "PENDING" | "THROTTLED":
                return Look("queued", raw=raw)
            case "RUNNING":
                done = task.get("progress")
                return Look("running", min(99.0, done * 100) if isinstance(done, int | float) else None, raw=raw)
            case "SUCCEEDED":
                output = task.get("output") or []
                return Look("succeeded", 100.0, url=str(output[0]) if output else None, raw=raw)
            case "CANCELLED":
                return Look("canceled", error=ProviderFailed("canceled at Runway"), raw=raw)
            case "FAILED":
                log.warning(
                    "%s: task %s: %s %s", self.server.name, task.get("id"), task.get("failureCode"), task.get("failure")
                )
                error, worth_retry = failure(str(task.get("failureCode") or ""))
                return Look("failed", error=error, worth_retry=worth_retry, raw=raw)
        log.warning("%s: unknown status %r", self.server.name, task.get("status"))
        return Look("running", raw=raw)

    async def fetch(self, job: Job, provider_id: str, look: Look | None, target: Path, report: Report) -> None:
        if look and look.url:
            try:
                return await download.download(self._outside, look.url, target)
            except EngineError as error:  # the address may have expired: the task gives a fresh one
                log.info("%s: %s", self.server.name, error.detail)
        fresh = await self._retrieve(provider_id)
        if fresh is None:
            raise JobLost("Runway does not know this task")
        if fresh.error:
            raise fresh.error
        if fresh.url is None:
            raise NotHandedOut(NoFile("no output"))
        return await download.download(self._outside, fresh.url, target)

    async def cancel(self, provider_id: str) -> bool:
        look = await self._retrieve(provider_id)
        if look is None or look.state in ("failed", "canceled"):
            return not (look and look.raw.get("cost_credits"))
        if look.state == "succeeded":
            return False  # DELETE would remove the finished output
        async with self._slots:
            try:
                await self._client.tasks.delete(provider_id)
            except APIStatusError as error:
                log.info("%s: cancel: HTTP %s: %s", self.server.name, error.status_code, self._body(error))
                return False
            except APIConnectionError as error:
                raise Unreachable(str(error.__cause__)) from error
        if look.state == "running":
            return False
        # it may have started in between: a task that still exists has its cost
        after = await self._retrieve(provider_id)
        return not (after and after.raw.get("cost_credits"))

    def _body(self, error: APIStatusError) -> object:
        return complaints.parsed(error.response.text, self.server.key)

    async def close(self) -> None:
        for client in (self._http, self._fresh):
            await client.aclose()
        await self._outside.aclose()


def _refusal(error: APIStatusError, body: object) -> EngineError:
    """The error for `{"error": text, "issues": [{"path", "message"}]}`."""
    issues = body.get("issues") if isinstance(body, dict) else None
    text = ": ".join(filter(None, (complaints.complaint(body).text, complaints.complaint(issues).text)))
    return complaints.refusal(error.status_code, {"error": text}, complaints.retry_after(error.response.headers))


def failure(code: str) -> tuple[EngineError, bool]:
    """The error for a failure code, and whether one more attempt is worth it.

    docs.dev.runwayml.com/errors/task-failures: SAFETY.* must not be retried nor shown, ASSET.INVALID is about the
    picture, INTERNAL.BAD_OUTPUT.* and the rest are Runway's own doing.
    """
    if "SAFETY" in code.split("."):
        return ModerationRefused(code), False
    if code.startswith(("ASSET.", "INPUT_PREPROCESSING.")):
        return PictureRefused(code), False
    return ProviderFailed(), True


def _squeeze(jpeg: bytes) -> bytes:
    """The JPEG with the same size in pixels, compressed to MAX_PICTURE_BYTES if quality 45 suffices."""
    picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
    for quality in (90, 80, 65, 45):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        if out.tell() <= MAX_PICTURE_BYTES:
            break
    return out.getvalue()
