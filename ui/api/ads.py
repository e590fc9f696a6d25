"""`/api/v1/ads`: from products to ads, in every format."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Query
from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from core.ads import ad as ads
from core.ads import ask, templates
from core.ads.ad import Made, Status
from core.ads.storyboard import AdIn
from core.ads.templates import LENGTHS, Template
from core.database.session import reading, session
from core.ids import MAX_ID

from ..session import CurrentUser
from .schemas import problems
from .shapes import Id, Page

router = APIRouter(tags=["ads"])


class _AsAd:
    """In the OpenAPI document a body is an `AdIn`; core checks it, and says all that is wrong in its own words."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(AdIn.__pydantic_core_schema__)


class FieldOut(BaseModel):
    """A few words that a template asks for."""

    name: str
    label: str
    required: bool
    max_length: int


class TemplateShotOut(BaseModel):
    """A shot of a template; `picture` counts from 1."""

    position: int
    picture: int
    move: str
    seconds: float
    words: str
    role: str
    place: str
    transition: str


class TemplateOut(BaseModel):
    """An ad template. `seconds` is the whole length, one of `lengths`; `pictures` are the least and the most."""

    id: str
    title: str
    about: str
    pictures: list[int]
    fields: list[FieldOut]
    shots: list[TemplateShotOut]
    seconds: int
    lengths: list[int]
    music: str

    @classmethod
    def of(cls, template: Template, seconds: int, language: templates.Language) -> "TemplateOut":
        """In one language and one length."""
        shots = [
            TemplateShotOut(
                position=n,
                picture=shot.picture,
                move=shot.move,
                seconds=length,
                words=shot.words[language],
                role=shot.role,
                place=shot.place,
                transition=shot.transition,
            )
            for n, (shot, length) in enumerate(template.shots(seconds))
        ]
        fields = [
            FieldOut(
                name=field.name,
                label=field.label[language],
                required=field.name in template.required,
                max_length=field.max_length,
            )
            for field in template.fields
        ]
        return cls(
            id=template.id,
            title=template.title[language],
            about=template.about[language],
            pictures=list(template.pictures),
            fields=fields,
            shots=shots,
            seconds=seconds,
            lengths=list(LENGTHS),
            music=template.music,
        )


class ShotOut(BaseModel):
    """The video that is a shot in one format."""

    position: int
    size: str
    video_id: int
    status: str


class AdVideoOut(BaseModel):
    """The ad in one format."""

    size: str
    video_id: int
    status: str


class AdOut(BaseModel):
    """An ad. `attention`: a shot has failed and waits for you."""

    id: int
    status: Status
    template: str
    seconds: float
    cost_credits: int
    shots: list[ShotOut]
    videos: list[AdVideoOut]
    created_at: str

    @classmethod
    def of(cls, made: Made) -> "AdOut":
        """As the database has it."""
        return cls(
            id=made.ad.id,
            status=made.status,
            template=made.ad.template,
            seconds=round(made.board.seconds, 3),
            cost_credits=made.ad.cost_credits,
            shots=[
                ShotOut(position=shot.position, size=shot.size, video_id=video.id, status=video.status)
                for shot, video in made.shots
            ],
            videos=[AdVideoOut(size=video.size, video_id=video.id, status=video.status) for video in made.videos],
            created_at=made.ad.created_at.isoformat(),
        )


class ShotRetryIn(BaseModel):
    """With another model (`camera` is always there), or with the same."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(None, max_length=100)


@router.get("/ad-templates")
async def ad_templates(
    _user: CurrentUser,
    language: templates.Language = "en",
    seconds: Annotated[int, Query(description="6, 10 or 15: the whole length")] = templates.USUAL,
) -> Page[TemplateOut]:
    """What an ad can be made after."""
    length = min(LENGTHS, key=lambda one: abs(one - seconds))
    return Page(items=[TemplateOut.of(one, length, language) for one in templates.templates().values()])


@router.post("/ads", status_code=202, responses=problems(402, 404, 429))
async def make(
    user: CurrentUser,
    body: Annotated[dict[str, Any], _AsAd, Body()],
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> AdOut:
    """Make an ad of pictures of yours after a template, in one or more formats.

    Every shot is an ordinary video and costs its model's price in each format; all of them are paid for at once, or
    nothing happens. Putting them together is free. A 422 names every field that is wrong: `shots[1].words`.
    """
    ad = await ask.ask(user, body, idempotency_key=idempotency_key or "")
    async with reading() as db:
        return AdOut.of(await ads.owned(db, user.id, ad.id))


@router.get("/ads")
async def page(
    user: CurrentUser,
    cursor: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Page[AdOut]:
    """My ads, newest first."""
    async with reading() as db:
        rows = await ads.page(db, user.id, cursor, limit + 1)
    items = [AdOut.of(one) for one in rows[:limit]]
    return Page(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


@router.get("/ads/{ad_id}", responses=problems(404))
async def ad(user: CurrentUser, ad_id: Id) -> AdOut:
    """An ad, and how far each of its shots is."""
    async with reading() as db:
        return AdOut.of(await ads.owned(db, user.id, ad_id))


@router.post("/ads/{ad_id}/cancel", responses=problems(404, 409))
async def cancel(user: CurrentUser, ad_id: Id) -> AdOut:
    """Stop an ad; shots that no provider has begun are paid back. 409 if it has ended."""
    async with session() as db:
        return AdOut.of(await ads.cancel(db, user.id, ad_id))


@router.post("/ads/{ad_id}/shots/{position}/retry", status_code=202, responses=problems(402, 404, 409))
async def retry(user: CurrentUser, ad_id: Id, position: int, body: ShotRetryIn | None = None) -> AdOut:
    """Make a failed shot once more, in all formats in which it has failed, charged anew; 409 where it has not."""
    return AdOut.of(await ads.retry(user, ad_id, position, body.model if body else None))
