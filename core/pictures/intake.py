"""Checks and decodes pictures from uploads and addresses, and frames them, in a process of its own."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from core.catalog.size import Size
from core.errors import (
    BrokenPicture,
    NotAPicture,
    PictureAtAddress,
    PictureError,
    PictureTooHeavy,
    PictureTooLarge,
)
from core.pictures.fit import Framing
from core.pictures.framing import Prepared, clean, frame
from core.processes.pool import Bounds, Crashed, OutOfBounds, apart
from core.security import outside
from core.settings import settings

MAX_MB = 10
MAX_BYTES = MAX_MB * 1024 * 1024
FETCH_SECONDS = 10.0
T = TypeVar("T")


_fetching = asyncio.Semaphore(16)  # each may hold a whole picture in memory


async def framed(content: bytes, width: int, height: int, framing: dict[str, Any], scale: float = 1.0) -> bytes:
    """`frame`, without blocking. Raises BrokenPicture, PictureTooHeavy and what `frame` raises."""
    return await _apart(frame, content, width, height, framing, scale)


async def as_sent(content: bytes, size: Size, framing: Framing) -> bytes:
    """The JPEG that a model gets for videos of that size, for a preview."""
    return await framed(content, size.width, size.height, framing.brief())


async def prepare(content: bytes) -> Prepared:
    """`clean`, without blocking. Raises what it raises, and PictureTooLarge, PictureTooHeavy."""
    if len(content) > MAX_BYTES:
        raise PictureTooLarge(MAX_MB)
    if not content:
        raise NotAPicture()
    return await _apart(clean, content)


async def fetch(url: str, resolver: outside.Resolver | None = None) -> Prepared:
    """`prepare` for a picture at a user's address; takes at most FETCH_SECONDS for the download.

    Raises BadAddress, AddressRefused, Unreached, PictureAtAddress.
    """
    async with _fetching:
        content = await outside.get(url, limit=MAX_BYTES, seconds=FETCH_SECONDS, resolver=resolver)
    try:
        if content is None:
            raise PictureTooLarge(MAX_MB)
        return await prepare(content)
    except PictureError as error:
        raise PictureAtAddress(error.phrase) from None


async def _apart(function: Callable[..., T], *args: object) -> T:
    """Run in a process of its own. Raises BrokenPicture if the picture crashes it, PictureTooHeavy at its bounds."""
    try:
        return await apart(function, *args, bounds=Bounds(settings().picture_seconds, settings().decode_memory_mb))
    except Crashed:
        raise BrokenPicture() from None
    except OutOfBounds:
        raise PictureTooHeavy() from None
