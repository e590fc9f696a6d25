"""The recipe of a video, and its form inside the MP4 file.

The worker writes it, the studio reads it from a file that is dropped on the form. A file may come from anywhere, so
every field is checked.
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
from core.pictures.fit import Framing
from core.videos.options import Options

MARK = '{"adsvideo": 1'
"""The start of the text, by which a browser finds it in the bytes of a file."""
MAX_LENGTH = 8_000
"""The most characters that are read: each of a prompt's 500 may take twelve in JSON. A longer edit is left out."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a video is made from. None means the model's default; without `framing` the crop is centred.

    The picture is one of: the id of an own picture, a URL, the name of a preset, or (in a file) the SHA-256 of an own
    picture.
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
    edit: dict[str, Any] | None = None

    @classmethod
    def of(cls, video: Video) -> "Recipe":
        """The recipe to repeat a video for its owner."""
        return cls(picture_id=video.picture_id, **_settings(video))

    @classmethod
    def portable(cls, video: Video, picture: Picture | None) -> "Recipe":
        """The recipe for a file: the picture by preset or SHA-256 instead of its id here."""
        preset = picture.preset or "" if picture else ""
        sha256 = picture.sha256 if picture and not preset else ""
        return cls(preset=preset, picture_sha256=sha256, **_settings(video))

    @property
    def framing_fields(self) -> dict[str, Any]:
        """The framing as the database stores it: only the fields that were set, since defaults may change."""
        return self.framing.model_dump(exclude_unset=True) if self.framing else {}

    @property
    def option_fields(self) -> dict[str, Any]:
        """The studio camera's options as a video keeps them: only what was chosen."""
        return self.options.chosen() if self.options else {}

    def sha256(self, *, batch: bool | None = None) -> str:
        """A hash of the request, to tell whether an idempotency key is used for the same request again.

        It is of the API's JSON body, which must not change, so that keys stay valid across updates of AdsVideo.
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
        "edit": video.edit,
    }


_FIELDS: dict[str, TypeAdapter[Any]] = {
    "prompt": TypeAdapter(Annotated[str, Field(max_length=500)]),
    "model": TypeAdapter(Annotated[str, Field(max_length=100)]),
    "seconds": TypeAdapter(Annotated[int, Field(ge=1, le=600, strict=True)]),
    "size": TypeAdapter(Size),
    "framing": TypeAdapter(Framing),
    "options": TypeAdapter(Options),
    "preset": TypeAdapter(Annotated[str, Field(max_length=50)]),
    "picture": TypeAdapter(Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]),
    "edit": TypeAdapter(dict[str, Any]),
}
"""The fields in a file and their types; `picture` is the SHA-256."""


class FromFile(NamedTuple):
    """A recipe read from a file; `whole` if every field could be read."""

    recipe: Recipe
    whole: bool


def write(recipe: Recipe) -> str:
    """The recipe as text for an MP4 tag: ASCII JSON that starts with MARK."""
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
    text = json.dumps({"adsvideo": 1, **{name: value for name, value in fields.items() if value is not None}})
    if recipe.edit is None:
        return text
    with_edit = f'{text[:-1]}, "edit": {json.dumps(recipe.edit)}}}'
    return with_edit if len(with_edit) <= MAX_LENGTH else text


def read(text: object) -> FromFile | None:
    """Read the text of an MP4 tag; None if it is not ours. Invalid fields are left out."""
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
    """The valid fields, as (name, value)."""
    for name, kind in _FIELDS.items():
        if name in fields:
            with contextlib.suppress(ValidationError):
                yield name, kind.validate_python(fields[name])
