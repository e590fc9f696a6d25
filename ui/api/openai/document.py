"""What the OpenAPI document of the front door says beside what its routes say themselves."""

from typing import Any

from pydantic import BaseModel

WORDS = {
    400: "Something in the request is wrong: `param` names the field",
    401: "No API key, or not a valid one",
    403: "The user is blocked",
    404: "There is no such thing, or it is somebody else's, or not there yet",
    409: "Not in its present state",
    413: "Too large",
    429: "`rate_limit_exceeded`: too many, `retry-after` says when to come back; `insufficient_quota`: credits or "
    "budget are used up, and `x-should-retry` is false",
    500: "Something went wrong on our side",
    503: "A part of ours does not answer at the moment",
}


class Error(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorOut(BaseModel):
    """The envelope of every error."""

    error: Error


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For `responses=` of a route."""
    return {status: {"model": ErrorOut, "description": WORDS[status]} for status in sorted(statuses)}


def amended(document: dict[str, Any]) -> dict[str, Any]:
    """FastAPI's document without its own 422: what it finds wrong is a 400 here."""
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
    for schema in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(schema, None)
    return document


REFERENCE = {
    "description": "The picture: in a form a file, else `{image_url}` or a string, an http(s) or a data URL",
    "anyOf": [
        {"type": "object", "properties": {"image_url": {"type": "string"}}, "required": ["image_url"]},
        {"type": "string"},
    ],
}
FIELDS: dict[str, Any] = {
    "prompt": {"type": "string", "minLength": 1, "maxLength": 500, "pattern": r"\S"},
    "input_reference": REFERENCE,
    "model": {"type": "string", "description": "One of /v1/models", "default": "sora-2"},
    "seconds": {"anyOf": [{"type": "string"}, {"type": "integer"}], "default": "4"},
    "size": {"type": "string", "pattern": r"^[1-9]\d{0,4}x[1-9]\d{0,4}$", "default": "720x1280"},
    "reference_url": {"type": "string", "description": "Instead of input_reference, as SGLang has it"},
    "image_reference": REFERENCE | {"description": "Instead of input_reference, as vLLM-Omni has it"},
}


def _body(properties: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    def of(fields: dict[str, Any]) -> dict[str, Any]:
        return {"schema": {"type": "object", "required": ["prompt"], "properties": fields}}

    content = {"multipart/form-data": of(properties | form), "application/json": of(properties)}
    return {"requestBody": {"required": True, "content": content}}


CREATE = _body(FIELDS, {"input_reference": {"type": "string", "format": "binary"}})
"""The body of a create call, for `openapi_extra=`."""
REMIX = _body({"prompt": FIELDS["prompt"]}, {})
