"""Errors in the shape of OpenAI's API: `{"error": {"message", "type", "param", "code"}}`, each as its SDKs expect it.

The SDKs repeat what is answered with 409, 429 or 5xx, unless `x-should-retry` says that it is of no use.
"""

from collections.abc import Mapping

from fastapi.responses import JSONResponse

from core import errors
from core.errors import AdsVideoError, BadInput, Conflict, NotEnoughCredits, NotSignedIn, OverBudget, TooManyRequests

PATH = "/v1"
PATIENCE_SECONDS = 60
"""The longest that an SDK waits before it repeats a request."""
WRONG = "invalid_request_error"
PICTURE = "input_reference"
FIELDS: tuple[tuple[type[AdsVideoError], str | None, str | None], ...] = (
    (errors.NoPrompt, "prompt", "missing_required_parameter"),
    (errors.PromptTooLong, "prompt", "string_above_max_length"),
    (errors.NoPicture, PICTURE, "missing_required_parameter"),
    (errors.PictureError, PICTURE, None),
    (errors.TwoPictures, PICTURE, None),
    (errors.BadAddress, PICTURE, None),
    (errors.AddressRefused, PICTURE, None),
    (errors.Unreached, PICTURE, None),
    (errors.UnknownModel, "model", "model_not_found"),
    (errors.ModelUnavailable, "model", "model_not_found"),
    (errors.BadSize, "size", "invalid_value"),
    (NotSignedIn, None, "invalid_api_key"),
    (TooManyRequests, None, "rate_limit_exceeded"),
    (NotEnoughCredits, None, "insufficient_quota"),
    (OverBudget, None, "insufficient_quota"),
)
"""Error, the field that it is about, and OpenAI's code where it has one."""


class Refusal(Exception):
    """An error that only the front door has, with OpenAI's own code; in English, as its reader is a developer."""

    def __init__(self, message: str, code: str, param: str | None = None, status: int = 400) -> None:
        self.message, self.code, self.param, self.status = message, code, param, status
        super().__init__(message)


def is_ours(path: str) -> bool:
    """Whether a path is the front door's."""
    return path == PATH or path.startswith(f"{PATH}/")


def answer(
    status: int, message: str, code: str | None, param: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The answer with that error."""
    kinds = {401: WRONG, 403: "permission_error", 429: "rate_limit_error"}
    kind = "insufficient_quota" if code == "insufficient_quota" else kinds.get(status)
    kind = kind or ("server_error" if status >= 500 else WRONG)
    error = {"message": message, "type": kind, "param": param, "code": code}
    return JSONResponse({"error": error}, status_code=status, headers=headers)


def openai_envelope(error: AdsVideoError) -> JSONResponse:
    """The answer to a request that ended in that error."""
    param, code = next(((param, code) for kind, param, code in FIELDS if isinstance(error, kind)), (None, None))
    headers: dict[str, str] = {}
    status = error.status
    if isinstance(error, NotEnoughCredits | OverBudget):
        status = 429  # what their SDKs know for it; 402 is unknown to them
        headers["x-should-retry"] = "false"
    elif isinstance(error, TooManyRequests):
        headers["retry-after"] = str(error.retry_after)
        if error.retry_after > PATIENCE_SECONDS:
            headers["x-should-retry"] = "false"
    elif isinstance(error, Conflict):
        headers["x-should-retry"] = "false"
    elif isinstance(error, BadInput) and status != 413:
        status = 400
    elif isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    return answer(status, error.message, code or error.code, param, headers)
