"""The front door, `/v1`: OpenAI's Videos API on our models, for programs that were written for it.

Every video is wanted by `core.videos.ask`; what differs from `/api/v1` are shapes, ids and errors.
"""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from core.errors import AdsVideoError

from ...openai_problem import Refusal, answer, openai_envelope
from . import create as creating
from . import models, unsupported, videos
from .document import amended

BEARER = Depends(HTTPBearer(auto_error=False, description="An API key"))  # for the document; caller.py checks it
log = logging.getLogger(__name__)
DESCRIPTION = """OpenAI's Videos API, for programs that were written for it: give them this address, up to `/v1`, as
`base_url`, and an API key of AdsVideo.

Errors are `{"error": {"message", "type", "param", "code"}}`. Somebody else's anything is 404.
"""


async def _ours(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AdsVideoError)
    return openai_envelope(error)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)
    return answer(error.status, error.message, error.code, error.param)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first: dict[str, Any] = error.errors()[0]
    param = str(first["loc"][-1])
    return answer(400, f"Invalid value for '{param}': {first['msg']}.", "invalid_value", param)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return answer(404, f"Unknown request URL: {request.method} {request.url.path}.", "unknown_url")
    if error.status_code == HTTPStatus.BAD_REQUEST:  # a form that can't be read
        return answer(400, f"The request's body can't be read: {error.detail}", "invalid_body")
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    return answer(error.status_code, str(error.detail), code, headers=error.headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s", request.method, request.url.path, exc_info=error)
    return openai_envelope(AdsVideoError())


def create() -> FastAPI:
    """The application to mount at `/v1`."""
    app = FastAPI(
        title="AdsVideo's front door",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        dependencies=[BEARER],
    )
    for part in (unsupported, creating, videos, models):  # `videos/edits` before `videos/{id}`
        app.include_router(part.router)
    plain = app.openapi
    app.openapi = lambda: amended(plain())  # type: ignore[method-assign]
    app.add_exception_handler(AdsVideoError, _ours)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
    return app
