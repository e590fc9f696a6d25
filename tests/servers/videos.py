"""A small real server that speaks /v1/videos the way one of its kinds does.

    python -m tests.servers.videos --port 9000 --mode sglang --latency 3

A test holds the object (`with VideosServer("sglang") as server: server.url`); from another process
`GET /_control` tells what happened and `POST /_control` sets any of the switches: `{"latency": 5}`, `{"forget": true}`.
A prompt that contains `[fail]`, `[moderation]` or `[refuse]` makes that happen.
"""

import argparse
import asyncio
import base64
import contextlib
import io
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from PIL import Image
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.servers import Call, LocalServer, answering, clip, stay, until_gone

Json = dict[str, Any]


@dataclass(frozen=True)
class Mode:
    """What a kind of server does differently. Defaults are OpenAI's."""

    takes: str = "both"  # or "multipart", "json", "json-415"
    seconds: type | None = None  # what JSON must hold
    reference: type = dict  # the picture in JSON: an object or the data URI
    created: int = 200
    words: tuple[str, str, str, str] = ("queued", "in_progress", "completed", "failed")
    progress: str = "percent"  # or "fraction", "ends" (0, then 100), "none", "full" (100 while queued)
    wrap: str = ""  # or "task_id", "data"
    long_ids: bool = False  # with + / =
    changes_id: bool = False  # GET and the list give another one
    lists: bool = True
    echoes: bool = True  # the prompt
    deletes: bool = True
    failed_at: int = 200
    error: str = "object"  # or "message", "text", "null", "detail"
    detail: bool = False  # errors as {"detail": ...} instead of {"error": {...}}
    content: str = "mp4"  # or "avi", "html", "json", "cloud", "redirect", "circle", "short", "empty"


MODES: dict[str, Mode] = {
    "openai": Mode(),
    "sglang": Mode(seconds=int, reference=str, echoes=False, error="message", detail=True),
    "sglang-s3": Mode(seconds=int, reference=str, echoes=False, error="message", detail=True, content="cloud"),
    "vllm-omni": Mode(takes="multipart", progress="ends", failed_at=500),
    "litellm": Mode(
        words=("queued", "processing", "completed", "failed"),
        progress="none",
        long_ids=True,
        changes_id=True,
        lists=False,
        deletes=False,
    ),
    "fastvideo": Mode(words=("queued", "queued", "completed", "failed"), progress="full", detail=True),
    "tensorrt": Mode(created=202, progress="none", error="text", content="avi"),
    "aquiles": Mode(words=("queued", "processing", "completed", "failed"), error="null", detail=True),
    "new-api": Mode(
        words=("SUBMITTED", "IN_PROGRESS", "SUCCESS", "FAILURE"), wrap="data", lists=False, progress="fraction"
    ),
    "task-id": Mode(wrap="task_id", created=202, lists=False, words=("pending", "running", "succeeded", "cancelled")),
    "odd": Mode(words=("queued", "pondering", "completed", "failed"), error="detail"),
    "silent": Mode(words=("", "", "completed", "failed"), progress="none"),
    "json": Mode(takes="json-415", seconds=int),
    "json-text": Mode(takes="json", seconds=str, reference=str),
    "redirect": Mode(content="redirect"),
    "html": Mode(content="html"),
    "circle": Mode(content="circle"),
    "short": Mode(content="short"),
    "empty": Mode(content="empty"),
    "json-content": Mode(content="json"),
    "azure-jobs": Mode(words=("queued", "preprocessing", "succeeded", "failed"), progress="none"),
}


