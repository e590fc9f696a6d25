"""A small real server that behaves like Ark, or like MiniMax. `python -m tests.servers.ark --port 9400`."""

import base64
import time
import uuid
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers import Call, answering
from tests.servers.tasks import Task, TaskServer, picture_size, run

TOKENS_PER_SECOND = 21_600
REFUSED = ("seed", "camera_fixed", "service_tier")
SIZES = ("16:9", "9:16", "4:3", "3:4", "1:1", "21:9")


@dataclass(eq=False)
class ArkServer(TaskServer):
    """`failed` is the code with which tasks fail, or `expired`. Without `names` a list does not say whose a task is.

    `lists`: whether there is a list at all.
    """

    failed: str = ""
    names: bool = True
    lists: bool = True
    default_port: ClassVar[int] = 9400

    @property
    def url(self) -> str:
        return f"{self.root}/api/v3"

    def routes(self) -> list[Route]:
        on, path = self.on, "/api/v3/contents/generations/tasks"
        return [
            Route(path, on(self._create), methods=["POST"]),
            Route(path, on(self._list)),
            Route(f"{path}/{{id}}", on(self._get)),
            Route(f"{path}/{{id}}", on(self._delete), methods=["DELETE"]),
        ]

    def refuses(self, call: Call) -> Response | None:
        if not self.key or call.key == f"Bearer {self.key}":
            return None
        return error(401, "AuthenticationError", "The API key format is incorrect.")

    async def _create(self, request: Request, call: Call) -> Response:
        if answer := await self.scripted(request):
            return answer
        call.fields.update(await request.json())
        if answer := self.invalid(call.fields):
            return answer
        text, picture = call.fields["content"]
        if text["type"] != "text" or picture.get("role") != "first_frame":
            return error(400, "InvalidParameter", "role must be specified for the image")
        size = picture_size(base64.b64decode(picture["image_url"]["url"].removeprefix("data:image/jpeg;base64,")))
        task = Task(f"cgt-{uuid.uuid4()}", call.fields, size, call.fields["duration"])
        await self.taken(request, task)
        return self.made(task)

    def invalid(self, fields: dict[str, Any]) -> Response | None:
        """The answer to a create call that is not right; None if it is."""
        if not fields["model"].startswith(("dreamina-", "doubao-", "ep-")):
            return error(404, "InvalidEndpointOrModel.NotFound", "The model does not exist.")
        if refused := [name for name in REFUSED if fields.get(name) is not None]:
            return error(400, "InvalidParameter", f"{refused[0]} is not supported")
        if fields["ratio"] not in SIZES or type(fields["duration"]) is not int:
            return error(400, "InvalidParameter", "ratio or duration is not valid")
        return None

    def made(self, task: Task) -> Response:
        """The answer to a create call."""
        return JSONResponse({"id": task.id})

    def state(self, task: Task) -> dict[str, Any]:
        """The task as it is shown; this counts as a look."""
        shown: dict[str, Any] = {
            "id": task.id,
            "model": task.fields["model"],
            "created_at": int(task.created_at),
            "updated_at": int(time.time()),
        }
        if self.names:
            shown["safety_identifier"] = task.fields.get("safety_identifier", "")
        done = self.done(task)
        if task.canceled:
            return {**shown, "status": "cancelled"}
        if self.status or done < 1:
            return {**shown, "status": self.status or ("running" if done else "queued")}
        if self.failed == "expired":
            return {**shown, "status": "expired"}
        if self.failed:
            return {**shown, "status": "failed", "error": {"code": self.failed, "message": "It did not work."}}
        tokens = TOKENS_PER_SECOND * task.seconds
        usage = {"completion_tokens": tokens, "total_tokens": tokens}
        return {**shown, "status": "succeeded", "content": {"video_url": self.link(task)}, "usage": usage}

    async def _list(self, request: Request, call: Call) -> Response:
        if self.busy:
            return answering(*self.busy)
        if not self.lists:
            return error(404, "NotFound", "no such path")
        number, size = int(call.query.get("page_num", 1)), int(call.query.get("page_size", 10))
        wanted = request.query_params.getlist("filter.task_ids")
        newest = sorted(self.tasks.values(), key=lambda task: -task.created_at)
        matching = [task for task in newest if not wanted or task.id in wanted]
        page = matching[(number - 1) * size : number * size]
        return JSONResponse({"items": [self.state(task) for task in page], "total": len(matching)})

    async def _get(self, request: Request, call: Call) -> Response:
        if self.busy:
            return answering(*self.busy)
        task = self.tasks.get(request.path_params["id"])
        return self.shown(task) if task else self.unknown()

    def shown(self, task: Task) -> Response:
        """The answer to a look."""
        return JSONResponse(self.state(task))

    def unknown(self) -> Response:
        """The answer about a task that is not there."""
        return error(404, "ResourceNotFound", "The specified task is not found.")

    async def _delete(self, request: Request, call: Call) -> Response:
        task = self.tasks.get(request.path_params["id"])
        if task is None:
            return self.unknown()
        if task.looks > 1 and not self.waits:
            return error(409, "InvalidAction.RunningTaskDeletion", "A running task can't be deleted.")
        task.canceled = True
        return JSONResponse({})


@dataclass(eq=False)
class MiniMaxServer(ArkServer):
    """MiniMax' second API: other paths, and errors with HTTP 200."""

    default_port: ClassVar[int] = 9500

    @property
    def url(self) -> str:
        return self.root

    def routes(self) -> list[Route]:
        on = self.on
        return [
            Route("/v2/video_generation", on(self._create), methods=["POST"]),
            Route("/v2/query/video_generation/{id}", on(self._get)),
            Route("/v2/video_generation/{id}", on(self._delete), methods=["DELETE"]),
        ]

    def refuses(self, call: Call) -> Response | None:
        return (
            None if not self.key or call.key == f"Bearer {self.key}" else base_resp(1004, "login fail: invalid api key")
        )

    def invalid(self, fields: dict[str, Any]) -> Response | None:
        right = fields["resolution"] in ("768P", "2K") and type(fields["duration"]) is int
        return None if right else base_resp(2013, "invalid params")

    def made(self, task: Task) -> Response:
        return JSONResponse({"task_id": task.id, "base_resp": {"status_code": 0, "status_msg": "success"}})

    def shown(self, task: Task) -> Response:
        state = self.state(task)
        if "content" in state:
            state["content"] = {"url": state["content"]["video_url"]}
        return JSONResponse({"task": state, "base_resp": {"status_code": 0, "status_msg": "success"}})

    def unknown(self) -> Response:
        return base_resp(2013, "record not found")


def error(status: int, code: str, message: str) -> Response:
    """An error as Ark words it."""
    return JSONResponse({"error": {"code": code, "message": message, "param": "", "type": ""}}, status)


def base_resp(code: int, message: str) -> Response:
    """An error as MiniMax words it."""
    return JSONResponse({"base_resp": {"status_code": code, "status_msg": message}})


if __name__ == "__main__":
    run(ArkServer, "Ark")
