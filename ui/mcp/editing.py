"""The tool that finishes clips: the body of `POST /api/v1/edits`, field by field."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from core.edits import ask as edits
from core.edits import fields

from .caller import user
from .making import Key
from .shapes import Made


class As:
    """Described to the assistant as that model; core checks it, and says all that is wrong in its own words."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(self._model.__pydantic_core_schema__)


Part = dict[str, Any]


async def edit_video(
    clips: Annotated[list[Annotated[Part, As(fields.Clip)]], Field(description="Videos and pictures in a row")],
    *,
    size: Annotated[str | None, Field(description=f"One of {', '.join(fields.SIZES)}")] = None,
    captions: Annotated[Part, As(fields.Captions)] | None = None,
    texts: list[Annotated[Part, As(fields.Text)]] | None = None,
    logo: Annotated[Part, As(fields.Logo)] | None = None,
    end_card: Annotated[Part, As(fields.EndCard)] | None = None,
    music: Annotated[Part, As(fields.Music)] | None = None,
    lock: Annotated[Part, As(fields.Lock)] | None = None,
    idempotency_key: Key = None,
) -> Made:
    """Make a new video of clips and pictures of yours: trimmed, joined, with captions, texts, logo, end card and music.

    Times are in seconds. The clips stay as they are. Answers at once; then follow it with get_video.
    """
    me = await user()
    given = {
        "clips": clips, "size": size, "captions": captions, "texts": texts, "logo": logo, "end_card": end_card,
        "music": music, "lock": lock,
    }  # fmt: skip
    body = {name: value for name, value in given.items() if value is not None}
    row = await edits.ask(me, body, idempotency_key=idempotency_key or "")
    return Made(id=row.id, status=row.status, cost_credits=row.cost_credits)
