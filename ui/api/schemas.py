"""Every answer that is an error, as the OpenAPI document describes it."""

from typing import Any

from pydantic import BaseModel

WORDS = {
    401: "Not signed in",
    402: "Not enough credits",
    403: "Sent by a page of another site with the visitor's cookie",
    404: "There is no such thing, or it is somebody else's",
    409: "Not in its present state",
    413: "Too large",
    415: "Not a picture",
    422: "Something in the request is wrong; the message says what",
    429: "Too many; `Retry-After` says when to come back, in seconds",
    500: "Something went wrong on our side",
    503: "A part of ours does not answer at the moment",
}
RETRY = {"Retry-After": {"description": "Seconds until it may work", "schema": {"type": "integer", "minimum": 1}}}


class Error(BaseModel):
    """What went wrong: `code` for programs, `message` for people."""

    code: str
    message: str


class ErrorOut(BaseModel):
    """The envelope of every error."""

    error: Error


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For `responses=` of a route."""
    return {
        status: {"model": ErrorOut, "description": WORDS[status], **({"headers": RETRY} if status == 429 else {})}
        for status in sorted(statuses)
    }


def file(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """A file, whole or in parts."""
    binary = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    parts = {**binary, "multipart/byteranges": {"schema": {"type": "string", "format": "binary"}}}
    return {
        200: {"description": "The file", "content": binary},
        206: {"description": "The part that `Range` asks for", "content": parts},
        416: {"description": "`Range` begins behind the end; no body", "content": {"text/plain": {}}},
        **problems(404),
    }
