"""A small real server that behaves like the Gemini API's interactions. `python -m tests.servers.gemini --port 9300`."""

import asyncio
import base64
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers import Call, answering, clip
from tests.servers.tasks import Task, TaskServer, picture_size, run

MODELS = ("gemini-omni-1.2-flash", "gemini-omni-1.1-flash")
TOKENS_PER_SECOND = 5792


@dataclass(eq=False)
class GeminiServer(TaskServer):
    """`outcome` is how jobs end: film, inline (base64), text (moderation), changed (tokens, but no video), or a status.

    `words` go along where no film is made. With `as_list` errors come inside of a list, as from the front end.
    """

    outcome: str = "film"
    words: str = "I can't make that."
    as_list: bool = False
    default_port: ClassVar[int] = 9300
    reads_films_with_key: ClassVar[bool] = True

    @property
    def url(self) -> str:
        return f"{self.root}/v1beta"

    def routes(self) -> list[Route]:
        on = self.on
        return [
            Route("/v1beta/interactions", on(self._create), methods=["POST"]),
            Route("/v1beta/interactions/{id}", on(self._get)),
            Route("/v1beta/interactions/{id}/cancel", on(self._cancel), methods=["POST"]),
            Route("/v1beta/models/{name}", on(self._model)),
        ]

    def refuses(self, call: Call) -> Response | None:
        if call.path.startswith("/moved") or not self.key or call.headers.get("x-goog-api-key") == self.key:
            return None
        return self._error(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT")

    def _error(self, status: int, message: str, word: str) -> Response:
        error = {"error": {"code": status, "message": message, "status": word}}
        return JSONResponse([error] if self.as_list else error, status)

    async def _model(self, request: Request, call: Call) -> Response:
        name = request.path_params["name"]
        if name not in MODELS:
            return self._error(404, f"models/{name} is not found", "NOT_FOUND")
        return JSONResponse({"name": f"models/{name}"})

    async def _create(self, request: Request, call: Call) -> Response:
        if answer := await self.scripted(request):
            return answer
        call.fields.update(await request.json())
        wanted, parts = call.fields.get("response_format", {}), list(_parts(call.fields["input"]))
        wanted = wanted[0] if isinstance(wanted, list) else wanted
        if not re.fullmatch(r"\d+s", str(wanted.get("duration"))) or not isinstance(wanted.get("duration"), str):
            return self._error(400, "Invalid value at 'response_format.duration'", "INVALID_ARGUMENT")
        if any(not re.fullmatch(r"[a-z0-9_-]{1,63}", label) for label in call.fields.get("labels", {}).values()):
            return self._error(400, "Invalid label", "INVALID_ARGUMENT")
        if not call.fields.get("background"):
            await asyncio.sleep(3600)
        picture = next(part for part in parts if part["type"] == "image")
        size = picture_size(base64.b64decode(picture["data"]))
        task = Task(f"v1_{uuid.uuid4().hex}", call.fields, size, int(wanted["duration"].removesuffix("s")))
        await self.taken(request, task)
        return JSONResponse({"id": task.id, "status": "in_progress", "object": "interaction"})

    async def _get(self, request: Request, call: Call) -> Response:
        if self.busy:
            return answering(*self.busy)
        task = self.tasks.get(request.path_params["id"])
        if task is None:
            return self._error(400, "Invalid interaction name.", "INVALID_ARGUMENT")
        return JSONResponse({"id": task.id, "object": "interaction", **await self._state(task)})

    async def _state(self, task: Task) -> dict[str, Any]:
        done = self.done(task)
        if self.status or task.canceled:
            return {"status": self.status or "cancelled"}
        if done < 1:
            return {"status": "in_progress" if done else "queued"}
        if self.outcome not in ("film", "inline", "text", "changed"):
            return {"status": self.outcome, "errors": [{"code": 13, "message": self.words}]}
        part: dict[str, Any] = {"type": "text", "text": self.words}
        if self.outcome == "film":
            part = {"type": "video", "mime_type": "video/mp4", "uri": self.link(task)}
        elif self.outcome == "inline":
            film = await asyncio.to_thread(clip, *task.size, task.seconds)
            part = {"type": "video", "mime_type": "video/mp4", "data": base64.b64encode(film).decode()}
        kind, tokens = ("text", 12) if self.outcome == "text" else ("video", TOKENS_PER_SECOND * task.seconds)
        usage = {"output_tokens_by_modality": [{"modality": kind, "tokens": tokens}], "total_output_tokens": tokens}
        return {"status": "completed", "steps": [{"type": "model_output", "content": [part]}], "usage": usage}

    async def _cancel(self, request: Request, call: Call) -> Response:
        task = self.tasks.get(request.path_params["id"])
        if task is None:
            return self._error(400, "Invalid interaction name.", "INVALID_ARGUMENT")
        task.canceled = True
        return JSONResponse({"id": task.id, "status": "cancelled"})


def _parts(given: Any) -> Iterator[dict[str, Any]]:
    """The parts of an input: given as they are, or wrapped into a user's turn."""
    for part in given:
        yield from part["content"] if part.get("type") in ("user_input", None) and "content" in part else [part]


if __name__ == "__main__":
    run(GeminiServer, "Gemini")
