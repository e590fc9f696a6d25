"""A video's settings as its MP4 carries them: written by the worker, read back from a file that is dropped on the form.

A file may come from anywhere, so whatever is read from one is checked field by field.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from core.models import Picture, Video
from core.pictures import Framing

MARK = '{"adsvideo": 1'
"""What the settings begin with, so that a browser finds them among the bytes of a file."""
MAX_LENGTH = 8_000
"""Characters that a reader looks at: 500 of a prompt may be written with twelve each."""


class Recipe(BaseModel):
    """What a video was made with. `picture` is the SHA-256 of its owner's picture where it is no preset."""

    prompt: str = Field("", max_length=500)
    model: str = Field("", max_length=100)
    seconds: int = Field(0, ge=0, le=600, strict=True)
    size: str = Field("", pattern=r"^([1-9]\d{1,4}x[1-9]\d{1,4})?$")
    framing: dict[str, Any] = {}
    preset: str = Field("", max_length=50)
    picture: str = Field("", pattern=r"^([0-9a-f]{64})?$")


class Found(NamedTuple):
    """A recipe, and whether all that stood there could be understood."""

    recipe: Recipe
    whole: bool


def write(video: Video, picture: Picture | None) -> str:
    """The tag's text: ASCII, with the mark in front."""
    about = {"prompt": video.prompt, "model": video.model, "seconds": video.seconds, "size": video.size}
    source: dict[str, str] = {}
    if picture:
        source = {"preset": picture.preset} if picture.preset else {"picture": picture.sha256}
    return json.dumps({"adsvideo": 1, **about, "framing": video.framing, **source})


def read(text: object) -> Found | None:
    """What stands behind the mark; None where there is nothing of ours. A field that makes no sense is left out."""
    if not isinstance(text, str) or not text.startswith(MARK):
        return None
    try:
        told, _end = json.JSONDecoder().raw_decode(text[:MAX_LENGTH])
    except (ValueError, RecursionError):
        return None
    good = dict(_sound(told))
    return Found(Recipe(**good), whole=set(good) == set(told) - {"adsvideo"})


def _sound(told: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields that we know and that are what they should be."""
    for name in Recipe.model_fields:
        if name not in told:
            continue
        try:
            value = getattr(Recipe(**{name: told[name]}), name)
            yield name, _framing(value) if name == "framing" else value
        except ValidationError:
            continue


def _framing(value: dict[str, Any]) -> dict[str, Any]:
    """Raises ValidationError. Only what was said, as it was said: the defaults may change."""
    return Framing(**value).model_dump(exclude_unset=True)
