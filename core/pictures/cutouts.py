"""Cut-outs: where the product is in a picture. A worker makes each once; it is kept beside its picture."""

import asyncio
import io

from PIL import Image
from sqlmodel import col, update

from core.database.session import reading, session
from core.errors import Conflict, NoAnswer, NotFound
from core.models import Picture
from core.phrase import Phrase
from core.pictures import uploads
from core.pictures.network import CLEAR, weights
from core.processes.pool import apart
from core.redis import queue
from core.storage import store

WAIT_SECONDS = 30.0
LOOK_SECONDS = 0.25
LARGEST = 4096
"""Pixels of the longer side of a product that is shown; the network sees far less."""
NO_PRODUCT = Phrase("No clear product was seen: the whole picture moves.")
ROUGH = Phrase("The product's edge is not clear enough for this move: the whole picture moves.")
NO_NETWORK = Phrase("Products can't be cut out on this machine: the whole picture moves.")


def is_clear(picture: Picture) -> bool:
    """Whether a product was found in it."""
    return bool(picture.cutout_key) and (picture.cutout_confidence or 0.0) >= CLEAR


async def keep(picture: Picture, mask: bytes, confidence: float) -> None:
    """Keep what was found, unless somebody else was first. `mask` is empty where there is nothing."""
    key = None
    if mask and confidence >= CLEAR:
        key = uploads.mask_key(picture.key)
        await store.put(mask, key)
    async with session() as db:
        first = (col(Picture.id) == picture.id, col(Picture.cutout_confidence).is_(None))
        await db.exec(update(Picture).where(*first).values(cutout_key=key, cutout_confidence=confidence))


async def asked(user_id: int, picture_id: int) -> Picture:
    """That user's picture once it is known what is in it; a worker is asked to look, and waited for.

    Raises NotFound; Conflict where cut-outs can't be made; NoAnswer if no worker does it in time.
    """
    until = asyncio.get_running_loop().time() + WAIT_SECONDS
    put = False
    while True:
        async with reading() as db:
            picture = await uploads.owned(db, user_id, picture_id)
        if picture.cutout_confidence is not None:
            return picture
        if weights() is None:
            raise Conflict(NO_NETWORK)
        if asyncio.get_running_loop().time() > until:
            raise NoAnswer(Phrase("the worker"))
        if not put:
            await queue.put("cut_out", picture.id, 0)
            put = True
        await asyncio.sleep(LOOK_SECONDS)


async def product(user_id: int, picture_id: int) -> bytes:
    """The product of that user's picture as PNG with transparency, in the picture's shape.

    Raises what `asked` raises; Conflict if there is no clear product.
    """
    picture = await asked(user_id, picture_id)
    if not is_clear(picture):
        raise Conflict(Phrase("No clear product can be seen in this picture."))
    try:
        if picture.alpha_key and picture.cutout_confidence == 1.0:  # cut out by whoever made it
            return await store.get(picture.alpha_key)
        content, mask = await asyncio.gather(store.get(picture.key), store.get(picture.cutout_key or ""))
    except FileNotFoundError:
        raise NotFound(Phrase("picture")) from None
    return await apart(cut, content, mask)


def cut(content: bytes, mask: bytes) -> bytes:
    """The picture with the mask for its alpha, as PNG. Blocking."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    picture.putalpha(Image.open(io.BytesIO(mask)).convert("L").resize(picture.size, Image.Resampling.BICUBIC))
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=3)
    return out.getvalue()
