"""A small real server that behaves like fal's queue and its storage. `python -m tests.servers.fal --port 9200`."""

import json
import uuid
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers import Call, answering
from tests.servers.tasks import Task, TaskServer, not_found, picture_size, run

TOKEN = "cdn-token-0123456789"
INPUTS: dict[str, tuple[str, type]] = {
    "fal-ai/kling-video/v3/standard/image-to-video": ("start_image_url", str),
    "fal-ai/kling-video/v3/pro/image-to-video": ("start_image_url", str),
    "bytedance/seedance-2.5/flash/image-to-video": ("image_url", str),
    "alibaba/wan-3.0/image-to-video": ("start_image_url", int),
    "fal-ai/ltx-2.3/image-to-video/fast": ("image_url", str),
    "fal-ai/veo3.1/fast/image-to-video": ("image_url", str),
    "minimax/h3-max/image-to-video": ("image_url", str),
}
"""The picture's field and the type of the length, by endpoint."""


@dataclass(eq=False)
class FalServer(TaskServer):
    """`failed` is the answer behind COMPLETED, `said` an error in the status itself.

    `uploads` are the ways to upload that work. `positions`: a waiting job says how many are before it.
    """

    failed: tuple[int, Any, dict[str, str]] | None = None
    said: str = ""
    uploads: tuple[str, ...] = ("cdn", "bucket")
    positions: bool = True
    starts_on_cancel: bool = False
    units: float | None = None
    default_port: ClassVar[int] = 9200

    def __post_init__(self) -> None:
        super().__post_init__()
        self.kept: dict[str, bytes] = {}

    def routes(self) -> list[Route]:
        on = self.on
        return [
            Route("/storage/auth/token", on(self._token), methods=["POST"]),
            Route("/files/upload", on(self._upload), methods=["POST"]),
            Route("/storage/upload/initiate", on(self._initiate), methods=["POST"]),
            Route("/bucket/{name}", on(self._put), methods=["PUT"]),
            Route("/{app:path}/requests/{id:path}/status", on(self._status)),
            Route("/{app:path}/requests/{id:path}/cancel", on(self._cancel), methods=["PUT"]),
            Route("/{app:path}/requests/{id:path}", on(self._result)),
            Route("/{endpoint:path}", on(self._create), methods=["POST"]),
        ]

    def refuses(self, call: Call) -> Response | None:
        if call.path.startswith("/bucket/"):
            return None
        wanted = f"Bearer {TOKEN}" if call.path == "/files/upload" else f"Key {self.key}"
        right = call.key == wanted or (not self.key and call.path != "/files/upload")
        return (
            None if right else JSONResponse({"detail": "Authentication is required to access this application."}, 401)
        )

    async def _token(self, request: Request, call: Call) -> Response:
        return JSONResponse(
            {"token": TOKEN, "token_type": "Bearer", "base_url": self.root, "expires_at": "2099-01-01T00:00:00+00:00"}
        )

    async def _upload(self, request: Request, call: Call) -> Response:
        if "cdn" not in self.uploads:
            return Response("<html>502</html>", 502)
        assert json.loads(call.headers["x-fal-object-lifecycle"]) == {"expiration_duration_seconds": 86400}
        return JSONResponse({"access_url": self._keep(await request.body())})

    async def _initiate(self, request: Request, call: Call) -> Response:
        if "bucket" not in self.uploads:
            return JSONResponse({"detail": "storage is away"}, 500)
        fields = await request.json()
        assert fields["content_type"] == "image/jpeg"
        name = f"{uuid.uuid4().hex}.jpg"
        url = f"{self.elsewhere}/bucket/{name}"
        return JSONResponse({"upload_url": f"{url}?signature=abc", "file_url": url})

    async def _put(self, request: Request, call: Call) -> Response:
        self._keep(await request.body(), f"{self.elsewhere}{call.path}")
        return Response()

    def _keep(self, content: bytes, url: str = "") -> str:
        url = url or f"{self.root}/kept/{uuid.uuid4().hex}.jpg"
        self.kept[url] = content
        return url

    async def _create(self, request: Request, call: Call) -> Response:
        if answer := await self.scripted(request):
            return answer
        endpoint = request.path_params["endpoint"]
        call.fields.update(await request.json())
        picture, length = INPUTS.get(endpoint, ("image_url", str))
        content = self.kept.get(call.fields.get(picture, ""))
        if content is None:
            return _invalid(picture, "field required", "missing")
        if type(call.fields.get("duration")) is not length:
            return _invalid("duration", "unexpected value", "literal_error")
        seconds = int(str(call.fields["duration"]).removesuffix("s"))
        task = Task(str(uuid.uuid4()), call.fields, picture_size(content), seconds)
        await self.taken(request, task)
        app = "/".join(endpoint.split("/")[:2])
        here = f"{self.elsewhere}/{app}/requests/{task.id}"  # nobody may follow these with a key
        urls = {"status_url": f"{here}/status", "response_url": here, "cancel_url": f"{here}/cancel"}
        return JSONResponse({"request_id": task.id, **urls, "status": "IN_QUEUE", "queue_position": 0})

    async def _status(self, request: Request, call: Call) -> Response:
        if self.busy:
            return answering(*self.busy)
        task = self.tasks.get(request.path_params["id"])
        if task is None:
            return not_found("Request not found")
        done = self.done(task)
        if self.status:
            return JSONResponse({"status": self.status, "request_id": task.id})
        if done == 0 and not task.canceled:
            position = {"queue_position": 0} if self.positions else {}
            return JSONResponse({"status": "IN_QUEUE", "request_id": task.id, **position}, 202)
        if done < 1 and not task.canceled:
            return JSONResponse({"status": "IN_PROGRESS", "request_id": task.id, "logs": []}, 202)
        error = {"error": self.said, "error_type": "runner_server_error"} if self.said else {}
        return JSONResponse({"status": "COMPLETED", "request_id": task.id, "logs": [], "metrics": {}, **error})

    async def _result(self, request: Request, call: Call) -> Response:
        task = self.tasks.get(request.path_params["id"])
        if task is None:
            return not_found("Request not found")
        if self.failed:
            return answering(*self.failed)
        if self.said:
            return JSONResponse({"detail": self.said}, 500)
        headers = {} if self.units is None else {"x-fal-billable-units": str(self.units)}
        return JSONResponse({"video": {"url": self.link(task), "content_type": "video/mp4"}}, headers=headers)

    async def _cancel(self, request: Request, call: Call) -> Response:
        task = self.tasks.get(request.path_params["id"])
        if task is None:
            return JSONResponse({"status": "NOT_FOUND"}, 404)
        if task.looks > self.polls and not self.waits:
            return JSONResponse({"status": "ALREADY_COMPLETED"}, 400)
        if (task.looks > 1 and not self.waits) or self.starts_on_cancel:
            return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202)
        task.canceled = True
        return JSONResponse({"status": "OK"})


def _invalid(place: str, message: str, kind: str) -> Response:
    return JSONResponse({"detail": [{"loc": ["body", place], "msg": message, "type": kind}]}, 422)


if __name__ == "__main__":
    run(FalServer, "fal")
