"""Ark, BytePlus' and Volcengine's: Seedance. And MiniMax' second API, whose tasks have the same shape.

Plain HTTP: the official SDK sends a create call up to three times. Wire facts: volcengine-ark-runtime 5.0.54. Ark lists
its jobs with a name that we gave them, so a create call that broke off can be found.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from core.catalog.entries import Server
from core.catalog.fields import nearest_class
from core.catalog.size import Size
from core.errors import (
    EngineError,
    ModerationRefused,
    OutcomeUnknown,
    OverCapacity,
    Permanent,
    PersonRefused,
    ProviderFailed,
    QuotaExhausted,
    Retryable,
    SoundRefused,
    TimedOut,
    Unreachable,
    WrongKey,
)
from workers.engines import Billed, Job, Look, complaints
from workers.engines.calls import Answer
from workers.engines.complaints import Complaint, complaint
from workers.engines.fitting import fit
from workers.engines.tasks import Tasks

log = logging.getLogger(__name__)

MAX_PICTURE_BYTES = 20_000_000  # a data URI may have 30 MB, and base64 adds a third
PAGE = 100
MAX_PAGES = 20
SKEW_SECONDS = 30.0  # how far the server's clock may be behind ours
EXPIRES = (3_600, 259_200)
RATIOS = ("16:9", "9:16", "4:3", "3:4", "1:1", "21:9")
QUEUED, RUNNING = ("queued", "pending", "preparing"), ("running", "processing")
OVERDUE = ("AccountOverdueError", "SetLimitExceeded")


class Ark(Tasks):
    """A task waits, runs, and has succeeded, failed, been cancelled or expired."""

    tasks = "/contents/generations/tasks"
    query = tasks
    classes: tuple[str, ...] = ("480p", "720p", "1080p")

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._can_list = True

    @property
    def lists(self) -> bool:
        return self._can_list

    async def prepare(self, job: Job) -> Job:
        return await fit(job, MAX_PICTURE_BYTES)

    async def submit(self, job: Job) -> str:
        answer = await self.calls.create(self.tasks, self.body(job))
        if answer.status >= 300:
            log.info("%s refused a create call: HTTP %s: %s", self.server.name, answer.status, answer.error_text)
            raise self.refusal(answer)
        task_id = answer.json.get("id") or answer.json.get("task_id")
        if isinstance(task_id, str):
            return task_id
        log.warning("%s: create answered without an id: %.2000r", self.server.name, answer.body)
        raise (
            self.refusal(answer)
            if complaints.is_error(answer.body)
            else complaints.no_job(answer.body, str(answer.json.get("status") or ""))
        )

    def body(self, job: Job) -> dict[str, Any]:
        """What a create call says."""
        least, most = EXPIRES
        sound = {"generate_audio": job.options.get("audio", True)} if "audio" in job.model.options else {}
        return {
            "model": model_at(self.server.base_url, job.model.upstream),
            "content": _content(job),
            "resolution": nearest_class(job.size, self.classes),
            "ratio": _ratio(job.size),
            "duration": job.seconds,
            "watermark": False,
            "safety_identifier": job.reference,
            "execution_expires_after": min(max(job.model.max_wait_seconds, least), most),
            **sound,
            **job.model.fields.get("extra", {}),
        }

    async def look(self, ids: Sequence[str]) -> dict[str, Look]:
        self.calls.check_quiet()
        looks: dict[str, Look] = {}
        for start in range(0, len(ids), PAGE) if len(ids) > 1 and self.lists else ():
            looks |= await self._listed(ids[start : start + PAGE])
        if rest := [provider_id for provider_id in ids if provider_id not in looks]:
            try:
                looks |= await super().look(rest)
            except Retryable:
                if not looks:
                    raise
        return looks

    async def _listed(self, ids: Sequence[str]) -> dict[str, Look]:
        answer = await self.ask(self.query, {"page_num": 1, "page_size": PAGE, "filter.task_ids": list(ids)})
        items = _items(answer)
        if items is None:
            self._can_list = False
            self.warn_once(f"its jobs are asked about one by one: HTTP {answer.status}")
            return {}
        shown = {str(item["id"]): self.read(item) for item in items if item.get("id") in ids}
        return {provider_id: self.noted(provider_id, look) or look for provider_id, look in shown.items()}

    async def retrieve(self, provider_id: str) -> Look | None:
        answer = await self.ask(f"{self.query}/{quote(provider_id, safe='')}")
        if answer.status in (404, 410):
            return None
        if answer.status >= 300 or not answer.json:
            raise self.odd(answer)
        return self.read(answer.json)

    def read(self, task: Mapping[str, Any]) -> Look:
        """What a task says about itself."""
        status, content = str(task.get("status") or "").lower(), task.get("content")
        usage = task.get("usage")
        tokens = usage.get("total_tokens") or usage.get("completion_tokens") if isinstance(usage, dict) else None
        billed = Billed(float(tokens), "tokens") if isinstance(tokens, int | float) else None
        if status in QUEUED or status in RUNNING:
            return Look("queued" if status in QUEUED else "running")
        if status in ("succeeded", "success"):
            url = content.get("video_url") or content.get("url") if isinstance(content, dict) else None
            return Look("succeeded", 100.0, url=str(url) if url else None, billed=billed)
        if status in ("cancelled", "canceled"):
            return Look("canceled", error=ProviderFailed(f"canceled at {self.server.name}"), billed=billed)
        if status == "expired":
            return Look("failed", error=TimedOut("it waited too long at the provider"), billed=billed)
        if status not in ("failed", "fail"):
            return self.unknown(task.get("status"))
        said = complaint(task.get("error"))
        log.warning("%s: task %s failed: %s %s", self.server.name, task.get("id"), said.code, said.text)
        kind = kind_of(said) or complaints.cause(said)
        own_fault = kind is None and said.code.startswith("Internal")
        return Look("failed", error=(kind or ProviderFailed)(said.text), worth_retry=own_fault, billed=billed)

    def refusal(self, answer: Answer) -> EngineError:
        """The error for a refused create call."""
        if kind := kind_of(complaint(answer.body)):
            return kind(answer.error_text)
        return complaints.refusal(answer.status, answer.body, complaints.retry_after(answer.headers))

    async def find(self, job: Job) -> list[str]:
        since, named, recent = job.created_at - SKEW_SECONDS, 0, 0
        sure: list[str] = []
        try:
            for page in range(1, MAX_PAGES + 1):
                answer = await self.ask(self.query, {"page_num": page, "page_size": PAGE})
                items = _items(answer)
                if items is None:
                    raise OutcomeUnknown(f"its jobs can't be listed: HTTP {answer.status}")
                young = [item for item in items if _created(item) >= since]
                named += sum("safety_identifier" in item for item in items)
                recent += len(young)
                sure += [str(item["id"]) for item in young if item.get("safety_identifier") == job.reference]
                ages = [_created(item) for item in items]
                is_newest_first = ages == sorted(ages, reverse=True)
                whole = len(items) < PAGE or answer.json.get("total") == (page - 1) * PAGE + len(items)
                if whole or (is_newest_first and len(young) < len(items)):
                    break
            else:
                raise OutcomeUnknown("too many jobs to look through")
        except Retryable as error:
            raise OutcomeUnknown(error.detail) from error
        if recent and not named:
            raise OutcomeUnknown("its list does not show what we called our jobs")
        return sure

    async def cancel(self, provider_id: str) -> bool:
        look = await self.retrieve(provider_id)
        if look is None:
            return True
        if look.state not in ("queued", "running"):
            return look.state != "succeeded" and look.billed is None
        if look.state == "running":
            return False  # a task that runs can't be stopped
        answer = await self.calls.send("DELETE", f"{self.tasks}/{quote(provider_id, safe='')}")
        log.info("%s: cancel: HTTP %s: %s", self.server.name, answer.status, answer.body)
        if answer.status >= 500 or answer.status == 429:
            raise Unreachable(f"cancel: HTTP {answer.status}")
        return answer.status < 300 and not complaints.is_error(answer.body)


class MiniMax(Ark):
    """Its second API: other paths, errors with HTTP 200, no names for jobs."""

    tasks = "/v2/video_generation"
    query = "/v2/query/video_generation"
    classes = ("768P", "2K")

    @property
    def lists(self) -> bool:
        return False

    def body(self, job: Job) -> dict[str, Any]:
        return {
            "model": job.model.upstream,
            "content": _content(job),
            "resolution": nearest_class(job.size, self.classes),
            "duration": job.seconds,
            **job.model.fields.get("extra", {}),
        }

    async def retrieve(self, provider_id: str) -> Look | None:
        answer = await self.ask(f"{self.query}/{quote(provider_id, safe='')}")
        if answer.status in (404, 410) or "record not found" in answer.error_text.lower():
            return None
        task = answer.json.get("task")
        if answer.status >= 300 or not isinstance(task, dict):
            raise self.calls.be_quiet(answer) if _code(answer) in BUSY else self.odd(answer)
        return self.read(task)

    def refusal(self, answer: Answer) -> EngineError:
        code = _code(answer)
        if code in BUSY:
            return OverCapacity(answer.error_text)
        if kind := CODES.get(code):
            return kind(answer.error_text)
        return complaints.refusal(max(answer.status, 400), answer.body, complaints.retry_after(answer.headers))

    async def find(self, job: Job) -> list[str]:
        raise OutcomeUnknown("this server does not say whose its jobs are")


BUSY = (1002, 1039)
CODES: dict[int, type[Permanent]] = {
    1004: WrongKey,
    1008: QuotaExhausted,
    1026: ModerationRefused,
    1027: ModerationRefused,
    2049: WrongKey,
}
"""MiniMax' `base_resp.status_code`."""


