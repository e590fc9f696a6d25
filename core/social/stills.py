"""Pictures that are made of a shared video's poster when they are first asked for, and lie beside the video."""

import io
from collections.abc import Callable

from PIL import Image

from core.errors import NotFound
from core.models import Video
from core.phrase import Phrase
from core.processes.pool import apart
from core.storage import store

SIDE = 960
MOST_BYTES = 18_000
"""A page for strangers has 60 kB before its film, and a gallery two dozen of these."""


async def made_once(video: Video, name: str, draw: Callable[..., bytes], *arguments: object) -> bytes:
    """What `draw` makes of the poster of a finished video, kept under that name. Raises NotFound."""
    if not video.key or not video.poster_key:
        raise NotFound(Phrase("video"))
    key = f"{video.key.rpartition('.')[0]}-{name}"
    try:
        return await store.get(key)
    except FileNotFoundError:
        pass
    try:
        made = await apart(draw, await store.get(video.poster_key), *arguments)
    except FileNotFoundError:
        raise NotFound(Phrase("video")) from None
    await store.put(made, key)
    return made


async def small(video: Video) -> bytes:
    """The poster as a WebP that comes at once. Raises NotFound."""
    return await made_once(video, "small.webp", draw_small)


def draw_small(poster: bytes) -> bytes:
    """The poster with SIDE pixels at most, in the best quality that has few bytes. Blocking; use a process."""
    with Image.open(io.BytesIO(poster)) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    for quality in (80, 65, 50, 35, 20):
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=quality, method=5)
        if out.tell() <= MOST_BYTES:
            break
    return out.getvalue()
