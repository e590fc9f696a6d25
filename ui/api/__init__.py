"""The HTTP API, `/api/v1`: one file per noun, one envelope for every error."""

import logging
import pkgutil
from collections.abc import Iterator
from http import HTTPStatus
from importlib import import_module
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from core.errors import AdsVideoError, NotFound, WrongInput
from core.phrase import Phrase

from ..problem import envelope, problem
from .characters import whole_characters
from .schemas import amended, problems

BEARER = Depends(HTTPBearer(auto_error=False, description="An API key"))  # for the document; ui/session.py checks it
log = logging.getLogger(__name__)
KINDS = {
    "json_invalid": Phrase("The request's body is not valid JSON."),
    "model_attributes_type": Phrase("The request's body must be a JSON object, sent as application/json."),
}
TAGS = [{"name": tag} for tag in ("images", "videos", "batches", "ads", "edits", "music", "models", "me", "webhooks")]
"""In the order in which a reader needs them; what is not named here comes after."""
DESCRIPTION = """Everything the studio does, for scripts.

Sign in with `Authorization: Bearer KEY`; a key is made on the account page, or by `uv run main.py key EMAIL`.
Errors are `{"error": {"code", "message"}}`. Somebody else's anything is 404.
"""


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AdsVideoError)
    return envelope(error, request)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first: dict[str, Any] = error.errors()[0]
    if first["loc"][0] == "path":
        return envelope(NotFound(Phrase("thing")), request)
    if first["type"] in KINDS:
        return envelope(WrongInput(KINDS[first["type"]]), request)
    where = ".".join(str(part) for part in first["loc"][1:]) or "the request's body"
    return envelope(WrongInput(Phrase("{where}: {complaint}", where=where, complaint=first["msg"])), request)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:  # FastAPI's answer to a body that is neither JSON nor a form
        return envelope(WrongInput(Phrase("The request's body can't be read.")), request)
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    return problem(error.status_code, code, str(error.detail), error.headers)


async def _gone(request: Request, _error: Exception) -> Response:
    """Nobody is there to read an answer, and nothing is wrong."""
    log.debug("%s %s: the client has left", request.method, request.url.path)
    return Response(status_code=400)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s", request.method, request.url.path, exc_info=error)
    return envelope(AdsVideoError(), request)


def _routers() -> Iterator[APIRouter]:
    """The `router` of every file of this folder that has one; `archive` comes before `videos`, whose ids are looser."""
    for file in pkgutil.iter_modules(__path__, f"{__name__}."):
        if router := getattr(import_module(file.name), "router", None):
            yield router


def create() -> FastAPI:
    """The application to mount at `/api/v1`."""
    app = FastAPI(
        title="AdsVideo", version="1", description=DESCRIPTION, openapi_tags=TAGS, docs_url=None, redoc_url=None
    )
    for router in _routers():
        app.include_router(
            router,
            responses=problems(401, 403, 422, 429, 500, 503),
            dependencies=[BEARER, Depends(whole_characters)],
        )
    _describe(app)
    app.add_exception_handler(AdsVideoError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)
    return app


def _describe(app: FastAPI) -> None:
    plain = app.openapi

    def described() -> dict[str, Any]:
        return amended(plain())

    app.openapi = described  # type: ignore[method-assign]
