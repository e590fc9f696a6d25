"""Reads a provider's error answer: which of our errors it is, and how long to wait."""

import base64
import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from html import unescape

from core.errors import (
    EngineError,
    ModerationRefused,
    NoVideosServer,
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
    r"|exceeded your current quota|credit balance|payment required|exhausted.?balance|account.?overdue"
    r"|set.?limit.?exceeded",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"\b(images?|pictures?|input_reference|inpaint\w*|promptImage)\b", re.IGNORECASE)


_ENVELOPES = ("error", "detail", "failure_reason", "fail_reason", "errors", "base_resp")
_WORDS = ("message", "msg", "error_msg", "errmsg", "error_message", "status_msg")
_CODES = ("code", "type", "errcode", "error_code", "status_code")
_FAILED = ("error", "fail", "failed", "failure")
_PAGE = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


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
    (TensorRT-LLM), null, `{"detail": text or [{"loc", "msg"}]}` (FastAPI), `fail_reason` (new-api),
    `{"code": 1001, "msg": text}` (Kling and others), `{"base_resp": {"status_code", "status_msg"}}` (MiniMax), plain
    text, the title of a web page.
    """
    if isinstance(body, str):
        return Complaint(_title(body) if is_page(body) else body.strip())
    if isinstance(body, list):
        return Complaint("; ".join(filter(None, (_validation(entry) for entry in body))))
    if not isinstance(body, dict):
        return Complaint()
    inner = _inner(body)
    if inner is None:
        return Complaint(_first(body, _WORDS), _first(body, _CODES))
    inner_complaint = complaint(inner if inner is not True else body.get("message"))
    return (
        inner_complaint
        if inner_complaint.code or isinstance(inner, dict)
        else replace(inner_complaint, code=str(body.get("code") or ""))
    )


def is_page(body: object) -> bool:
    """A web page, where an API would answer."""
    return isinstance(body, str) and bool(_PAGE.match(body))


def _title(page: str) -> str:
    title = _TITLE.search(page)
    return " ".join(unescape(title[1]).split()) if title else ""


def _inner(body: Mapping[str, object]) -> object:
    """The part of an answer that holds its error; MiniMax sends one along that says 0, success."""
    parts = (body[key] for key in _ENVELOPES if body.get(key))
    return next((part for part in parts if not (isinstance(part, dict) and part.get("status_code") in (0, "0"))), None)


def _first(body: Mapping[str, object], keys: tuple[str, ...]) -> str:
    return str(next((body[key] for key in keys if body.get(key)), ""))


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
    said, failed = complaint(body), body.get("success") is False or str(body.get("status")).lower() in _FAILED
    odd_code = said.code.lower() not in ("", "0", "success", "ok", "200")
    return _inner(body) is not None or bool(said.text and (odd_code or failed))


def no_job(body: object, state: str | None) -> EngineError:
    """What it means that a create call's success names no job; `state` is that of a job without a name."""
    if is_error(body) or cause(complaint(body)):
        return refusal(400, body)
    torn = isinstance(body, str) and body.lstrip().startswith(("{", "["))
    if torn or state or (isinstance(body, dict) and body.get("object") == "video"):
        return OutcomeUnknown("the answer has no id")  # there may be a job
    return NoVideosServer(complaint(body) or f"{body!r:.200}")


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
    """The error for a failed create call.

    A 4xx, 501 or 503 promises that no job was created, and so does another 5xx in which the server itself says what
    went wrong. One without words, or from a gateway (502, 504), leaves the outcome unknown.
    """
    error = complaint(body)
    detail = str(error) or f"HTTP {status}"
    # some call a full rate limit a quota; one that says when to come back is not an empty account
    is_rate_limit = status == 429 and retry_after is not None and error.code != "insufficient_quota"
    if is_rate_limit or status in (408, 425, 503):
        return OverCapacity(detail, retry_after)
    if status >= 500 and not _is_own(status, error, body):
        return OutcomeUnknown(detail)
    if status in (404, 405) and is_page(body):
        return NoVideosServer(detail)
    kind = cause(error) or _BY_STATUS.get(status)
    if kind is None and status == 429:
        return OverCapacity(detail)
    if kind is None and status in (400, 422) and _PICTURE.search(error.text) and "not support" not in error.text:
        kind = PictureRefused
    return (kind or RequestRefused)(detail)


def _is_own(status: int, said: Complaint, body: object) -> bool:
    """Whether a 5xx is the server's own word, and not that of a gateway which has lost sight of it."""
    if status == 504 or not said.text:
        return status == 501
    if status in (500, 501):
        return True
    return isinstance(body, dict) and _inner(body) is not None


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
