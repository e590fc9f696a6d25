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
WEB_ADDRESS: dict[str, Any] = {"format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"}
LOCATION = {"Location": {"description": "Where it is", "required": True, "schema": {"type": "string", "format": "uri"}}}


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


def _binary(*kinds: str) -> dict[str, Any]:
    return {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}


def made(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """A file that is made for the request: always whole."""
    return {200: {"description": "The file", "content": _binary(*kinds)}, **problems(404)}


def stored(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """A file that is kept: whole or in parts, or elsewhere."""
    return {
        **made(*kinds),
        206: {"description": "The part that `Range` asks for", "content": _binary(*kinds, "multipart/byteranges")},
        307: {"description": "It is in a bucket: fetch it at this signed address, which expires", "headers": LOCATION},
        416: {"description": "`Range` begins behind the end; no body", "content": {"text/plain": {}}},
    }


def amended(document: dict[str, Any]) -> dict[str, Any]:
    """FastAPI's document, put right: it gives errors the type of the route's files, and streams by OpenAPI 3.2.

    What 3.2 calls `itemSchema` is an extension in 3.1, which has no word for one event; without a `schema` nobody
    takes a stream for something else.
    """
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if str(status) >= "400" and str(status) != "416":
                    answer["content"] = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}}
                for content in answer.get("content", {}).values():
                    if item := content.pop("itemSchema", None):
                        content["x-itemSchema"] = item
    return document
