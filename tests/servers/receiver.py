"""Somebody's webhook endpoint: verifies every signature, and answers as it is told."""

import asyncio
import json
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from standardwebhooks import Webhook
from starlette.types import ASGIApp

from tests.servers import Call, LocalServer


class Receiver(LocalServer):
    """Answers with the next of `answers` (a status, or None to hang), then with 204. `events` holds what was taken."""

    def __init__(self, *answers: int | None) -> None:
        super().__init__()
        self.answers = list(answers)
        self.secret = ""
        self.ids: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []

    def app(self) -> ASGIApp:
        app = FastAPI()

        @app.post("/{path:path}")
        async def take(request: Request) -> Response:
            body = await request.body()
            self.bodies.append(body)
            self.calls.append(Call("POST", request.url.path, dict(request.headers)))
            self.ids.append(request.headers["webhook-id"])
            answer = self.answers.pop(0) if self.answers else 204
            if answer is None:
                await asyncio.sleep(3600)
            Webhook(self.secret).verify(body, dict(request.headers), json_parse=False)  # raises: a 500
            if answer == 204:
                self.events.append(json.loads(body))
            headers = {"Location": f"{self.root}/elsewhere"} if answer in (301, 307) else {}
            return Response(status_code=answer or 204, headers=headers)

        return app
