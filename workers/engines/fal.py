"""fal: Kling, Wan, Seedance, LTX, Veo and MiniMax behind one queue. Plain HTTP: `fal-client` sends a create call up to
ten times.

Wire facts: fal-client 1.0.3, @fal-ai/client 1.10.1, docs.fal.ai. The picture is uploaded to fal, because only an
address works with every model; it is public there, so it goes after a day.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from core.catalog.entries import Server
from core.catalog.fields import Fields, nearest_class
from core.errors import (
    EngineError,
    ModerationRefused,
    PictureRefused,
    ProviderFailed,
    RequestRefused,
    Retryable,
    TimedOut,
    Unreachable,
)
from workers.engines import Billed, Job, Look, complaints
from workers.engines.calls import Answer
from workers.engines.fitting import fit
from workers.engines.tasks import Tasks

log = logging.getLogger(__name__)

MAX_PICTURE_BYTES = 9_000_000
KEPT = {"expiration_duration_seconds": 86_400}
FIELDS: dict[str, Fields] = {
    "fal-ai/kling-video/v3/": Fields("start_image_url", "text", audio="generate_audio"),
    "bytedance/seedance-2.5/": Fields("image_url", "text", ("480p", "720p"), "generate_audio"),
    "alibaba/wan-3.0/": Fields("start_image_url", "number", ("480p", "720p", "1080p"), "audio"),
    "fal-ai/ltx-2.3/": Fields("image_url", "text", ("1080p", "1440p", "2160p"), "generate_audio"),
    "fal-ai/veo3.1/": Fields("image_url", "seconds", ("720p", "1080p"), "generate_audio"),
    "minimax/h3-max/": Fields("image_url", "text", ("480P", "768P", "1080P")),
}
"""By the start of an endpoint's name, the longest first. No ratio is sent: all of them follow the picture."""
NAMESPACES = ("workflows", "comfy")
_OF_PICTURE = re.compile(r"(image|file|face)_")


class Fal(Tasks):
    """A job's id is the path of its request: the endpoint's first two parts (three in a namespace) and fal's own id."""

    min_poll_seconds = 3.0

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        is_fal = (urlsplit(server.base_url).hostname or "").endswith("fal.run")
        self._rest = "https://rest.fal.ai" if is_fal else server.base_url
        self._cdn = "https://v3.fal.media" if is_fal else server.base_url

    async def prepare(self, job: Job) -> Job:
        job = await fit(job, MAX_PICTURE_BYTES)
        return replace(job, picture_url=await self._upload(job.picture))

    async def _upload(self, picture: bytes) -> str:
        """Where fal keeps the picture for a day. Raises Retryable."""
        try:
            return await self._upload_to_cdn(picture)
        except Retryable as error:
            log.info("%s: the first way to upload failed: %s", self.server.name, error.detail)
        return await self._upload_to_bucket(picture)

    async def _upload_to_cdn(self, picture: bytes) -> str:
        token = (await self._storage("auth/token?storage_type=fal-cdn-v3", {})).json
        if not isinstance(token.get("token"), str):
            raise Unreachable("no token for an upload")
        headers = {
            "Authorization": f"{token.get('token_type') or 'Bearer'} {token['token']}",
            "Content-Type": "image/jpeg",
            "X-Fal-File-Name": "picture.jpg",
            "X-Fal-Object-Lifecycle": json.dumps(KEPT),
        }
        answer = await self.calls.call("POST", f"{self._cdn}/files/upload", headers, content=picture)
        return _address(answer, "access_url")

    async def _upload_to_bucket(self, picture: bytes) -> str:
        name = {"file_name": "picture.jpg", "content_type": "image/jpeg"}
        place = await self._storage("upload/initiate?storage_type=gcs", name)
        url = _address(place, "upload_url")
        kept = await self.calls.call("PUT", url, {"Content-Type": "image/jpeg"}, content=picture)
        if kept.status >= 300:
            raise Unreachable(f"upload: HTTP {kept.status}")
        return _address(place, "file_url")

    async def _storage(self, path: str, body: object) -> Answer:
        headers = {**self.server.key_headers, "X-Fal-Object-Lifecycle-Preference": json.dumps(KEPT)}
        answer = await self.calls.call("POST", f"{self._rest}/storage/{path}", headers, json=body)
        if answer.status in (401, 402, 403):  # the create call would say the same
            raise complaints.refusal(answer.status, answer.body)
        if answer.status >= 300:
            raise Unreachable(f"upload: HTTP {answer.status}: {answer.error_text}")
        return answer

    async def submit(self, job: Job) -> str:
        headers = {"X-Fal-Request-Timeout": str(job.model.max_wait_seconds)}
        answer = await self.calls.create(f"/{job.model.upstream}", _body(job), headers)
        if answer.status >= 300:
            log.info("%s refused a create call: HTTP %s: %s", self.server.name, answer.status, answer.error_text)
            raise _refusal(answer, _fields(job).picture)
        request_id = answer.json.get("request_id")
        if not isinstance(request_id, str) or not request_id:
            log.warning("%s: create answered without an id: %.2000r", self.server.name, answer.body)
            raise complaints.no_job(answer.body, str(answer.json.get("status") or ""))
        return f"{_app(job.model.upstream)}/requests/{request_id}"

    async def retrieve(self, provider_id: str) -> Look | None:
        path = _path(provider_id)
        answer = await self.ask(f"{path}/status")
        if answer.status in (404, 410):
            return None
        if answer.status >= 300 or not answer.json:
            raise self.odd(answer)
        match answer.json.get("status"):
            case "IN_QUEUE":
                position = answer.json.get("queue_position")
                return Look("queued", ahead=position if isinstance(position, int) else None)
            case "IN_PROGRESS":
                return Look("running")
            case "COMPLETED":
                return await self._ended(provider_id, path, answer)
        return self.unknown(answer.json.get("status"))

    async def _ended(self, provider_id: str, path: str, status: Answer) -> Look | None:
        """A job that has ended may have failed: only its result tells."""
        self.looked += 1
        result = await self.calls.get(path)
        if result.status < 300 and (url := _film(result.json)):
            return Look("succeeded", 100.0, url=url, billed=_billed(result.headers))
        said = status.json.get("error")
        if result.status in (404, 410) and not said:
            return None
        if result.status < 300 and not said:
            self.warn_once(f"a result without a video: {sorted(result.json)}")
            return Look("succeeded", 100.0, billed=_billed(result.headers))
        if not said and (result.status in (401, 403, 429) or not isinstance(result.body, dict)):
            raise self.calls.be_quiet(result) if result.status in (429, 503) else self.odd(result)
        log.warning("%s: job %s: HTTP %s: %s %s", self.server.name, provider_id, result.status, said, result.body)
        error, worth_retry = _failure(status, result)
        return Look("failed", error=error, worth_retry=worth_retry, billed=_billed(result.headers))

    async def cancel(self, provider_id: str) -> bool:
        look = await self.retrieve(provider_id)
        if look is None:
            return True
        if look.state not in ("queued", "running"):
            return isinstance(look.error, ProviderFailed)  # a 5xx is never billed, a 422 perhaps
        answer = await self.calls.send("PUT", f"{_path(provider_id)}/cancel")
        log.info("%s: cancel of a %s job: HTTP %s: %s", self.server.name, look.state, answer.status, answer.body)
        if answer.status >= 500 or answer.status == 429:
            raise Unreachable(f"cancel: HTTP {answer.status}")
        return look.state == "queued" and answer.status < 300 and answer.json.get("status") in (None, "OK")


