"""`/api/v1/images`: pictures to make videos of."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Query, Request, Response, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field, field_validator

from core import at_once
from core.catalog import entries
from core.catalog.size import Size
from core.database.session import reading, session
from core.errors import NotFound, WrongInput
from core.models import Picture, User
from core.phrase import Phrase
from core.pictures import cutouts, intake, keeping, presets, uploads
from core.pictures.fit import Framing
from core.storage import store

from .. import files
from ..session import CurrentUser
from .schemas import made, problems, stored
from .shapes import Id

router = APIRouter(tags=["images"])
CACHE = "private, max-age=86400"


class JPEG(Response):
    """A picture of the user's."""

    media_type = "image/jpeg"


class PNG(Response):
    """A picture with transparency."""

    media_type = "image/png"


class ImageOut(BaseModel):
    """A picture, upright and without metadata; its size in pixels.

    `warning` says what a video of it will suffer from: few pixels, an extreme shape.
    """

    id: int
    url: str
    width: int
    height: int
    warning: str | None = Field(None, description="Not there where there is none")


@router.post("/images", status_code=201, response_model_exclude_none=True, responses=problems(413, 415))
async def upload(request: Request, user: CurrentUser, file: Annotated[UploadFile, File()]) -> ImageOut:
    """Keep a picture: JPEG, PNG, WebP, AVIF or GIF (its first frame), at most 10 MB."""
    if len((await request.form()).getlist("file")) > 1:
        raise WrongInput(Phrase("Please send one file at a time."))
    picture = await keeping.keep(user.id, await file.read(intake.MAX_BYTES + 1))
    url, warning = f"/api/v1/images/{picture.id}/content", uploads.warning(picture.width, picture.height)
    return ImageOut(
        id=picture.id, url=url, width=picture.width, height=picture.height, warning=str(warning) if warning else None
    )


async def _owned(user: User, image_id: int) -> Picture:
    async with reading() as db:
        return await uploads.owned(db, user.id, image_id)


@router.get("/images/{image_id}/content", response_class=FileResponse, responses=stored("image/jpeg"))
async def content(user: CurrentUser, image_id: Id) -> Response:
    """The picture itself, as JPEG, with Range. Where files are in a bucket, a redirect to it."""
    return await files.answer((await _owned(user, image_id)).key, "image/jpeg", cache=CACHE, what=Phrase("picture"))


@router.get("/images/{image_id}/transparent", response_class=FileResponse, responses=stored("image/png"))
async def transparent(user: CurrentUser, image_id: Id) -> Response:
    """The picture as PNG with its transparency; 404 if all of it is opaque."""
    picture = await _owned(user, image_id)
    if picture.alpha_key is None:
        raise NotFound(Phrase("picture"))
    return await files.answer(picture.alpha_key, "image/png", cache=CACHE, what=Phrase("picture"))


def _sizes(schema: dict[str, Any]) -> None:
    schema["enum"] = sorted(map(str, entries.sizes()))


class Wanted(Framing):
    """A framing for a video of that size."""

    size: str = Field(json_schema_extra=_sizes)

    @field_validator("size")
    @classmethod
    def _offered(cls, size: str) -> str:
        if size not in set(map(str, entries.sizes())):
            raise ValueError(f"no model makes videos of {size[:20]}")
        return size


@router.get("/images/presets/{name}/framed", response_class=JPEG, responses=made("image/jpeg"))
async def framed_preset(user: CurrentUser, name: str, wanted: Annotated[Wanted, Query()]) -> Response:
    """A preset picture exactly as a model gets it."""
    with at_once.FRAMINGS.of(user.id):
        return await _framed(await presets.preset_content(name), wanted)


@router.get("/images/{image_id}/framed", response_class=JPEG, responses=made("image/jpeg"))
async def framed(user: CurrentUser, image_id: Id, wanted: Annotated[Wanted, Query()]) -> Response:
    """The picture exactly as a model gets it which makes videos of that size."""
    picture = await _owned(user, image_id)
    with at_once.FRAMINGS.of(user.id):
        try:
            content = await store.get(uploads.source_key(picture))
        except FileNotFoundError:
            raise NotFound(Phrase("picture")) from None
        return await _framed(content, wanted)


async def _framed(picture: bytes, wanted: Wanted) -> Response:
    return JPEG(await intake.as_sent(picture, Size.parse(wanted.size), wanted), headers={"Cache-Control": CACHE})


@router.get("/images/{image_id}/cutout", response_class=PNG, responses=made("image/png") | problems(409, 503))
async def cutout(user: CurrentUser, image_id: Id) -> Response:
    """The product alone, as PNG with transparency in the picture's shape; 409 where none is seen.

    It is cut out when it is first asked for, which takes a second or two.
    """
    with at_once.FRAMINGS.of(user.id):
        return PNG(await cutouts.product(user.id, image_id), headers={"Cache-Control": CACHE})


@router.delete("/images/{image_id}", status_code=204, responses=problems(404, 409))
async def delete(user: CurrentUser, image_id: Id) -> None:
    """Delete a picture; its videos stay. 409 while a video is being made of it."""
    async with session() as db:
        picture = await uploads.delete(db, user.id, image_id)
    await store.delete(*uploads.files_of(picture))
