"""Brands: logo, two colours, font, call to action. One's own, and those that an administrator shares with a group."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, field_validator
from sqlalchemy import ColumnElement, or_
from sqlalchemy import update as sql_update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.accounts import users
from core.ads.storyboard import ACCENT, DARK, LIGHT, Look, no_picture
from core.database.session import reading, session
from core.edits import letters
from core.edits.fields import Color, Font, Id
from core.errors import NotFound, WrongInput
from core.models import Brand, Picture, User, now
from core.phrase import Phrase
from core.pictures import uploads
from core.pictures.contrast import contrast, rgb
from core.pictures.framing import Prepared
from core.storage import store

Colors = Annotated[tuple[Color, ...], Field(min_length=2, max_length=2)]


class BrandIn(BaseModel):
    """What a brand is made of. `colors` are that of end cards, and that of bars and buttons.

    `shared`: for all of one's group; only administrators may.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=80)
    logo_id: Id | None = None
    colors: Colors = (DARK, ACCENT)
    font: Font = "inter"
    call_to_action: str = Field("", max_length=40)
    end_card_text: str = Field("", max_length=120)
    shared: StrictBool = False

    @field_validator("call_to_action", "end_card_text")
    @classmethod
    def _can_be_drawn(cls, text: str) -> str:
        if missing := letters.missing(text):
            raise ValueError(f"has characters that our fonts lack: {missing[:20]}")
        return text


READABLE = 4.5
SEEN = 1.8
"""The least contrast of letters with what they stand on, and of a button with its card."""


def complaints(colors: Sequence[str]) -> list[Phrase]:
    """What is poor about two colours of a brand: that of end cards, and that of bars and buttons."""
    card, accent = (rgb(color) for color in colors)
    said = []
    for name, color in ((Phrase("the end card"), card), (Phrase("the button"), accent)):
        best = max(contrast(color, rgb(letters)) for letters in (LIGHT, DARK))
        if best < READABLE:
            said.append(
                Phrase(
                    "Letters on {thing} will be hard to read (contrast {n}, 4.5 reads well).",
                    thing=name,
                    n=f"{best:.2f}",
                )
            )
    if (apart := contrast(card, accent)) < SEEN:
        n = f"{apart:.1f}"
        said.append(Phrase("The button will hardly stand out from the end card (contrast {n}, 1.8 is seen).", n=n))
    return said


def _theirs(user: User) -> ColumnElement[bool]:
    """What a user may use: their own brands, and those of their group."""
    own = col(Brand.user_id) == user.id
    mine = own if user.group_id is None else or_(own, col(Brand.group_id) == user.group_id)
    return mine & col(Brand.deleted_at).is_(None)


async def of_user(db: AsyncSession, user: User) -> list[Brand]:
    """The brands that a user may use, newest first."""
    return list((await db.exec(select(Brand).where(_theirs(user)).order_by(col(Brand.id).desc()).limit(100))).all())


async def usable(db: AsyncSession, user: User, brand_id: int) -> Brand:
    """That brand. Raises NotFound."""
    if brand := (await db.exec(select(Brand).where(_theirs(user), Brand.id == brand_id))).first():
        return brand
    raise NotFound(Phrase("brand"))


async def make(db: AsyncSession, user: User, wanted: BrandIn) -> Brand:
    """Keep a new brand. Raises NotFound (logo), WrongInput."""
    brand = Brand(user_id=user.id, name=wanted.name, **await _values(db, user, wanted))
    db.add(brand)
    await db.flush()
    return brand


async def change(db: AsyncSession, user: User, brand_id: int, wanted: dict[str, Any]) -> Brand:
    """Change some fields of a brand of one's own. Raises NotFound, WrongInput; pydantic's error for wrong values."""
    brand = await _own(db, user, brand_id)
    kept = {name: getattr(brand, name) for name in BrandIn.model_fields if name != "shared"}
    whole = BrandIn.model_validate({**kept, "shared": brand.group_id is not None, **wanted})
    values = {"name": whole.name, **await _values(db, user, whole)}
    await db.exec(sql_update(Brand).where(col(Brand.id) == brand_id).values(**values))
    await db.refresh(brand)
    return brand


async def delete(db: AsyncSession, user: User, brand_id: int) -> None:
    """Forget a brand of one's own; ads made with it stay as they are. Raises NotFound."""
    await _own(db, user, brand_id)
    await db.exec(sql_update(Brand).where(col(Brand.id) == brand_id).values(deleted_at=now()))


async def _own(db: AsyncSession, user: User, brand_id: int) -> Brand:
    mine = (Brand.user_id == user.id, Brand.id == brand_id, col(Brand.deleted_at).is_(None))
    if brand := (await db.exec(select(Brand).where(*mine))).first():
        return brand
    raise NotFound(Phrase("brand"))


async def _values(db: AsyncSession, user: User, wanted: BrandIn) -> dict[str, Any]:
    if wanted.logo_id is not None:
        try:
            await uploads.owned(db, user.id, wanted.logo_id)
        except NotFound:
            raise no_picture("logo_id") from None
    if wanted.shared and users.role(user) != "admin":
        raise WrongInput(Phrase("Only administrators share a brand with their group."))
    if wanted.shared and user.group_id is None:
        raise WrongInput(Phrase("You are in no group that this brand could be shared with."))
    values = wanted.model_dump(exclude={"name", "shared"})
    return values | {"colors": list(wanted.colors), "group_id": user.group_id if wanted.shared else None}


async def look(user: User, brand_id: int) -> Look:
    """What a brand gives an ad of that user's; somebody else's logo becomes a picture of their own. Raises NotFound."""
    async with reading() as db:
        brand = await usable(db, user, brand_id)
        logo = await db.get(Picture, brand.logo_id) if brand.logo_id else None
    logo_id = brand.logo_id if logo and not logo.deleted_at else None
    if logo and logo_id and logo.user_id != user.id:
        logo_id = await _copied(user, logo)
    return Look(
        logo_id=logo_id,
        colors=(brand.colors[0], brand.colors[1]),
        font=brand.font,
        call_to_action=brand.call_to_action,
        end_card_text=brand.end_card_text,
    )


async def _copied(user: User, logo: Picture) -> int:
    content = await store.get(logo.key)
    alpha = await store.get(logo.alpha_key) if logo.alpha_key else b""
    async with session() as db:
        own = await uploads.accept(db, user.id, Prepared(content, logo.width, logo.height, alpha=alpha))
        await db.flush()
        return own.id
