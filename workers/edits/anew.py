"""A clip of the studio camera in another shape: rendered anew from its picture, which is better than cutting it."""

from collections.abc import Callable
from pathlib import Path

from core.catalog import entries
from core.catalog.size import Size
from core.database.session import reading
from core.edits import exports, product
from core.models import Video
from core.pictures import uploads
from core.storage import store
from workers.videos.steps import Engines, job_of, with_picture

_engines = Engines()

Tell = Callable[[int], None]
"""Called with a percentage; what it raises ends the work."""


async def in_shape(video: Video, size: Size, folder: Path, tell: Tell) -> str:
    """The key of the video in that size, rendered now unless it is there.

    Raises NotFound without its picture, what the camera raises, and what `tell` raises.
    """
    key = exports.anew_key(video, size)
    if await store.place().size(key) is None:
        target = folder / f"anew-{video.id}-{size}.mp4"
        await _render(await _reshaped(video, size), target, tell)
        await store.keep(target, key)
    return key


async def _reshaped(video: Video, size: Size) -> Video:
    """The same request for another size, its picture cut around the product; no row of the database."""
    async with reading() as db:
        picture = await uploads.owned(db, video.user_id, video.picture_id)
    framing = dict(video.framing)
    if framing.get("mode", "crop") == "crop":
        around = await product.place(video.user_id, picture)
        framing = product.crop(Size(picture.width, picture.height), size, around or product.Place())
    names = ("id", "user_id", "picture_id", "prompt", "model", "label", "seconds", "options", "created_at")
    same = {name: getattr(video, name) for name in names}
    return Video(**same, framing=framing, size=str(size), cost_credits=0)


async def _render(video: Video, target: Path, tell: Tell) -> None:
    engine = _engines.of(entries.get(video.model).server)
    job = await with_picture(job_of(video), video, engine)
    await engine.fetch(job, "", None, target, tell)
