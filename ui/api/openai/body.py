"""Reads the body of a create call, in whichever form its client sends it: multipart, JSON, or urlencoded."""

import json
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile

from core.pictures.intake import MAX_BYTES

from ...openai_problem import Refusal
from ..characters import has_half

Fields = dict[str, Any]
MAX_PART = MAX_BYTES * 4 // 3 + 1024
"""A picture as base64."""


async def read_body(request: Request) -> Fields:
    """The fields by their names; a file's content as bytes, `name[key]` as a dict under `name`. Raises Refusal."""
    kind = request.headers.get("content-type", "").lower()
    if "multipart" in kind:
        return await _form(request)
    content = await request.body()
    if "json" not in kind and "urlencoded" in kind and not content.lstrip().startswith(b"{"):
        return await _form(request)
    try:  # also where curl, told nothing, has called it urlencoded
        fields = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        raise Refusal("The request's body is not valid JSON.", "invalid_json") from None
    if not isinstance(fields, dict):
        raise Refusal("The request's body must be a JSON object.", "invalid_json")
    if has_half(fields):
        raise Refusal("The text has half a character in it (a lone surrogate).", "invalid_value")
    return fields


async def _form(request: Request) -> Fields:
    fields: Fields = {}
    async with request.form(max_files=4, max_fields=100, max_part_size=MAX_PART) as form:
        for name, value in form.multi_items():
            content = await value.read() if isinstance(value, UploadFile) else value
            outer, bracket, inner = name.partition("[")
            if bracket:
                nested = fields.setdefault(outer, {})
                if isinstance(nested, dict):
                    nested[inner.rstrip("]")] = content
            elif fields.setdefault(name, content) is not content:
                raise Refusal(f"'{name[:100]}' is given twice.", "invalid_value", name[:100])
    return fields


def text_of(fields: Fields, name: str) -> str | None:
    """The field as text; None if it is not there, null or empty. Raises Refusal if it is something else."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bytes):  # a form's part with a file's name
        value = value.decode(errors="replace")
    if not isinstance(value, str):
        raise Refusal(f"'{name}' must be a string.", "invalid_type", name)
    return value


def seconds_of(fields: Fields) -> int | None:
    """The length: a string of digits as in OpenAI's API, or a number. Raises Refusal."""
    value = fields.get("seconds")
    if isinstance(value, bool) or not isinstance(value, int | float):
        value = text_of(fields, "seconds")
        if value is None:
            return None
    try:
        number = float(value)
        if number != int(number):
            raise ValueError
    except (ValueError, OverflowError):
        complaint = f"'seconds' must be a whole number, not {str(value)[:40]!r}."
        raise Refusal(complaint, "invalid_value", "seconds") from None
    return int(number)
