"""`/api/v1/edits`: a clip becomes an ad: trimmed, joined, with words, logo, music and an end card."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header
from fastapi.responses import Response
from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from core import at_once
from core.edits import ask as edits
from core.edits import stills
from core.edits.timeline import Edit
from core.errors import WrongInput
from core.phrase import Phrase

from ..session import CurrentUser
from .following import last_news
from .schemas import problems
from .shapes import VideoOut

router = APIRouter(tags=["edits"])


class _AsEdit:
    """In the OpenAPI document a body is an `Edit`; core checks it, and says all that is wrong in its own words."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(Edit.__pydantic_core_schema__)


Described = Annotated[dict[str, Any], _AsEdit, Body()]


class PNG(Response):
    """A frame."""

    media_type = "image/png"


@router.post("/edits", status_code=202, responses=problems(402, 404, 409, 429))
async def edit(
    user: CurrentUser,
    body: Described,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> VideoOut:
    """Make a new video of clips and pictures of yours; they stay as they are. Costs `EDIT_CREDITS`.

    Only `clips` is needed. Times are in seconds; a 422 names every field that is wrong: `clips[1].end`.
    """
    video = await edits.ask(user, body, idempotency_key=idempotency_key or "")
    return VideoOut.of(video, await last_news(video))


@router.post("/edits/still", response_class=PNG, responses={200: {"content": {"image/png": {}}}, **problems(404, 409)})
async def still(user: CurrentUser, body: Annotated[dict[str, Any], Body()]) -> Response:
    """The frame of an edit `at` seconds, as PNG, without making the edit: its fields and `at`."""
    at = body.pop("at", 0)
    if isinstance(at, bool) or not isinstance(at, int | float):
        raise WrongInput(Phrase("at must be a number of seconds."))
    with at_once.FRAMINGS.of(user.id):
        return PNG(await stills.still(user.id, body, at))


class Layer(BaseModel):
    """A picture over the clips, of `texts.N`, `logo` or `captions`; its place is in pixels of the edit.

    It is seen from frame `first` to before `stop`, comes from `rise` pixels below within `enter` frames and goes
    within `leave`; `above` the end card.
    """

    part: str
    first: int
    stop: int
    left: float
    top: float
    width: int
    height: int
    rise: float
    enter: int
    leave: int
    opacity: float
    above: bool
    image: str


class Card(BaseModel):
    """The end card: it dissolves in from frame `first`, within `overlap` frames."""

    first: int
    overlap: int
    image: str


class Overlays(BaseModel):
    """What lies over an edit's clips; `rate` is in frames a second, `total` in frames. Images are data URLs."""

    width: int
    height: int
    rate: float
    total: int
    layers: list[Layer]
    card: Card | None


@router.post("/edits/overlays", responses=problems(404, 409))
async def overlays(user: CurrentUser, body: Described) -> Overlays:
    """What the renderer lays over the clips of an edit, without making it: for a preview over a player."""
    with at_once.FRAMINGS.of(user.id):
        return Overlays.model_validate_json(await stills.overlays(user.id, body))