def _body(job: Job) -> dict[str, Any]:
    """What a create call says, in the endpoint's own words."""
    fields = _fields(job)
    body = {"prompt": job.prompt, fields.picture: job.picture_url, "duration": fields.length(job.seconds)}
    if resolution := nearest_class(job.size, fields.resolution):
        body["resolution"] = resolution
    if fields.audio and "audio" in job.model.options:
        body[fields.audio] = job.options.get("audio", True)
    return {**body, **fields.extra}


def _fields(job: Job) -> Fields:
    """The names of the endpoint's inputs: built in, or what the catalogue says."""
    endpoint = job.model.upstream
    start = max((start for start in FIELDS if endpoint.startswith(start)), key=len, default="")
    return FIELDS.get(start, Fields()).with_own(job.model.fields)


def _app(endpoint: str) -> str:
    """The part of an endpoint's name under which its requests are found."""
    parts = endpoint.strip("/").split("/")
    return "/".join(parts[: 3 if parts[0] in NAMESPACES else 2])


def _path(provider_id: str) -> str:
    app, _, request_id = provider_id.partition("/requests/")
    return f"/{quote(app)}/requests/{quote(request_id, safe='')}"


def _address(answer: Answer, name: str) -> str:
    """An address in the answer to an upload. Raises Unreachable."""
    address = answer.json.get(name)
    if answer.status >= 300 or not isinstance(address, str):
        raise Unreachable(f"upload: HTTP {answer.status}: {answer.error_text}")
    return address


def _film(result: Mapping[str, Any]) -> str | None:
    """The address of the video in a result."""
    videos = result.get("videos")
    video = result.get("video") or (videos[0] if isinstance(videos, list) and videos else None)
    address = video.get("url") if isinstance(video, dict) else video
    return address if isinstance(address, str) and address.startswith(("http://", "https://")) else None


def _billed(headers: Mapping[str, str]) -> Billed | None:
    try:
        return Billed(float(headers["x-fal-billable-units"]), "units")
    except (KeyError, ValueError):
        return None


def _refusal(answer: Answer, picture: str) -> EngineError:
    """The error for a refused create call."""
    if answer.status in (400, 422) and (kind := _kind(answer.body, picture)):
        return kind(answer.error_text)
    return complaints.refusal(answer.status, answer.body, complaints.retry_after(answer.headers))


def _failure(status: Answer, result: Answer) -> tuple[EngineError, bool]:
    """The error of a job that failed, and whether one more attempt is worth it."""
    said = result if result.status >= 300 else status
    text, kind = said.error_text, str(result.headers.get("x-fal-error-type") or status.json.get("error_type") or "")
    if (
        found := _kind(said.body, "")
        or _kind([{"type": kind}], "")
        or complaints.cause(complaints.Complaint(text, kind))
    ):
        return found(text), False
    if kind == "request_timeout" or result.status == 504:
        return TimedOut(text), False
    if 400 <= result.status < 500:
        return RequestRefused(text), False
    may = str(result.headers.get("x-fal-retryable", "true")).lower() != "false"
    return ProviderFailed(text), may


def _kind(body: object, picture: str) -> type[ModerationRefused | PictureRefused] | None:
    """What `{"detail": [{"loc", "msg", "type"}]}` is about; None if it is about something else."""
    detail = body.get("detail") if isinstance(body, dict) else body
    for entry in detail if isinstance(detail, list) else []:
        if not isinstance(entry, dict):
            continue
        kind, place = str(entry.get("type") or ""), entry.get("loc") or [""]
        if kind == "content_policy_violation":
            return ModerationRefused
        last = str(place[-1]) if isinstance(place, list) else ""
        if _OF_PICTURE.match(kind) or (last and (last == picture or last.endswith("image_url"))):
            return PictureRefused
    return None
