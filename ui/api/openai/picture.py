"""The picture of a create call, in all the ways in which SDKs, curl and gateways give it."""

import base64
import binascii
import json
import re
from typing import Any
from urllib.parse import unquote_to_bytes

from core.errors import PictureTooLarge
from core.pictures.intake import MAX_BYTES

from ...openai_problem import PICTURE, Refusal
from .body import Fields

NAMES = ("input_reference", "image_reference", "reference_url", "image_url")
"""OpenAI's own field, vLLM-Omni's, SGLang's, and what some gateways have."""
ADDRESS = re.compile(r"\s*https?://", re.IGNORECASE)
DATA = re.compile(r"\s*data:", re.IGNORECASE)
SHORTEST_BASE64 = 64
NO_FILES = "Files can't be uploaded beforehand here: send the picture itself as 'input_reference', or its 'image_url'."
NOT_READ = "'{name}' must be a file, or an http(s) or data URL."


def picture_in(fields: Fields) -> bytes | str | None:
    """The picture: its bytes, or the http(s) address where it is; None if none is given. Raises Refusal."""
    pictures = {name: picture for name in NAMES if (picture := _read(name, fields.get(name))) is not None}
    if len(pictures) > 1:
        raise Refusal(f"Send one picture only, not both {' and '.join(pictures)}.", "invalid_value", PICTURE)
    return next(iter(pictures.values()), None)


def _read(name: str, value: Any) -> bytes | str | None:
    if isinstance(value, dict):
        if value.get("file_id"):
            raise Refusal(NO_FILES, "unsupported_parameter", PICTURE)
        address = value.get("image_url")
        return _read(name, address.get("url") if isinstance(address, dict) else address)
    if value is None or value in ("", b""):
        return None
    if isinstance(value, bytes):
        # LiteLLM sends an address as the bytes of a file
        return _of_text(name, value.decode("latin-1")) if re.match(rb"\s*(https?://|data:)", value, re.I) else value
    if isinstance(value, str):
        return _of_text(name, value)
    raise Refusal(NOT_READ.format(name=name), "invalid_type", PICTURE)


def _of_text(name: str, text: str) -> bytes | str | None:
    if ADDRESS.match(text):
        return text.strip()
    if DATA.match(text):
        return _data_url(text.strip())
    if text.lstrip().startswith("{"):
        try:
            return _read(name, json.loads(text))
        except (ValueError, RecursionError):
            raise Refusal(NOT_READ.format(name=name), "invalid_value", PICTURE) from None
    if (content := _base64(text)) and len(text) >= SHORTEST_BASE64:
        return content
    try:
        content = text.encode("latin-1")  # a file's part without a name, which a form's reader takes for text
    except UnicodeEncodeError:
        content = b""
    if text.isprintable() or not content:
        raise Refusal(NOT_READ.format(name=name), "invalid_value", PICTURE)
    return content


def _data_url(url: str) -> bytes:
    head, comma, payload = url.partition(",")
    content = _base64(unquote_to_bytes(payload).decode("latin-1")) if head.lower().endswith(";base64") else None
    if not comma or (content is None and head.lower().endswith(";base64")):
        raise Refusal("The data URL of the picture can't be read.", "invalid_base64", PICTURE)
    content = unquote_to_bytes(payload) if content is None else content
    if len(content) > MAX_BYTES:
        raise PictureTooLarge()
    return content


def _base64(text: str) -> bytes | None:
    """The bytes; with `-_` or `+/`, with or without padding and line breaks. None if it is no base64."""
    compact = re.sub(r"\s+", "", text).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
