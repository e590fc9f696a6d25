"""A chat model of the OpenAI protocol that says what it is told to."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp

from tests.servers import Call, LocalServer


class ChatServer(LocalServer):
    """`said` is its next answer; with `status` it refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.said: object = "Slow push-in as warm light glides over the glass."
        self.status = 200

    def app(self) -> ASGIApp:
        """The one route."""
        app = FastAPI()

        @app.post("/v1/chat/completions")
        async def complete(request: Request) -> JSONResponse:
            self.calls.append(Call("POST", request.url.path, dict(request.headers), fields=await request.json()))
            return JSONResponse({"choices": [{"message": {"content": self.said}}]}, self.status)

        return app
