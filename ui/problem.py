"""The one envelope of every error that a program reads: `{"error": {"code", "message"}}`."""

from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import JSONResponse

from core.errors import AdsVideoError, NotSignedIn, TooManyRequests

from . import i18n
from .openai_problem import is_ours, openai_envelope


def problem(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error answer that is none of our error tree, such as a wrong method. `code` is for programs."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status, headers=headers)


def envelope(error: AdsVideoError, request: Request | None = None, path: str = "") -> JSONResponse:
    """The answer to a request that ended in that error. Also an ASGI app, for middleware.

    In English, unless a page of ours made the `request` in another language. Where `path` is the front door's, in the
    shape of OpenAI's API.
    """
    if is_ours(path):
        return openai_envelope(error)
    headers: dict[str, str] = {}
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    if request is None:
        return problem(error.status, error.code, error.message, headers)
    with i18n.speaking(i18n.of_page(request)):
        return problem(error.status, error.code, i18n.explain(error), headers)
