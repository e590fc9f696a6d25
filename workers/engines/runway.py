"""Runway's API: gen4.5, gen4_turbo and the other image-to-video models of the same key, through the official SDK.

Facts from the SDK's docstrings (runwayml 5.24) and docs.dev.runwayml.com. The SDK's own waiter is not used (it does
not stop on CANCELLED), nor its retries (they repeat a create call).
"""

import logging
from typing import Any
from urllib.parse import quote

import httpx
from runwayml import APIConnectionError, APIStatusError, AsyncRunwayML

from core.catalog.entries import Server
from core.errors import (
    EngineError,
    ModerationRefused,
    OutcomeUnknown,
    PictureRefused,
    ProviderFailed,
    Unreachable,
)
from workers.engines import Billed, Job, Look, complaints, download
from workers.engines.calls import IDLE_SECONDS, Answer
from workers.engines.fitting import fit
from workers.engines.tasks import Tasks

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


class Runway(Tasks):
    """Runway limits concurrency itself: jobs above the limit wait there as THROTTLED."""

    min_poll_seconds = 5.0
    """ "Consumers should not expect updates more frequent than once every five seconds for a given task." """

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        most, tls = max(1, server.concurrency), download.tls()
        reused = httpx.Limits(max_connections=most, keepalive_expiry=IDLE_SECONDS)
        fresh = httpx.Limits(max_connections=most, max_keepalive_connections=0)  # for create calls; see calls.py
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
        self._ratios: dict[str, str] = {}

    async def prepare(self, job: Job) -> Job:
        return await fit(job, MAX_PICTURE_BYTES)

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
        async with self.calls.slots:
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

    async def retrieve(self, provider_id: str) -> Look | None:
        self.looked += 1
        async with self.calls.slots:
            try:
                response = await self._client.get(f"/v1/tasks/{quote(provider_id, safe='')}", cast_to=httpx.Response)
            except APIStatusError as error:
                if error.status_code == 404:
                    return None
                answer = Answer(error.status_code, self._body(error), error.response.headers)
                if error.status_code in (429, 502, 503, 504):
                    raise self.calls.be_quiet(answer) from error
                raise self.odd(answer) from error
            except APIConnectionError as error:
                raise Unreachable(f"{type(error.__cause__).__name__}: {error.__cause__}") from error
        task = complaints.parsed(response.text)
        if not isinstance(task, dict):
            raise Unreachable(f"not a task: {task!r:.200}")
        return self._read(task)

    def _read(self, task: dict[str, Any]) -> Look:
        cost = (task.get("cost") or {}).get("credits")
        billed = Billed(float(cost), "credits") if isinstance(cost, int | float) else None
        match task.get("status"):
            case "PENDING" | "THROTTLED":
                return Look("queued", billed=billed)
            case "RUNNING":
                done = task.get("progress")
                return Look("running", min(99.0, done * 100) if isinstance(done, int | float) else None, billed=billed)
            case "SUCCEEDED":
                output = task.get("output") or []
                return Look("succeeded", 100.0, url=str(output[0]) if output else None, billed=billed)
            case "CANCELLED":
                return Look("canceled", error=ProviderFailed("canceled at Runway"), billed=billed)
            case "FAILED":
                log.warning(
                    "%s: task %s: %s %s", self.server.name, task.get("id"), task.get("failureCode"), task.get("failure")
                )
                error, worth_retry = failure(str(task.get("failureCode") or ""))
                return Look("failed", error=error, worth_retry=worth_retry, billed=billed)
        return self.unknown(task.get("status"))

    async def cancel(self, provider_id: str) -> bool:
        look = await self.retrieve(provider_id)
        if look is None or look.state in ("failed", "canceled"):
            return not (look and look.billed and look.billed.amount)
        if look.state == "succeeded":
            return False  # DELETE would remove the finished output
        async with self.calls.slots:
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
        after = await self.retrieve(provider_id)
        return not (after and after.billed and after.billed.amount)

    def _body(self, error: APIStatusError) -> object:
        return complaints.parsed(error.response.text, self.server.key)

    async def close(self) -> None:
        for client in (self._http, self._fresh):
            await client.aclose()
        await super().close()


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