def _code(answer: Answer) -> int:
    said = complaint(answer.body).code
    return int(said) if said.isdigit() else 0


def kind_of(said: Complaint) -> type[Permanent] | None:
    """What Ark's error code is about; None if it is about none of these."""
    if "PrivacyInformation" in said.code:
        return PersonRefused
    if said.code.startswith("OutputAudioSensitiveContentDetected"):
        return SoundRefused
    if "SensitiveContentDetected" in said.code or "RiskDetection" in said.code:
        return ModerationRefused
    return QuotaExhausted if said.code in OVERDUE else None


def model_at(base_url: str, upstream: str) -> str:
    """The model's id on that host: one model has two, and an `ep-...` of one's own has one."""
    if not upstream.startswith("seedance-"):
        return upstream
    host = urlsplit(base_url).hostname or ""
    return f"{'doubao' if host.endswith('volces.com') else 'dreamina'}-{upstream}"


def _content(job: Job) -> list[dict[str, Any]]:
    """The prompt, and the picture as the first frame: without a role it is refused."""
    picture = {"url": complaints.data_uri(job.picture)}
    return [
        {"type": "text", "text": job.prompt},
        {"type": "image_url", "image_url": picture, "role": "first_frame"},
    ]


def _ratio(size: Size) -> str:
    """The nearest ratio that Ark has."""

    def value(ratio: str) -> float:
        width, height = ratio.split(":")
        return int(width) / int(height)

    return min(RATIOS, key=lambda ratio: abs(value(ratio) - size.width / size.height))


def _items(answer: Answer) -> list[dict[str, Any]] | None:
    """The tasks in a list; None if it is none."""
    items = answer.json.get("items")
    if answer.status >= 300 or not isinstance(items, list):
        return None
    return items if all(isinstance(item, dict) for item in items) else None


def _created(task: Mapping[str, Any]) -> float:
    """When it was created, in seconds since 1970; now, if it does not say."""
    value = task.get("created_at")
    return float(value) if isinstance(value, int | float) else float("inf")
