"""`/api/v1/models`: the catalogue with state and price."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from core.catalog import availability
from core.catalog.size import Size

from ..session import CurrentUser
from .shapes import Page

router = APIRouter(tags=["models"])


class ModelOut(BaseModel):
    """A model on offer. Sizes are `WIDTHxHEIGHT`; the first size and length are what is made if none is asked for.

    `options` names what may be chosen about a clip, such as `audio`.
    """

    id: str
    label: str
    engine: str
    state: Literal["ready", "no_key", "retired", "unreachable"]
    reason: str | None
    default: bool
    sizes: list[Size]
    seconds: list[int]
    price_credits: int
    price_per: Literal["clip", "second"]
    options: list[str]


@router.get("/models")
async def models(_user: CurrentUser) -> Page[ModelOut]:
    """Every model, in menu order."""
    return Page(items=await all_models())


async def all_models() -> list[ModelOut]:
    """Every model, in menu order, with its state."""
    return [
        ModelOut(
            id=offer.model.id,
            label=offer.model.label,
            engine=offer.model.engine,
            state=offer.state.name,
            reason=str(offer.state.reason) if offer.state.reason else None,
            default=offer.default,
            sizes=list(offer.model.sizes),
            seconds=list(offer.model.seconds),
            price_credits=offer.model.price_credits,
            price_per=offer.model.price_per,
            options=list(offer.model.options),
        )
        for offer in await availability.offers()
    ]
