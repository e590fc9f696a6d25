"""What servers answer, read: statuses, ids, progress, errors. Pure functions; how they are asked is in forms.py.

Wire facts are from the servers' released sources (November 2026): OpenAI, SGLang-diffusion, vLLM-Omni, LiteLLM,
FastVideo, TensorRT-LLM, Aquiles-Image, new-api. A server that is none of these is met with the same tolerance.
"""

import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from core.errors import (
    EngineError,
    JobLost,
    ModerationRefused,
    OutcomeUnknown,
    OverCapacity,
    Permanent,
    PictureRefused,
    ProviderFailed,
    QuotaExhausted,
    RequestRefused,
    TimedOut,
    WrongKey,
)
from workers.engines import Job, Look

Json = dict[str, Any]
FilePart = tuple[str, tuple[str, bytes, str]]
State = Literal["queued", "running", "succeeded", "failed", "canceled"]

_SYNONYMS: dict[State, str] = {
    "queued": "queued queueing pending preparing submitted created throttled not_start waiting",
    "running": "in_progress running processing preprocessing generating",
    "succeeded": "completed complete succeeded succeed success done finished ready",
    "failed": "failed fail failure error nsfw rejected expired deleted",
    "canceled": "cancelled canceled",
}
STATES: dict[str, State] = {word: state for state, words in _SYNONYMS.items() for word in words.split()}


# --- the video object ---------------------------------------------------------------------------------------------


def parsed(text: str, key: str = "") -> object:
    """An answer's body: what its JSON says, or the text itself; without `key`, which a server may quote in an error."""
    text = text.replace(key, "[key]") if len(key) >= 8 else text
    try:
        return json.loads(text)
    except ValueError:
        return text


def video_in(body: object) -> Json:
    """The video object in an answer: the answer itself, or what is in `{"data": {...}}` (new-api's older route)."""
    if not isinstance(body, dict):
        return {}
    inner = body.get("data")
    return video_in(inner) if not id_of(body) and isinstance(inner, dict) else body


def id_of(video: Mapping[str, Any]) -> str:
    """The job's id, under any of its names (`task_id`: new-api); empty if there is none."""
    found = next((video[key] for key in ("id", "task_id", "video_id") if video.get(key)), "")
    return str(found) if isinstance(found, str | int) else ""


def word_of(video: Mapping[str, Any]) -> str:
    """The server's own word for the job's state, lower case; empty if it gives none."""
    word = next((video[key] for key in ("status", "state", "task_status") if video.get(key)), "")
    return re.sub(r"[\s-]+", "_", str(word).strip().lower()).removeprefix("task_status_")


def items_in(body: object) -> list[Json] | None:
    """The jobs in the answer to a list call, or None if that is not what it is."""
    found = body.get("data") if isinstance(body, dict) else body
    if not isinstance(found, list) or not all(isinstance(item, dict) and id_of(item) for item in found):
        return None
    return found


def url_in(video: Mapping[str, Any]) -> str | None:
    """Where the finished file is, for servers that put it into a bucket (SGLang: `url`; gateways: `video_url`)."""
    urls = video.get("urls") or video.get("output")
    candidates = [video.get("url"), video.get("video_url"), urls[0] if isinstance(urls, list) and urls else None]
    return next((str(u) for u in candidates if str(u).startswith(("http://", "https://"))), None)


def created_in(video: Mapping[str, Any]) -> float | None:
    """When the server says it made the job, in seconds since 1970; it may write seconds, milliseconds or ISO 8601."""
    value = video.get("created_at")
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except ValueError:
            return None
    return None if not isinstance(value, int | float) else value / 1000 if value > 1e11 else float(value)


def progress(value: object, state: State) -> float | None:
    """0-100, or None where the server does not know.

    Servers say null, a fraction, a percentage, "42%", 0 until the end, or 100 while the job still waits (FastVideo's
    default): an end of the scale before the end of the job is no knowledge, and 1 is an end of one of the scales.
    """
    if state == "succeeded":
        return 100.0
    try:
        number = float(str(value).strip().removesuffix("%"))
    except ValueError:
        return None
    if not math.isfinite(number) or isinstance(value, bool):
        return None
    percent = number * 100 if 0 < number < 1 else number
    return percent if state == "running" and 0 < percent < 100 and number != 1 else None


def look_at(video: Mapping[str, Any]) -> Look | None:
    """What the server says about one job, or None if its status is unknown or missing: then it is asked again."""
    state = STATES.get(word_of(video))
    if state is None:
        return None
    error = failure(video) if state in ("failed", "canceled") else None
    return Look(state, progress(video.get("progress"), state), url=url_in(video), error=error, raw=dict(video))


