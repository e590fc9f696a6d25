"""Reads servers' answers: statuses, ids, progress, errors. Pure functions; requests are in forms.py.

Wire facts are from the servers' released sources (November 2026): OpenAI, SGLang-diffusion, vLLM-Omni, LiteLLM,
FastVideo, TensorRT-LLM, Aquiles-Image, new-api. Other servers are read with the same tolerance.
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urljoin

from core.errors import (
    EngineError,
    JobLost,
    ModerationRefused,
    ProviderFailed,
    TimedOut,
)
from workers.engines import Job, Look
from workers.engines.complaints import cause, complaint

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


def video_in(body: object) -> Json:
    """The video object in an answer: the answer itself, or the one in `{"data": {...}}` (new-api's older route)."""
    if not isinstance(body, dict):
        return {}
    inner = body.get("data")
    return video_in(inner) if not id_of(body) and isinstance(inner, dict) else body


def id_of(video: Mapping[str, Any]) -> str:
    """The job's id, under any of its names (`task_id`: new-api); empty if there is none."""
    value = next((video[key] for key in ("id", "task_id", "video_id") if video.get(key)), "")
    return str(value) if isinstance(value, str | int) else ""


def word_of(video: Mapping[str, Any]) -> str:
    """The job's status as the server writes it, in lower case; empty if there is none."""
    word = next((video[key] for key in ("status", "state", "task_status") if video.get(key)), "")
    return re.sub(r"[\s-]+", "_", str(word).strip().lower()).removeprefix("task_status_")


def items_in(body: object) -> list[Json] | None:
    """The jobs in the answer to a list call; None if it is no list of jobs."""
    items = body.get("data") if isinstance(body, dict) else body
    if not isinstance(items, list) or not all(isinstance(item, dict) and id_of(item) for item in items):
        return None
    return items


PLACES = (
    "url",
    "video_url",
    "result_url",
    "urls.0",
    "output",
    "output.0",
    "output.url",
    "output.0.url",
    "metadata.url",
    "video.url",
    "data.0.url",
    "data.url",
    "data.task_result.videos.0.url",
    "task_result.videos.0.url",
)
"""Where servers that put the finished file elsewhere name it: SGLang, gateways, Kling."""


def url_in(video: Mapping[str, Any], base_url: str) -> str | None:
    """The address of the finished file, where the server names one; a relative one is the server's own."""
    for place in PLACES:
        address = _at(video, place)
        if not isinstance(address, str) or not (address := address.strip()) or re.search(r"\s", address):
            continue
        if address.startswith(("http://", "https://")):
            return address
        if re.match(r"[\w.~%-]*/", address) or re.search(r"^[^:]+\.\w{2,4}$", address):
            return urljoin(f"{base_url}/", address)
    return None


def _at(body: object, place: str) -> object:
    """What is at that place: names and places in lists, with dots between; None if there is nothing."""
    for step in place.split("."):
        if isinstance(body, list) and step.isdigit():
            body = body[int(step)] if int(step) < len(body) else None
        else:
            body = body.get(step) if isinstance(body, Mapping) else None
    return body


def created_in(video: Mapping[str, Any]) -> float | None:
    """When the job was created, in seconds since 1970; servers send seconds, milliseconds or ISO 8601."""
    value = video.get("created_at")
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except ValueError:
            return None
    return None if not isinstance(value, int | float) else value / 1000 if value > 1e11 else float(value)


def progress(value: object, state: State) -> float | None:
    """0-100, or None where the server does not know.

    Servers send null, a fraction, a percentage, "42%", 0 until the end, or 100 while the job still waits (FastVideo's
    default): so 0 and the maximum say nothing while the job runs, and 1 is the maximum of one of the scales.
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


def read_look(video: Mapping[str, Any], base_url: str) -> Look | None:
    """One job's state, as the server at `base_url` tells it; None if its status is unknown or missing."""
    state = STATES.get(word_of(video))
    if state is None:
        return None
    error = failure(video) if state in ("failed", "canceled") else None
    return Look(
        state, progress(video.get("progress"), state), url=url_in(video, base_url), error=error, raw=dict(video)
    )


def same_job(video: Mapping[str, Any], job: Job, since: float) -> bool | None:
    """Whether a listed job is ours; None if the server says too little about it, or something different.

    `since` is the earliest creation time. SGLang lists no prompts; some servers round sizes and lengths.
    """
    created, prompt = created_in(video), " ".join(str(video.get("prompt") or "").split())
    if (created is not None and created < since) or (prompt and prompt != " ".join(job.prompt.split())):
        return False
    seconds = next((video[key] for key in ("seconds", "duration", "n_seconds") if video.get(key)), job.seconds)
    size = video.get("size") or f"{video.get('width', job.size.width)}x{video.get('height', job.size.height)}"
    model = video.get("model") or job.model.upstream
    expected = (str(job.seconds), str(job.size), job.model.upstream)
    certain = prompt and created is not None and (str(seconds).removesuffix(".0"), size, model) == expected
    return True if certain else None


def failure(video: Mapping[str, Any]) -> EngineError:
    """The error of a failed or canceled job."""
    error, word = complaint({k: v for k, v in video.items() if k not in ("code", "type")}), word_of(video)
    if word == "nsfw":
        return ModerationRefused(str(error))
    if kind := cause(error):
        return kind(f"{error.code} {error.text}".strip())
    if not error.text and word == "deleted":
        return JobLost("the server says it was deleted")
    if not error.text and word == "expired":
        return TimedOut("the server says it expired")
    return ProviderFailed(error.text or error.code)
