"""Finds what is in a picture, once for all that ask, and frames it like the picture for an engine."""

import asyncio
import logging
from functools import partial
from typing import Any

from core.catalog.size import Size
from core.database.session import reading
from core.errors import PictureGone
from core.models import Picture, Video
from core.phrase import Phrase
from core.pictures import cutouts, framing
from core.pictures.network import SURE, NoNetwork
from core.processes.pool import apart
from core.storage import store
from workers.engines import Cutout
from workers.media.cutting import cut_out_apart

log = logging.getLogger(__name__)
_making: dict[int, asyncio.Task[None]] = {}


async def cut_out(context: dict[str, Any], picture_id: int) -> None:
    """Find out what is in a picture, if that is not known; the job that a page asks for."""
    async with reading() as db:
        picture = await db.get(Picture, picture_id)
    if picture is not None and picture.deleted_at is None:
        await _known(picture)


async def of(video: Video, scale: float) -> Cutout:
    """Where the product is in the video's picture, framed to the video's size times `scale`. Raises PictureGone.

    Whatever goes wrong with finding it is no reason to make no video: then there is none, and `why` says why.
    """
    if video.options.get("layers") is False:
        return Cutout(window=_window(video, await _row(video.picture_id)))
    return await product(video, scale)


def _window(video: Video, picture: Picture) -> tuple[float, float, float, float]:
    """Where the picture is in its frame; that of one with transparency goes on without an edge, so all of it moves."""
    if picture.alpha_key:
        return 0.0, 0.0, 1.0, 1.0
    size = Size.parse(video.size)
    return framing.inside(picture.width, picture.height, size.width, size.height, video.framing)


async def product(video: Video, scale: float) -> Cutout:
    """The same, whether the video's own camera wanted to know it or not."""
    picture = await _row(video.picture_id)
    size = Size.parse(video.size)
    window = _window(video, picture)
    if picture.cutout_confidence is None:
        if why := await _known(picture):
            return Cutout(why=str(why), window=window)
        picture = await _row(video.picture_id)
    if not cutouts.is_clear(picture):
        return Cutout(why=str(cutouts.NO_PRODUCT), window=window)
    try:
        content = await store.get(picture.cutout_key or "")
        framed = partial(framing.frame_mask, clear=bool(picture.alpha_key))
        mask = await apart(framed, content, size.width, size.height, video.framing, scale)
    except Exception:
        log.exception("the cut-out of picture %s can't be used", picture.id)
        return Cutout(why=str(cutouts.NO_PRODUCT), window=window)
    if not mask:
        return Cutout(why=str(cutouts.NO_PRODUCT), window=window)
    sure = (picture.cutout_confidence or 0) >= SURE
    return Cutout(mask, sure, "" if sure else str(cutouts.ROUGH), window)


async def _row(picture_id: int) -> Picture:
    async with reading() as db:
        picture = await db.get(Picture, picture_id)
    if picture is None:
        raise PictureGone("its row is missing")
    return picture


async def _known(picture: Picture) -> Phrase | None:
    """Find out what is in it; why that can't be found out here, or None."""
    if picture.cutout_confidence is not None:
        return None
    if picture.id not in _making:
        task = _making[picture.id] = asyncio.create_task(_find(picture))
        task.add_done_callback(lambda _done: _making.pop(picture.id, None))
    try:
        await asyncio.shield(_making[picture.id])
    except NoNetwork as error:
        log.info("picture %s is not cut out: %s", picture.id, error)
        return cutouts.NO_NETWORK
    except FileNotFoundError as error:
        raise PictureGone(f"{picture.key} is missing") from error
    return None


async def _find(picture: Picture) -> None:
    mask, confidence = await cut_out_apart(await store.get(picture.key))
    await cutouts.keep(picture, mask, confidence)
    log.info("picture %s is cut out with confidence %.2f", picture.id, confidence)
