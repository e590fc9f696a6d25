"""The Gemini API's interactions: Gemini Omni Flash. Plain HTTP: `google-genai` sends a create call up to five times.

Wire facts: google-genai 3.6.1, ai.google.dev. The picture goes inline; sound is always made. A finished film names an
address that wants the key, or holds the film itself.
"""

import asyncio
import base64
import binascii
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from core.catalog.fields import nearest_class
from core.errors import (
    EngineError,
    ModerationRefused,
    NoFile,
    NotHandedOut,
    ProviderFailed,
    QuotaExhausted,
    RequestRefused,
    TooHeavy,
    Unplayable,
    WrongKey,
)
from core.settings import settings
from workers.engines import Billed, Job, Look, complaints, download
from workers.engines.calls import Answer
from workers.engines.complaints import Complaint, cause, complaint
from workers.engines.fitting import fit
from workers.engines.tasks import Tasks

log = logging.getLogger(__name__)

MAX_PICTURE_BYTES = 14_000_000  # a request may have 20 MB, and base64 adds a third
CLASSES = ("360p", "720p", "1080p", "4k")
INLINE = "inline:"
"""The address of a film that is inside of the answer, until it is fetched."""
ENDED = ("completed", "failed", "cancelled", "incomplete", "budget_exceeded", "requires_action")


class Gemini(Tasks):
    """A job is an interaction in the background. It can't be listed, and what a cancel costs is not said."""

    async def prepare(self, job: Job) -> Job:
        return await fit(job, MAX_PICTURE_BYTES)

    async def submit(self, job: Job) -> str:
        answer = await self.calls.create("/interactions", _body(job))
        if answer.status >= 300:
            log.info("%s refused a create call: HTTP %s: %s", self.server.name, answer.status, answer.error_text)
            raise _refusal(answer)
        interaction = answer.json
        if isinstance(interaction.get("id"), str) and interaction["id"]:
            return str(interaction["id"])
        log.warning("%s: create answered without an id: %.2000r", self.server.name, answer.body)
        raise complaints.no_job(answer.body, str(interaction.get("status") or ""))

    async def retrieve(self, provider_id: str) -> Look | None:
        answer = await self.ask(_path(provider_id))
        if answer.status in (404, 410) or (answer.status == 400 and "invalid interaction" in answer.error_text.lower()):
            return None
        if answer.status >= 300 or not answer.json:
            raise self.odd(answer)  # another 400 has been seen for a job that ran, and was billed
        status = answer.json.get("status")
        if status in ("queued", "in_progress"):
            return Look("queued" if status == "queued" else "running")
        return self._ended(provider_id, answer.json) if status in ENDED else self.unknown(status)

    def _ended(self, provider_id: str, interaction: Mapping[str, Any]) -> Look:
        billed, status = _billed(interaction), interaction["status"]
        if status == "completed" and (url := _film(interaction)):
            return Look("succeeded", 100.0, url=url, billed=billed)
        log.warning("%s: job %s: %s", self.server.name, provider_id, _told(interaction))
        if status == "completed":
            if billed is None:  # words only, and no video was made
                return Look("failed", error=ModerationRefused(" ".join(_texts(interaction))))
            self.warn_once(f"video tokens and no video: {sorted(interaction)}")
            return Look("failed", error=ProviderFailed(), billed=billed)
        if status == "cancelled":
            return Look("canceled", error=ProviderFailed("canceled at Gemini"), billed=billed)
        return Look("failed", error=_failure(status, interaction), billed=billed)

    async def download(self, url: str, target: Path) -> None:
        if url.startswith(INLINE):
            return await self._unpack(url.removeprefix(INLINE), target)
        is_own = self.calls.is_own(url)
        if is_own and "alt=" not in urlsplit(url).query:
            url = f"{url}{'&' if '?' in url else '?'}alt=media"
        return await self.calls.download(url, target, with_key=is_own)

    async def _unpack(self, provider_id: str, target: Path) -> None:
        """Write a film that is inside of the interaction itself."""
        answer = await self.ask(_path(provider_id))
        video = next(_videos(answer.json), {})
        data = str(video.get("data") or "")
        if not data:
            raise NotHandedOut(NoFile("no data"))
        if len(data) * 3 / 4 > settings().video_max_mb * 1_000_000:
            raise TooHeavy(f"> {settings().video_max_mb:g} MB")
        await asyncio.to_thread(_write, data, target)

    async def cancel(self, provider_id: str) -> bool:
        look = await self.retrieve(provider_id)
        if look is None:
            return True
        if look.state in ("queued", "running"):
            answer = await self.calls.send("POST", f"{_path(provider_id)}/cancel")
            log.info("%s: cancel of a %s job: HTTP %s", self.server.name, look.state, answer.status)
            return False
        return look.state != "succeeded" and look.billed is None


