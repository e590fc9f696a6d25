"""`/api/v1/checkout`: the way to pay for a pack or a plan."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from core.billing import checkout, shop
from core.errors import NotFound, WrongInput
from core.phrase import Phrase

from ..addresses import origin
from ..session import CurrentUser
from .schemas import WEB_ADDRESS, problems

router = APIRouter(tags=["me"])


class CheckoutIn(BaseModel):
    """A pack or a plan, by its name in the catalogue."""

    model_config = ConfigDict(extra="forbid")

    pack: str | None = Field(None, max_length=100)
    plan: str | None = Field(None, max_length=100)


class CheckoutOut(BaseModel):
    """The page of Stripe's to open: the checkout, or the customer portal for who has a plan already."""

    url: str = Field(json_schema_extra=WEB_ADDRESS)


@router.post("/checkout", responses=problems(404, 413))
async def begin(user: CurrentUser, body: CheckoutIn, request: Request) -> CheckoutOut:
    """Where I pay for that; the credits come when it is paid. 404 where nothing is sold."""
    if not shop.is_open():
        raise NotFound(Phrase("shop"))
    if (body.pack is None) == (body.plan is None):
        raise WrongInput(Phrase("Please name a pack or a plan."))
    return CheckoutOut(url=await checkout.address(user, checkout.ware(body.pack, body.plan), origin(request)))
