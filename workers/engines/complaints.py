"""Reads a provider's error answer: which of our errors it is, and how long to wait."""

import base64
import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

from core.errors import (
    EngineError,
    ModerationRefused,
    OutcomeUnknown,
    OverCapacity,
    Permanent,
    PictureRefused,
    QuotaExhausted,
    RequestRefused,
    WrongKey,
)


def parsed(text: str, key: str = "") -> object:
    """The body as JSON, or as text if it is none; `key`, which a server may quote, is replaced."""
    text = text.replace(key, "[key]") if len(key) >= 8 else text
    try:
        return json.loads(text)
    except ValueError:
        return text


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
    """An error as the server words it, with its code if it gives one."""

    text: str = ""
    code: str = ""

    def __str__(self) -> str:
        return self.text or self.code


def complaint(body: object) -> Complaint:
    """The error in an answer, in any of these shapes:

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
    inner_complaint = complaint(inner if inner is not True else body.get("message"))
    return (
        inner_complaint
        if inner_complaint.code or isinstance(inner, dict)
        else replace(inner_complaint, code=str(body.get("code") or ""))
    )


def _validation(entry: object) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    path = entry.get("loc") or entry.get("path") or ()
    where = ".".join(str(part) for part in path if part != "body")
    message = str(entry.get("msg", entry.get("message", "")))
    return f"{where}: {message}" if where else message


def is_error(body: object) -> bool:
    """Whether the body of a 2xx answer is an error after all, as some gateways send it."""
    if not isinstance(body, dict):
        return False
    odd_code = str(body.get("code") or "").lower() not in ("", "success", "ok", "200")
    return bool(body.get("error") or body.get("detail") or (odd_code and body.get("message")))


def cause(error: Complaint) -> type[Permanent] | None:
    """ModerationRefused or QuotaExhausted, recognised by code or words; None if neither."""
    both = f"{error.code} {error.text}"
    return ModerationRefused if _MODERATION.search(both) else QuotaExhausted if _QUOTA.search(both) else None


_BY_STATUS: dict[int, type[Permanent]] = {
    401: WrongKey,
    402: QuotaExhausted,
    403: WrongKey,
    413: PictureRefused,
}


def refusal(status: int, body: object, retry_after: float | None = None) -> EngineError:
    """The error for a failed create call. Only a 4xx, 501 or 503 promises that no job was created."""
    error = complaint(body)
    detail = str(error) or f"HTTP {status}"
    # some call a full rate limit a quota; one that says when to come back is not an empty account
    is_rate_limit = status == 429 and retry_after is not None and error.code != "insufficient_quota"
    if is_rate_limit or status in (408, 425, 503):
        return OverCapacity(detail, retry_after)
    if status >= 500 and status != 501:
        return OutcomeUnknown(detail)
    kind = cause(error) or _BY_STATUS.get(status)
    if kind is None and status == 429:
        return OverCapacity(detail)
    if kind is None and status in (400, 422) and _PICTURE.search(error.text) and "not support" not in error.text:
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


def data_uri(jpeg: bytes) -> str:
    """The picture as a `data:` URI."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
