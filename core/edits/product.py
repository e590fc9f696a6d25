"""Where the product is in a clip, and the crop for another shape that keeps it in the middle."""

import io
import logging
from typing import NamedTuple

from PIL import Image

from core.catalog.size import Size
from core.errors import AdsVideoError
from core.models import Picture, Video
from core.pictures import cutouts, framing
from core.processes.pool import Crashed, OutOfBounds, apart
from core.storage import store

log = logging.getLogger(__name__)
MIDDLE = 0.5


class Place(NamedTuple):
    """A point in a frame, as shares of its width and height."""

    x: float = MIDDLE
    y: float = MIDDLE


async def place(user_id: int, source: Video | Picture) -> Place | None:
    """The middle of the product in the user's video or picture, by its cut-out; None where none is seen.

    Of a video it is where its first frame shows it. The first time a worker looks for the product, which is waited for.
    """
    is_video = isinstance(source, Video)
    try:
        picture = await cutouts.asked(user_id, source.picture_id if isinstance(source, Video) else source.id)
        if not cutouts.is_clear(picture):
            return None
        mask = await store.get(picture.cutout_key or "")
        size = Size.parse(source.size) if isinstance(source, Video) else Size(picture.width, picture.height)
        framed = source.framing if isinstance(source, Video) else {}
        return await apart(middle, mask, size.width, size.height, framed, bool(picture.alpha_key))
    except (AdsVideoError, FileNotFoundError, Crashed, OutOfBounds) as error:
        kind = "video" if is_video else "picture"
        log.info("no product is seen in %s %s: %s", kind, source.id, error)
        return None


def middle(mask: bytes, width: int, height: int, framed: dict[str, object], clear: bool = False) -> Place | None:
    """The middle of what a mask covers, framed to that size. Blocking. `clear`: its picture has transparency."""
    content = framing.frame_mask(mask, width, height, framed, clear=clear)
    if not content:
        return None
    box = Image.open(io.BytesIO(content)).point(lambda v: 255 if v >= 128 else 0).getbbox()
    return Place((box[0] + box[2]) / 2 / width, (box[1] + box[3]) / 2 / height) if box else None


def crop(own: Size, wanted: Size, around: Place) -> dict[str, object]:
    """The framing that cuts a clip to another shape with that place as near to the middle as it can be."""
    scale = min(own.width / wanted.width, own.height / wanted.height)
    x = _share(around.x * own.width, wanted.width * scale, own.width)
    y = _share(around.y * own.height, wanted.height * scale, own.height)
    return {"mode": "crop", "x": x, "y": y}


def _share(at: float, window: float, whole: float) -> float:
    """Where a window with its middle there is: 0 at the one end, 1 at the other."""
    room = whole - window
    return round(min(max((at - window / 2) / room, 0.0), 1.0), 4) if room > 1 else MIDDLE