def signed(secret: str, body: str, at: datetime | None = None) -> dict[str, str]:
    """The headers of a webhook (standardwebhooks.com)."""
    message, at = f"msg_{uuid.uuid4().hex}", at or datetime.now(UTC)
    signature = Webhook(secret).sign(message, at, body)
    return {"webhook-id": message, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def _nested(place: str, value: object) -> Any:
    """The value at that place: `{"data": [{"url": value}]}` for "data.0.url"."""
    step, _, rest = place.partition(".")
    inner = _nested(rest, value) if rest else value
    return [inner] if step == "0" else {step: inner}


@dataclass
class Film:
    """A job of the server."""

    id: str
    model: str
    prompt: str
    seconds: int
    width: int
    height: int
    created_at: float
    looks: int = 0
    contents: int = 0
    fault: Json | None = None
    key: str = ""


@dataclass(eq=False)
class VideosServer(LocalServer):
    """`creates` counts every create call that arrived, taken or not."""

    mode: str = "openai"
    port: int = 0
    latency: float | None = None  # seconds until a job is done; None: `polls` looks
    polls: int = 1
    key: str = ""
    models: list[str] | None = field(default_factory=lambda: ["sora-2", "sora"])
    fault: Json | None = None  # every new job fails with this error
    films: dict[str, bytes] = field(default_factory=dict)  # what is delivered, by prompt, instead of a film
    script: list[Any] = field(
        default_factory=list
    )  # next creates: "break", "break-taken", "hang", (status, body, headers)
    busy: tuple[int, Json, dict[str, str]] | None = None  # answer to every GET of jobs
    list_fault: tuple[int, Json] | None = None  # answer to every list call
    content_fault: tuple[int, object] | None = None  # answer to every content call
    bucket_fault: tuple[int, object] | None = None  # answer to every call for a file in the bucket
    named: str = ""  # where a finished job names its file, with dots: "data.0.url"
    relative: bool = False  # and whether as a path of the server
    hidden: int = 0  # so many looks at a new job find nothing
    late: int = 0  # so many content calls find nothing
    cut: int = 0  # so many content calls break off in the middle of the file
    page: int = 100
    slow: float = 0.0  # seconds that every answer takes
    held: bool = False  # no answer leaves as long as it is set
    webhook: str = ""  # where to tell that a job has ended; needs a latency, which may change meanwhile
    webhook_secret: str = ""  # whsec_...

    def __post_init__(self) -> None:
        LocalServer.__init__(self, self.port)
        self.kind = MODES[self.mode]
        self.jobs: dict[str, Film] = {}
        self.creates = 0
        self._telling: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """What goes into OPENAI_BASE_URL."""
        return f"{self.root}/v1"

    def forget(self) -> None:
        """Lose every job, as a restart does."""
        self.jobs.clear()

    def app(self) -> Starlette:
        azure = self.mode == "azure-jobs"
        jobs = "/v1/video/generations/jobs" if azure else "/v1/videos"
        content = "/v1/video/generations/{id:path}/content/video" if azure else "/v1/videos/{id:path}/content"
        on = self._recorded
        return Starlette(
            routes=[
                Route("/_control", self._control, methods=["GET", "POST"]),
                Route("/v1/models", on(self._models)),
                Route(jobs, on(self._create), methods=["POST"]),
                Route(jobs, on(self._list)),
                Route(content, on(self._content)),
                Route(f"{jobs}/{{id:path}}", on(self._get)),
                Route(f"{jobs}/{{id:path}}", on(self._delete), methods=["DELETE"]),
                Route("/bucket/{id:path}", on(self._bucket)),
            ]
        )

    def _recorded(self, endpoint: Callable[[Request, Call], Awaitable[Response]]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            path = request.scope["raw_path"].decode()
            port = request.client.port if request.client else 0
            call = Call(request.method, path, dict(request.headers), port, dict(request.query_params))
            self.calls.append(call)
            await asyncio.sleep(self.slow)
            while self.held:
                await asyncio.sleep(0.02)
            if self.key and "/bucket/" not in path and self.key not in call.key:
                return self._error(401, "Incorrect API key provided", "invalid_api_key")
            return await endpoint(request, call)

        return answer

    def _error(self, status: int, message: str, code: str | None = None, headers: Json | None = None) -> Response:
        body: Json = {"detail": message} if self.kind.detail else {"error": {"message": message, "code": code}}
        return JSONResponse(body, status, headers)

    async def _create(self, request: Request, call: Call) -> Response:
        self.creates += 1
        step = self.script.pop(0) if self.script else None
        if step == "break":
            await until_gone(request.scope["abort"])
        if step == "hang":
            await asyncio.sleep(3600)
        if isinstance(step, tuple | list):
            return answering(*step)
        if "multipart" in call.headers.get("content-type", ""):
            async with request.form() as form:
                for name, value in form.multi_items():
                    if isinstance(value, UploadFile):
                        call.files[name] = (value.filename or "", value.content_type or "", await value.read())
                    else:
                        call.fields[name] = value
        else:
            call.fields.update(await request.json())
        if refused := self._refused(call):
            return refused
        film = self._make(call)
        if step == "break-taken":
            await until_gone(request.scope["abort"])
        shown = self._shown(film)
        if self.kind.wrap == "task_id":
            shown["task_id"] = shown.pop("id")
        return JSONResponse(
            {"code": "success", "data": shown} if self.kind.wrap == "data" else shown, self.kind.created
        )

    def _refused(self, call: Call) -> Response | None:
        kind, multipart = self.kind, bool(call.files)
        if "[refuse]" in str(call.fields.get("prompt")):
            return self._error(400, "This prompt is <b>not</b> to our taste", "invalid_prompt")
        if multipart and kind.takes == "json-415":
            return self._error(415, "Unsupported media type")
        if multipart and kind.takes == "json":
            return JSONResponse({"detail": [{"loc": ["body"], "msg": "Input should be a valid dictionary"}]}, 422)
        if not multipart and kind.takes == "multipart":
            return JSONResponse({"detail": [{"loc": ["body", "prompt"], "msg": "Field required"}]}, 422)
        seconds = call.fields.get("seconds")
        if not multipart and kind.seconds and not isinstance(seconds, kind.seconds):
            wanted = "integer" if kind.seconds is int else "string"
            return JSONResponse(
                {"detail": [{"loc": ["body", "seconds"], "msg": f"Input should be a valid {wanted}"}]}, 422
            )
        if not multipart and not isinstance(call.fields.get("input_reference"), kind.reference):
            wanted = "object" if kind.reference is dict else "string"
            return self._error(400, f"input_reference: Input should be a valid {wanted}")
        picture = self._picture(call)
        if picture is None or Image.open(io.BytesIO(picture)).size != self._size(call):
            return self._error(400, "Inpaint image must match the requested width and height")
        return None

    def _picture(self, call: Call) -> bytes | None:
        if call.files:
            _, mime, content = call.files["files" if self.mode == "azure-jobs" else "input_reference"]
            return content if mime.startswith("image/") else None
        reference = call.fields["input_reference"]
        uri = reference["image_url"] if isinstance(reference, dict) else reference
        return base64.b64decode(uri.partition(",")[2])

    def _size(self, call: Call) -> tuple[int, int]:
        if self.mode == "azure-jobs":
            return int(call.fields["width"]), int(call.fields["height"])
        width, _, height = call.fields["size"].partition("x")
        return int(width), int(height)

    def _make(self, call: Call) -> Film:
        fields, (width, height) = call.fields, self._size(call)
        new = uuid.uuid4().hex
        fault = self.fault
        if "[fail]" in fields["prompt"]:
            fault = {"code": "server_error", "message": "CUDA out of memory"}
        if "[moderation]" in fields["prompt"]:
            fault = {"code": "moderation_blocked", "message": "Blocked by our moderation system."}
        film = Film(
            id=f"video_{new[:8]}+/{new[8:]}==" if self.kind.long_ids else f"video_{new}",
            model=fields["model"],
            prompt=fields["prompt"],
            seconds=int(fields.get("seconds") or fields["n_seconds"]),
            width=width,
            height=height,
            created_at=time.time(),
            fault=fault,
            key=call.key,
        )
        self.jobs[film.id] = film
        if self.webhook and self.latency is not None:
            task = asyncio.get_running_loop().create_task(self._tell(film))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)
        return film

    async def _tell(self, film: Film) -> None:
        """Send the webhook when the job has ended; nobody there is no trouble of ours."""
        while self._progress(film) < 1:
            await asyncio.sleep(0.02)
        kind = "video.failed" if film.fault else "video.completed"
        event = {"id": f"evt_{film.id}", "object": "event", "type": kind, "data": {"id": film.id}}
        body = json.dumps(event)
        headers = signed(self.webhook_secret, body)
        with contextlib.suppress(httpx.HTTPError):
            async with httpx.AsyncClient(timeout=60, verify=False) as client:  # reading certificates takes longer
                await client.post(self.webhook, content=body, headers=headers)

    def _progress(self, film: Film) -> float:
        """0 to 1."""
        if self.latency is None:
            return min(1.0, film.looks / self.polls) if self.polls else 1.0
        return min(1.0, (time.time() - film.created_at) / self.latency) if self.latency else 1.0

    def _shown(self, film: Film) -> Json:
        kind, done = self.kind, self._progress(film)
        queued, running, completed, failed = kind.words
        word = queued if done == 0 else running if done < 1 else failed if film.fault else completed
        scale: dict[str, Any] = {
            "percent": int(done * 100),
            "fraction": done,
            "ends": 0 if done < 1 else 100,
            "none": None,
            "full": 100,
        }
        shown: Json = {
            "id": film.id,
            "object": "video",
            "model": film.model,
            "status": word or None,
            "progress": scale[kind.progress],
            "created_at": int(film.created_at),
            "size": f"{film.width}x{film.height}",
            "seconds": str(film.seconds),
            "error": None,
        }
        if kind.echoes:
            shown["prompt"] = film.prompt
        if self.named and word == completed:
            start = "" if self.relative else self.elsewhere
            shown |= _nested(self.named, f"{start}/bucket/{film.id}?signature=abc")
        if kind.content == "cloud" and word == completed:
            shown["url"] = f"{self.elsewhere}/bucket/{film.id}?signature=abc"
        if self.mode == "azure-jobs":
            del shown["seconds"], shown["size"], shown["error"]
            shown |= {"n_seconds": film.seconds, "width": film.width, "height": film.height}
            shown["generations"] = [{"id": f"gen_{film.id}"}] if word == completed else []
            shown["failure_reason"] = film.fault["code"] if film.fault and word == failed else None
        elif film.fault and word == failed:
            messages = {
                "object": film.fault,
                "message": {"message": film.fault["message"]},
                "text": film.fault["message"],
                "detail": {"detail": film.fault["message"]},
                "null": None,
            }
            shown["error"] = messages[kind.error]
        return shown

    async def _get(self, request: Request, call: Call) -> Response:
        if self.busy:
            return JSONResponse(self.busy[1], self.busy[0], self.busy[2])
        film = self.jobs.get(request.path_params["id"])
        if film is None:
            return self._error(404, "Video not found")
        film.looks += 1
        if film.looks <= self.hidden:
            return self._error(404, "Video not found")
        shown = self._shown(film)
        if self.kind.changes_id:
            shown["id"] = f"upstream-{film.id[-6:]}"
        failed = film.fault and shown["status"] == self.kind.words[3]
        return JSONResponse(
            {"code": "success", "data": shown} if self.kind.wrap == "data" else shown,
            self.kind.failed_at if failed else 200,
        )

    async def _list(self, request: Request, call: Call) -> Response:
        if not self.kind.lists:
            return self._error(404, "Not Found")
        if self.list_fault:
            return JSONResponse(self.list_fault[1], self.list_fault[0])
        limit = min(int(call.query.get("limit", "20")), self.page)
        newest = list(reversed(self.jobs.values()))
        if after := call.query.get("after"):
            newest = newest[[film.id for film in newest].index(after) + 1 :]
        for film in newest[:limit]:
            film.looks += 1
        shown = [self._shown(film) for film in newest[:limit]]
        return JSONResponse({"object": "list", "data": shown, "has_more": len(newest) > limit})

    async def _models(self, request: Request, call: Call) -> Response:
        if self.models is None:
            return self._error(404, "Not Found")
        return JSONResponse({"object": "list", "data": [{"id": model} for model in self.models]})

    async def _content(self, request: Request, call: Call) -> Response:
        film = self.jobs.get(request.path_params["id"].removeprefix("gen_"))
        if film is None:
            return self._error(404, "Video not found")
        film.contents += 1
        if self.content_fault:
            return answering(*self.content_fault)
        if self._progress(film) < 1 or film.contents <= self.late:
            return self._error(404, "Generation is still in-progress")
        if film.fault:
            return self._error(422, "Video generation failed")
        if film.contents <= self.cut:
            return StreamingResponse(self._half(film, request.scope["abort"]), headers={"content-length": "100000"})
        answers: dict[str, Callable[[], Response]] = {
            "cloud": lambda: self._error(
                400, "Video has been uploaded to cloud storage. Please use the cloud URL: see `url`"
            ),
            "redirect": lambda: RedirectResponse(f"{self.elsewhere}/bucket/{film.id}", 302),
            "html": lambda: HTMLResponse("<html><body>Please sign in</body></html>"),
            "json": lambda: JSONResponse({"message": "here would be a video"}),
            "circle": lambda: RedirectResponse(str(request.url), 302),
            "short": lambda: StreamingResponse(
                self._half(film, request.scope["abort"]), headers={"content-length": "100000"}
            ),
            "empty": lambda: Response(b"", media_type="video/mp4"),
        }
        return answers[self.kind.content]() if self.kind.content in answers else await self._film(film)

    async def _bucket(self, request: Request, call: Call) -> Response:
        if self.bucket_fault:
            return answering(*self.bucket_fault)
        return await self._film(self.jobs[request.path_params["id"]])

    async def _film(self, film: Film) -> Response:
        container: Any = "avi" if self.kind.content == "avi" else "mp4"
        content = self.films.get(film.prompt) or await asyncio.to_thread(
            clip, film.width, film.height, film.seconds, container
        )
        return Response(content, media_type="video/x-msvideo" if container == "avi" else "video/mp4")

    async def _half(self, film: Film, abort: Callable[[], None]) -> AsyncIterator[bytes]:
        yield clip(film.width, film.height, film.seconds)[:1500]
        await asyncio.sleep(0.05)
        await until_gone(abort)

    async def _delete(self, request: Request, call: Call) -> Response:
        if not self.kind.deletes:
            return self._error(405, "Method Not Allowed")
        film = self.jobs.pop(request.path_params["id"], None)
        if film is None:
            return self._error(404, "Video not found")
        return JSONResponse({"id": film.id, "object": "video.deleted", "deleted": True})

    async def _control(self, request: Request) -> Response:
        if request.method == "POST":
            for name, value in (await request.json()).items():
                if name == "forget":
                    self.forget()
                else:
                    setattr(self, name, value)
        counts = {"creates": self.creates, "calls": len(self.calls), "most": self.most}
        return JSONResponse({**counts, "jobs": [self._shown(film) for film in self.jobs.values()]})


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--mode", choices=MODES, default="openai")
    parser.add_argument("--latency", type=float, default=3.0, help="seconds until a video is done")
    parser.add_argument("--key", default="", help="the API key to insist on")
    parser.add_argument("--webhook", default="", help="where to tell that a video is done")
    parser.add_argument("--webhook-secret", default="", help="whsec_...")
    arguments = parser.parse_args()
    server = VideosServer(arguments.mode, arguments.port, arguments.latency, key=arguments.key)
    server.webhook, server.webhook_secret = arguments.webhook, arguments.webhook_secret
    server.start()
    stay(server, f"{server.url} speaks {arguments.mode}")


if __name__ == "__main__":
    main()
