"""What is seen in an ad's pictures: how large they are, where the product stands, and their ground's colour."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from core.ads import tone
from core.catalog.size import Size
from core.errors import AdsVideoError
from core.models import Picture
from core.pictures import cutouts, ground
from core.pictures.network import weights
from core.processes.pool import Bounds, Crashed, OutOfBounds, apart
from core.redis import queue
from core.settings import settings
from core.storage import store

WAIT_SECONDS = 12.0
"""So long a worker may take to find the products; an ad without them is laid out as if each stood in the middle."""


class Box(NamedTuple):
    """A rectangle in shares of a picture or a frame, 0 left and above."""

    left: float
    top: float
    right: float
    bottom: float

    def shared(self, other: "Box") -> float:
        """How much of this one the other covers, 0-1."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        own = (self.right - self.left) * (self.bottom - self.top)
        return max(across, 0.0) * max(down, 0.0) / own if own else 0.0


class Sight(NamedTuple):
    """One picture; `product` is None where none is seen."""

    size: Size
    product: Box | None = None
    color: str = ""


async def of(pictures: Iterable[Picture]) -> dict[int, Sight]:
    """Each picture by its number. A worker finds the products where that has not been done; it is waited for."""
    pictures = list(pictures)
    can_look = any(one.cutout_confidence is None for one in pictures) and weights() and await queue.has_worker()
    seen = await asyncio.gather(*(_one(picture, wait=bool(can_look)) for picture in pictures))
    return {picture.id: one for picture, one in zip(pictures, seen, strict=True)}


async def _one(picture: Picture, *, wait: bool) -> Sight:
    size = Size(picture.width, picture.height)
    bounds = Bounds(settings().picture_seconds, settings().decode_memory_mb)
    try:
        content, mask = await asyncio.gather(store.get(picture.key), _mask(picture, wait=wait))
        color, box = await apart(ground.look, content, mask, bounds=bounds)
    except (AdsVideoError, OSError, Crashed, OutOfBounds):
        return Sight(size)
    return Sight(size, Box(*box) if box else None, tone.legible(color))


async def _mask(picture: Picture, *, wait: bool) -> bytes:
    """What of it is the product; empty where that is not known, or none is seen."""
    try:
        if picture.cutout_confidence is None and wait:
            picture = await asyncio.wait_for(cutouts.asked(picture.user_id, picture.id), WAIT_SECONDS)
        return await store.get(picture.cutout_key or "") if cutouts.is_clear(picture) else b""
    except (AdsVideoError, FileNotFoundError, TimeoutError):
        return b""
