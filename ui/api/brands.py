"""`/api/v1/brands`: logo, colours, font and call to action of one's ads."""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from core.ads import brand as brands
from core.ads.brand import BrandIn
from core.database.session import reading, session
from core.models import Brand, User

from ..session import CurrentUser
from .schemas import problems
from .shapes import Id, Page

router = APIRouter(tags=["ads"])


class BrandOut(BaseModel):
    """A brand. `shared`: for all of a group; `own`: mine to change."""

    id: int
    name: str
    logo_id: int | None
    colors: list[str]
    font: str
    call_to_action: str
    end_card_text: str
    shared: bool
    own: bool

    @classmethod
    def of(cls, brand: Brand, user: User) -> "BrandOut":
        """As that user sees it."""
        values = brand.model_dump(include=set(cls.model_fields))
        return cls(**values, shared=brand.group_id is not None, own=brand.user_id == user.id)


@router.get("/brands")
async def page(user: CurrentUser) -> Page[BrandOut]:
    """My brands and those of my group."""
    async with reading() as db:
        rows = await brands.of_user(db, user)
    return Page(items=[BrandOut.of(row, user) for row in rows])


@router.post("/brands", status_code=201, responses=problems(404))
async def make(user: CurrentUser, body: BrandIn) -> BrandOut:
    """Keep a brand."""
    async with session() as db:
        return BrandOut.of(await brands.make(db, user, body), user)


@router.get("/brands/{brand_id}", responses=problems(404))
async def brand(user: CurrentUser, brand_id: Id) -> BrandOut:
    """A brand of mine or of my group's."""
    async with reading() as db:
        return BrandOut.of(await brands.usable(db, user, brand_id), user)


@router.patch("/brands/{brand_id}", responses=problems(404))
async def change(user: CurrentUser, brand_id: Id, body: Annotated[dict[str, Any], Body()]) -> BrandOut:
    """Change some fields of a brand of mine."""
    try:
        async with session() as db:
            return BrandOut.of(await brands.change(db, user, brand_id, body), user)
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_context=False)]
        raise RequestValidationError(found) from None


@router.delete("/brands/{brand_id}", status_code=204, responses=problems(404))
async def delete(user: CurrentUser, brand_id: Id) -> None:
    """Forget a brand of mine; ads made with it stay as they are."""
    async with session() as db:
        await brands.delete(db, user, brand_id)
