"""A cache of framed pictures: a batch needs the same one many times, and framing takes 50 ms."""

import asyncio
import json
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from core.catalog.size import Size
from core.database.session import reading
from core.errors import PictureDamaged, PictureError, PictureGone, PictureUnread
from core.models import Picture, Video
from core.pictures import uploads
from core.pictures.intake import framed
from core.settings import settings
from core.storage import store

KEPT_SECONDS = 300.0
KEPT_BYTES = 24 * 1024 * 1024
Key = tuple[str, int, str, str, float]


@dataclass
class Frames:
    """Holds at most KEPT_BYTES; concurrent requests for the same picture frame it once."""

    frames: OrderedDict[Key, tuple[float, bytes]] = field(default_factory=OrderedDict)
    making: dict[Key, asyncio.Task[bytes]] = field(default_factory=dict)

    async def of(self, video: Video, scale: float = 1.0) -> bytes:
        """The video's picture as JPEG, framed to the video's size times `scale`.

        Raises PictureGone, PictureDamaged, PictureUnread, which are final; NotAvailable, which passes.
        """
        key = (settings().database_url, video.picture_id, video.size, json.dumps(video.framing, sort_keys=True), scale)
        at, content = self.frames.get(key, (0.0, b""))
        if content and time.monotonic() - at < KEPT_SECONDS:
            self.frames.move_to_end(key)
            return content
        if key not in self.making:
            self.making[key] = task = asyncio.create_task(_frame(video, scale))
            task.add_done_callback(lambda done: self._keep(key, done))
        return await asyncio.shield(self.making[key])

    def _keep(self, key: Key, done: asyncio.Task[bytes]) -> None:
        self.making.pop(key, None)
        if done.cancelled() or done.exception():
            return
        self.frames[key] = (time.monotonic(), done.result())
        while sum(len(content) for _, content in self.frames.values()) > KEPT_BYTES:
            self.frames.popitem(last=False)


async def _frame(video: Video, scale: float) -> bytes:
    async with reading() as db:
        row = await db.get(Picture, video.picture_id)
    if row is None:
        raise PictureGone("its row is missing")
    try:
        content = await store.get(uploads.source_key(row))
    except FileNotFoundError as error:
        raise PictureGone(f"{uploads.source_key(row)} is missing") from error
    except OSError as error:
        raise PictureUnread(error) from error
    size = Size.parse(video.size)
    try:
        return await framed(content, size.width, size.height, video.framing, scale)
    except PictureError as error:
        raise PictureDamaged(error.message) from error
