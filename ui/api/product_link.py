"""`/api/v1/product-link`: what a product's page says of it, to begin an ad with."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from core.ads import product_link

from ..session import CurrentUser
from .schemas import WEB_ADDRESS

router = APIRouter(tags=["ads"])


class LinkIn(BaseModel):
    """The page's address."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2000, json_schema_extra=WEB_ADDRESS)


class ProductOut(BaseModel):
    """What was found; `currency` as ISO 4217 has it, `images` are numbers of pictures that are yours now."""

    name: str
    price: float | None
    currency: str | None
    description: str
    images: list[int]


@router.post("/product-link")
async def read(user: CurrentUser, body: LinkIn) -> ProductOut:
    """Read name, price and pictures from a page's JSON-LD, microdata or Open Graph. No script of the page is run."""
    product = await product_link.read(user, body.url)
    return ProductOut(**vars(product))
