"""What a video is made from, and how its MP4 carries that.

The worker writes it, the studio reads it from a file that is dropped on the form. A file may come from anywhere, so
whatever is read from one is checked field by field.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from core.catalog.size import Size
from core.models import Picture, Video
from core.pictures.intake import Framing
from core.videos.options import Options

MARK = '{"adsvideo": 1'
"""What the settings begin with, so that a browser finds them among the bytes of a file."""
MAX_LENGTH = 8_000
"""Characters that a reader looks at: 500 of a prompt may be written with twelve each."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a video is made from; what is None is left to the model, and no framing is the centred crop.

    The picture is one of: the number of one that its owner has, an address on the web, the name of a preset, or (in a
    file) the SHA-256 of one that its owner has.
    """

    picture_id: int | None = None
    picture_url: str = ""
    preset: str = ""
    picture_sha256: str = ""
    prompt: str = ""
    model: str | None = None
    seconds: int | None = None
    size: Size | None = None
    framing: Framing | None = None
    options: Options | None = None

    @classmethod
    def of(cls, video: Video) -> "Recipe":
        """What its owner needs to make the video once more."""
        return cls(picture_id=video.picture_id, **_settings(video))

    @classmethod
    def portable(cls, video: Video, picture: Picture | None) -> "Recipe":
        """The same for a file: the picture by what it is, not by its number here."""
        preset = picture.preset or "" if picture else ""
        sha256 = picture.sha256 if picture and not preset else ""
        return cls(preset=preset, picture_sha256=sha256, **_settings(video))

    @property
    def framing_fields(self) -> dict[str, Any]:
        """The framing as a video keeps it: only what was said, as it was said, for the defaults may change."""
        return self.framing.model_dump(exclude_unset=True) if self.framing else {}

    @property
    def option_fields(self) -> dict[str, Any]:
        """The studio camera's options as a video keeps them: only what was chosen."""
        return self.options.chosen() if self.options else {}

    def sha256(self, *, batch: bool | None = None) -> str:
        """Tells a request with the same idempotency key from another one.

        The JSON behind it is the API's own body, as it has always been: a key that was used before an update of
        AdsVideo is recognised after it.
        """
        body = {
            "image_id": self.picture_id,
            "image_url": self.picture_url or None,
            "preset": self.preset or None,
            "prompt": self.prompt,
            "model": self.model,
            "seconds": self.seconds,
            "size": str(self.size) if self.size else None,
            "framing": self.framing.model_dump() if self.framing else None,
            "options": self.option_fields or None,
            "batch": batch,
        }
        return hashlib.sha256(to_json({k: v for k, v in body.items() if v is not None})).hexdigest()


def _settings(video: Video) -> dict[str, Any]:
    return {
        "prompt": video.prompt,
        "model": video.model,
        "seconds": video.seconds,
        "size": Size.parse(video.size),
        "framing": Framing(**video.framing) if video.framing else None,
        "options": Options(**video.options) if video.options else None,
    }


# ------------------------------------------------------------------------------------------------------ in a file


_FIELDS: dict[str, TypeAdapter[Any]] = {
    "prompt": TypeAdapter(Annotated[str, Field(max_length=500)]),
    "model": TypeAdapter(Annotated[str, Field(max_length=100)]),
    "seconds": TypeAdapter(Annotated[int, Field(ge=1, le=600, strict=True)]),
    "size": TypeAdapter(Size),
    "framing": TypeAdapter(Framing),
    "options": TypeAdapter(Options),
    "preset": TypeAdapter(Annotated[str, Field(max_length=50)]),
    "picture": TypeAdapter(Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]),
}
"""What a file may say, by the names it has there; `picture` is the SHA-256."""


class FromFile(NamedTuple):
    """A recipe, and whether all that stood in the file could be understood."""

    recipe: Recipe
    whole: bool


def write(recipe: Recipe) -> str:
    """The tag's text: ASCII, with the mark in front."""
    fields = {
        "prompt": recipe.prompt,
        "model": recipe.model,
        "seconds": recipe.seconds,
        "size": str(recipe.size) if recipe.size else None,
        "framing": recipe.framing_fields,
        "options": recipe.option_fields or None,
        "preset": recipe.preset or None,
        "picture": recipe.picture_sha256 or None,
    }
    return json.dumps({"adsvideo": 1, **{name: value for name, value in fields.items() if value is not None}})


def read(text: object) -> FromFile | None:
    """What stands behind the mark; None where there is nothing of ours. A field that makes no sense is left out."""
    if not isinstance(text, str) or not text.startswith(MARK):
        return None
    try:
        fields, _end = json.JSONDecoder().raw_decode(text[:MAX_LENGTH])
    except (ValueError, RecursionError):
        return None
    sound = dict(_sound(fields))
    whole = set(sound) == set(fields) - {"adsvideo"}
    sound["framing"] = sound.get("framing") if fields.get("framing") else None
    return FromFile(Recipe(picture_sha256=sound.pop("picture", ""), **sound), whole)


def _sound(fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields that we know and that are what they should be."""
    for name, kind in _FIELDS.items():
        if name in fields:
            with contextlib.suppress(ValidationError):
                yield name, kind.validate_python(fields[name])