def _path(provider_id: str) -> str:
    return f"/interactions/{quote(provider_id, safe='')}"


def _body(job: Job) -> dict[str, Any]:
    """What a create call says. The length is a text: as a number it is refused."""
    picture = {"type": "image", "data": base64.b64encode(job.picture).decode(), "mime_type": "image/jpeg"}
    return {
        "model": job.model.upstream,
        "background": True,
        "input": [picture, {"type": "text", "text": job.prompt}],
        "response_format": {
            "type": "video",
            "delivery": "uri",
            "aspect_ratio": "9:16" if job.size.is_portrait else "16:9",
            "resolution": nearest_class(job.size, CLASSES),
            "duration": f"{job.seconds}s",
        },
        "labels": {"reference": job.reference},
    }


def _contents(interaction: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the model has made, in order."""
    steps = interaction.get("steps")
    for step in steps if isinstance(steps, list) else []:
        content = step.get("content") if isinstance(step, dict) and step.get("type") == "model_output" else None
        yield from (part for part in content or [] if isinstance(part, dict))


def _videos(interaction: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (part for part in _contents(interaction) if part.get("type") == "video")


def _texts(interaction: Mapping[str, Any]) -> Iterator[str]:
    return (str(part.get("text") or "") for part in _contents(interaction) if part.get("type") == "text")


def _film(interaction: Mapping[str, Any]) -> str | None:
    """Where the film is: at an address, or in the interaction itself."""
    video = next(_videos(interaction), {})
    uri = video.get("uri")
    if isinstance(uri, str) and uri.startswith(("http://", "https://")):
        return uri
    return f"{INLINE}{interaction.get('id')}" if video.get("data") else None


def _billed(interaction: Mapping[str, Any]) -> Billed | None:
    """The video's tokens; what the words cost besides is next to nothing."""
    usage = interaction.get("usage")
    by_kind = usage.get("output_tokens_by_modality") if isinstance(usage, dict) else None
    for entry in by_kind if isinstance(by_kind, list) else []:
        if isinstance(entry, dict) and str(entry.get("modality")).lower() == "video" and entry.get("tokens"):
            return Billed(float(entry["tokens"]), "video tokens")
    return None


def _told(interaction: Mapping[str, Any]) -> str:
    """The interaction's status and error, for the log."""
    return f"{interaction.get('status')} {complaint(interaction)} {' '.join(_texts(interaction))[:500]}"


def _worded(body: object) -> Complaint:
    """`{"error": {code, message, status}}`; the front end sends it inside of a list."""
    return complaint(body[0] if isinstance(body, list) and body else body)


def _refusal(answer: Answer) -> EngineError:
    """The error for a refused create call."""
    said, body = _worded(answer.body), answer.body
    if answer.status == 400 and "api key" in said.text.lower():
        return WrongKey(said.text)
    if answer.status == 400 and _is_blocked(said.text):
        return ModerationRefused(said.text)
    plain = body[0] if isinstance(body, list) and body else body
    return complaints.refusal(answer.status, plain, complaints.retry_after(answer.headers))


def _failure(status: str, interaction: Mapping[str, Any]) -> EngineError:
    """The error of an interaction that ended without a film."""
    said = complaint({name: interaction.get(name) for name in ("error", "errors")})
    text = said.text or " ".join(_texts(interaction))
    if status == "budget_exceeded":
        return QuotaExhausted(text)
    if kind := ModerationRefused if _is_blocked(text) else cause(Complaint(text, said.code)):
        return kind(text)
    return RequestRefused(text or status) if status == "requires_action" else ProviderFailed(text)


def _is_blocked(text: str) -> bool:
    """Whether Google's words are about its rules."""
    words = ("SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST")
    return any(word in text for word in words) or ("blocked" in text and "polic" in text)


def _write(data: str, target: Path) -> None:
    """Decode base64 into `target`. Raises Unplayable."""
    part = target.with_name(f"{target.name}.part")
    try:
        content = base64.b64decode(data, validate=True)
        if download.is_text(content):
            raise Unplayable(content[:200].decode(errors="replace"))
        part.write_bytes(content)
        part.replace(target)
    except binascii.Error as error:
        raise Unplayable(f"no base64: {error}") from error
    finally:
        part.unlink(missing_ok=True)
