"""A small real server that behaves like Runway's API. `python -m tests.servers.runway --port 9100 --latency 3`."""

import argparse
import asyncio
import base64
import io
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers import Call, LocalServer, answering, clip, stay, until_gone

Json = dict[str, Any]


@dataclass
class Task:
    """A task of the server."""

    id: str
    prompt: str
    seconds: int
    width: int
    height: int
    created_at: float
    looks: int = 0
    failure: str = ""
    canceled: bool = False
    links: int = 0


@dataclass(eq=False)
class RunwayServer(LocalServer):
    """A task is PENDING, then THROTTLED or RUNNING, then SUCCEEDED or FAILED: by looks, or in `latency` seconds."""

    port: int = 0
    latency: float | None = None
    polls: int = 2
    key: str = ""
    failure: str = ""  # every new task fails with this failureCode
    failures: list[str] = field(default_factory=list)  # or the next ones, one after the other
    throttled: bool = False
    ratio: str = "pixels"  # or "aspect", "none": what the model takes
    script: list[Any] = field(
        default_factory=list
    )  # next creates: "break", "break-taken", "hang", (status, body, headers)
    busy: tuple[int, Json, dict[str, str]] | None = None  # answer to every look
    starts_on_cancel: bool = False  # a task starts just before it is canceled, so that it is not refunded
    slow: float = 0.0  # seconds that every answer takes
    link_lives: int = 1_000_000  # how many addresses back an output may still be fetched

    def __post_init__(self) -> None:
        LocalServer.__init__(self, self.port)
        self.tasks: dict[str, Task] = {}
        self.creates = 0

    @property
    def url(self) -> str:
        """What goes into RUNWAYML_BASE_URL."""
        return self.root

    def forget(self) -> None:
        """Lose every task."""
        self.tasks.clear()

    def app(self) -> Starlette:
        on = self._recorded
        return Starlette(
            routes=[
                Route("/v1/organization", on(self._organization)),
                Route("/v1/image_to_video", on(self._create), methods=["POST"]),
                Route("/v1/tasks/{id}", on(self._get)),
                Route("/v1/tasks/{id}", on(self._delete), methods=["DELETE"]),
                Route("/output/{id}/{link:int}", on(self._output)),
            ]
        )

    def _recorded(self, endpoint: Callable[[Request, Call], Awaitable[Response]]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            port = request.client.port if request.client else 0
            call = Call(request.method, request.url.path, dict(request.headers), port)
            self.calls.append(call)
            await asyncio.sleep(self.slow)
            if "/output/" not in call.path:
                if self.key and call.key != f"Bearer {self.key}":
                    return JSONResponse({"error": "The API key is not valid."}, 401)
                if not call.headers.get("x-runway-version"):
                    return JSONResponse({"error": "X-Runway-Version is missing."}, 400)
            return await endpoint(request, call)

        return answer

    async def _organization(self, request: Request, call: Call) -> Response:
        return JSONResponse({"creditBalance": 1000, "tier": {"maxMonthlyCreditSpend": 10_000, "models": {}}})

    async def _create(self, request: Request, call: Call) -> Response:
        self.creates += 1
        step = self.script.pop(0) if self.script else None
        if step == "break":
            await until_gone(request.scope["abort"])
        if step == "hang":
            await asyncio.sleep(3600)
        if isinstance(step, tuple | list):
            return answering(*step)
        call.fields.update(await request.json())
        if issue := self._issue(call.fields):
            path, message = issue
            issues = [{"code": "custom", "path": [path], "message": message}]
            return JSONResponse({"error": "Validation of body failed", "issues": issues}, 400)
        uri = call.fields["promptImage"]
        width, height = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).size
        prompt = call.fields["promptText"]
        failure = self.failures.pop(0) if self.failures else self.failure
        failure = "SAFETY.INPUT.TEXT" if "[moderation]" in prompt else failure
        task = Task(str(uuid.uuid4()), prompt, call.fields["duration"], width, height, time.time(), failure=failure)
        self.tasks[task.id] = task
        if step == "break-taken":
            await until_gone(request.scope["abort"])
        return JSONResponse({"id": task.id, "estimatedCost": {"credits": 60}})

    def _issue(self, fields: Json) -> tuple[str, str] | None:
        uri = str(fields.get("promptImage"))
        if not uri.startswith("data:image/") or len(uri) > 5_000_000:
            return "promptImage", "must be a data URI of at most 5 MB"
        if not isinstance(fields.get("duration"), int):
            return "duration", "must be an integer"
        ratio = str(fields.get("ratio", ""))
        large = ratio.partition(":")[0].isdigit() and int(ratio.partition(":")[0]) > 30
        took = "none" if not ratio else "pixels" if large else "aspect"
        return None if took == self.ratio else ("ratio", "Unrecognized or invalid ratio")

    def _progress(self, task: Task) -> float:
        if self.latency is None:
            return min(1.0, task.looks / self.polls)
        return min(1.0, (time.time() - task.created_at) / self.latency)

    async def _get(self, request: Request, call: Call) -> Response:
        if self.busy:
            return JSONResponse(self.busy[1], self.busy[0], self.busy[2])
        task = self.tasks.get(request.path_params["id"])
        if task is None:
            return JSONResponse({"error": "Not found"}, 404)
        shown: Json = {"id": task.id, "createdAt": "2026-11-24T10:00:00Z"}
        done = self._progress(task)
        task.looks += 1
        if task.canceled:
            shown |= {"status": "CANCELLED", "cost": {"credits": 60 if self.starts_on_cancel else 0}}
        elif done == 0 or self.throttled:
            shown |= {"status": "THROTTLED" if self.throttled else "PENDING", "estimatedCost": {"credits": 60}}
        elif done < 1:
            shown |= {"status": "RUNNING", "progress": done, "estimatedCost": {"credits": 60}}
        elif task.failure:
            refunded = task.failure.startswith("SAFETY.INPUT")
            shown |= {
                "status": "FAILED",
                "failure": "An unexpected <b>error</b> occurred.",
                "failureCode": task.failure,
            }
            shown["cost"] = {"credits": 60 if refunded else 0}
        else:
            task.links += 1
            link = f"{self.elsewhere}/output/{task.id}/{task.links}?_jwt=abc"
            shown |= {"status": "SUCCEEDED", "output": [link], "cost": {"credits": 60}}
        return JSONResponse(shown)

    async def _delete(self, request: Request, call: Call) -> Response:
        task = self.tasks.get(request.path_params["id"])
        if task is None:
            return JSONResponse({"error": "Not found"}, 404)
        task.canceled = True
        return Response(status_code=204)

    async def _output(self, request: Request, call: Call) -> Response:
        task = self.tasks[request.path_params["id"]]
        if task.links - request.path_params["link"] >= self.link_lives:
            return Response("<Error><Code>AccessDenied</Code></Error>", 403)
        content = await asyncio.to_thread(clip, task.width, task.height, task.seconds)
        return Response(content, media_type="video/mp4")


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--latency", type=float, default=3.0, help="seconds until a video is done")
    arguments = parser.parse_args()
    server = RunwayServer(arguments.port, arguments.latency).start()
    stay(server, f"{server.url} speaks Runway")


if __name__ == "__main__":
    main()
