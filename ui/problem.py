"""The one envelope of every error that a program reads: `{"error": {"code", "message"}}`."""

from collections.abc import Mapping

from fastapi.responses import JSONResponse

from core.errors import AdsVideoError, NotSignedIn, TooManyRequests


def problem(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error answer that is none of our error tree, such as a wrong method. `code` is for programs."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status, headers=headers)


def envelope(error: AdsVideoError) -> JSONResponse:
    """The answer to a request that ended in that error. An ASGI app too: middleware awaits it with its three."""
    headers: dict[str, str] = {}
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.status, error.code, error.message, headers)