def same_job(video: Mapping[str, Any], job: Job, since: float) -> bool | None:
    """Whether a listed job is ours; None if the server says too little, or something else, about it.

    `since` is the earliest time. SGLang lists no prompts; some servers round sizes and lengths.
    """
    made, prompt = created_in(video), " ".join(str(video.get("prompt") or "").split())
    if (made is not None and made < since) or (prompt and prompt != " ".join(job.prompt.split())):
        return False
    seconds = next((video[key] for key in ("seconds", "duration", "n_seconds") if video.get(key)), job.seconds)
    size = video.get("size") or f"{video.get('width', job.size.width)}x{video.get('height', job.size.height)}"
    model = video.get("model") or job.model.upstream
    asked = (str(job.seconds), str(job.size), job.model.upstream)
    certain = prompt and made is not None and (str(seconds).removesuffix(".0"), size, model) == asked
    return True if certain else None


# --- errors -------------------------------------------------------------------------------------------------------

_MODERATION = re.compile(
    r"moderat|content.?polic|policy.?violat|violates? .{0,40}polic|usage polic|safety|nsfw|content.?filter"
    r"|responsible.?ai|sensitive content|sentinel|inappropriate|prohibited content",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"insufficient.?(quota|credit|balance|fund|user.?quota)|billing|not .{0,8}enough credits"
    r"|exceeded your current quota|credit balance|payment required",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"\b(images?|pictures?|input_reference|inpaint\w*|promptImage)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Complaint:
    """What a server says is wrong: its words, and its code where it gives one."""

    text: str = ""
    code: str = ""

    def __str__(self) -> str:
        return self.text or self.code


def complaint(body: object) -> Complaint:
    """The error in an answer, whichever way it is written.

    `{"error": {"code", "message"}}` (OpenAI, vLLM-Omni: code is an int), without a code (SGLang), a string
    (TensorRT-LLM), null, `{"detail": text or [{"loc", "msg"}]}` (FastAPI), `fail_reason` (new-api), plain text.
    """
    if isinstance(body, str):
        return Complaint(body.strip())
    if isinstance(body, list):
        return Complaint("; ".join(filter(None, (_validation(entry) for entry in body))))
    if not isinstance(body, dict):
        return Complaint()
    inner: object = next((body[k] for k in ("error", "detail", "failure_reason", "fail_reason") if body.get(k)), None)
    if inner is None:
        return Complaint(str(body.get("message") or ""), str(body.get("code") or body.get("type") or ""))
    found = complaint(inner if inner is not True else body.get("message"))
    return found if found.code or isinstance(inner, dict) else replace(found, code=str(body.get("code") or ""))


def _validation(entry: object) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    path = entry.get("loc") or entry.get("path") or ()
    where = ".".join(str(part) for part in path if part != "body")
    said = str(entry.get("msg", entry.get("message", "")))
    return f"{where}: {said}" if where else said


def says_no(body: object) -> bool:
    """An error where a job should be, in an answer that calls itself a success (gateways)."""
    if not isinstance(body, dict):
        return False
    odd_code = str(body.get("code") or "").lower() not in ("", "success", "ok", "200")
    return bool(body.get("error") or body.get("detail") or (odd_code and body.get("message")))


def cause(said: Complaint) -> type[Permanent] | None:
    """Moderation or an empty account, recognised by code or words; None if neither."""
    both = f"{said.code} {said.text}"
    return ModerationRefused if _MODERATION.search(both) else QuotaExhausted if _QUOTA.search(both) else None


def failure(video: Mapping[str, Any]) -> EngineError:
    """Why a job that ended badly did so."""
    said, word = complaint({k: v for k, v in video.items() if k not in ("code", "type")}), word_of(video)
    if word == "nsfw":
        return ModerationRefused(str(said))
    if found := cause(said):
        return found(f"{said.code} {said.text}".strip())
    if not said.text and word == "deleted":
        return JobLost("the server says it was deleted")
    if not said.text and word == "expired":
        return TimedOut("the server says it expired")
    return ProviderFailed(said.text or said.code)


_BY_STATUS: dict[int, type[Permanent]] = {
    401: WrongKey,
    402: QuotaExhausted,
    403: WrongKey,
    413: PictureRefused,
}


def refusal(status: int, body: object, retry_after: float | None = None) -> EngineError:
    """What a create call's answer means. Only a 4xx, 501 or 503 is a promise that no job was made."""
    said = complaint(body)
    detail = str(said) or f"HTTP {status}"
    # some call a full rate limit a quota; one that says when to come back is not an empty account
    told = status == 429 and retry_after is not None and said.code != "insufficient_quota"
    if told or status in (408, 425, 503):
        return OverCapacity(detail, retry_after)
    if status >= 500 and status != 501:
        return OutcomeUnknown(detail)
    kind = cause(said) or _BY_STATUS.get(status)
    if kind is None and status == 429:
        return OverCapacity(detail)
    if kind is None and status in (400, 422) and _PICTURE.search(said.text) and "not support" not in said.text:
        kind = PictureRefused
    return (kind or RequestRefused)(detail)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The `Retry-After` header (RFC 9110: seconds or a date) in seconds from now, or None."""
    value = headers.get("retry-after", "")
    try:
        wait = float(value)
    except ValueError:
        try:
            wait = parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return min(max(0.0, wait), 3600.0) if math.isfinite(wait) else None
