"""A link to a product's page becomes its name, price and pictures; fetched like a user's picture, and as guarded."""

import asyncio
from dataclasses import dataclass

from core import at_once, limits
from core.ads import product_page
from core.ads.product_page import Found
from core.database.session import session
from core.errors import AdsVideoError, NoProduct, PageTooLarge
from core.models import User
from core.pictures import intake, uploads
from core.pictures.framing import Prepared
from core.processes.pool import Bounds, Crashed, OutOfBounds, apart
from core.security import outside
from core.settings import settings

PAGE_SECONDS = 10.0
PAGE_MB = 3
PICTURES_SECONDS = 20.0
"""For all pictures of the page together."""
AT_ONCE = 3


@dataclass(frozen=True)
class Product:
    """What the page says, and its pictures, which are the user's own now, by their ids."""

    name: str
    price: float | None
    currency: str | None
    description: str
    images: list[int]


async def read(user: User, url: str, resolver: outside.Resolver | None = None) -> Product:
    """The product of the page at a user's address; no script of it is run.

    Raises BadAddress, AddressRefused, Unreached, PageTooLarge, NoProduct, TooManyFetches, TooManyUploads.
    """
    with at_once.FETCHES.of(user.id):
        await limits.count_upload(user.id)
        limit = PAGE_MB * 1024 * 1024
        content = await outside.get(url, limit=limit, seconds=PAGE_SECONDS, resolver=resolver)
        if content is None:
            raise PageTooLarge(PAGE_MB)
        found = await _found(content, url)
        pictures = await _pictures(found.images, resolver)
    if not found.name or not (pictures or found.price is not None):
        raise NoProduct()
    images = []
    for prepared in pictures:
        async with session() as db:
            picture = await uploads.accept(db, user.id, prepared)
            await db.flush()
            images.append(picture.id)
    return Product(found.name, found.price, found.currency or None, found.description, list(dict.fromkeys(images)))


async def _found(content: bytes, url: str) -> Found:
    """Raises NoProduct."""
    try:
        bounds = Bounds(settings().picture_seconds, settings().decode_memory_mb)
        found = await apart(product_page.read, content, url, bounds=bounds)
    except (Crashed, OutOfBounds):
        raise NoProduct() from None
    if not found.is_product:
        raise NoProduct()
    return found


async def _pictures(urls: list[str], resolver: outside.Resolver | None) -> list[Prepared]:
    """Those of the pictures that can be had in time, in the page's order."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def fetch(url: str) -> Prepared | None:
        async with gate:
            try:
                return await intake.fetch(url, resolver)
            except AdsVideoError:
                return None

    tasks = [asyncio.create_task(fetch(url)) for url in urls[: product_page.MAX_IMAGES]]
    if not tasks:
        return []
    _done, late = await asyncio.wait(tasks, timeout=PICTURES_SECONDS)
    for task in late:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    return [one for one in results if isinstance(one, Prepared)]
