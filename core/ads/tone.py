"""The colour of an end card where no brand says one: the picture's own, so dark that white letters stand out."""

import io

from PIL import Image, ImageStat

from core.ads.storyboard import DARK
from core.errors import AdsVideoError
from core.models import Picture
from core.processes import Bounds, Crashed, OutOfBounds, apart
from core.settings import settings
from core.storage import store

BRIGHTEST = 46.0
"""Of the mean of red, green and blue, 0-255: white on it has a contrast of about 12."""
PALER = 0.75


def darkened(content: bytes) -> str:
    """The mean colour of a picture, darkened, as `#rrggbb`. Blocking; runs in a process of its own."""
    with Image.open(io.BytesIO(content)) as picture:
        small = picture.convert("RGB").resize((32, 32), Image.Resampling.BOX)
    mean = ImageStat.Stat(small).mean
    grey = sum(mean) / 3
    scale = min(BRIGHTEST / max(grey, 1.0), 1.0)
    soft = [(grey + (part - grey) * PALER) * scale for part in mean]
    return "#" + "".join(f"{round(min(part, 255)):02x}" for part in soft)


async def of(picture: Picture) -> str:
    """The colour for that picture; the usual one where it can't be read."""
    try:
        content = await store.get(picture.key)
        bounds = Bounds(settings().picture_seconds, settings().decode_memory_mb)
        return await apart(darkened, content, bounds=bounds)
    except (AdsVideoError, OSError, Crashed, OutOfBounds):
        return DARK
