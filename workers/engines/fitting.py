"""Makes a framed picture fit what a provider takes: JPEG, RGB, so many bytes. Its size in pixels stays."""

import asyncio
import io
from dataclasses import replace

from PIL import Image, UnidentifiedImageError

from core.errors import PictureRefused
from workers.engines import Job

QUALITIES = (90, 80, 65, 45)


async def fit(job: Job, most: int) -> Job:
    """The job with its picture in at most `most` bytes. Raises PictureRefused."""
    picture = await asyncio.to_thread(_fitted, job.picture, most)
    return job if picture == job.picture else replace(job, picture=picture)


def _fitted(content: bytes, most: int) -> bytes:
    try:
        picture = Image.open(io.BytesIO(content))
        if picture.format == "JPEG" and picture.mode == "RGB" and len(content) <= most:
            return content
        flat = _flat(picture)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise PictureRefused(f"{type(error).__name__}: {error}") from error
    for quality in QUALITIES:
        out = io.BytesIO()
        flat.save(out, "JPEG", quality=quality)
        if out.tell() <= most:
            return out.getvalue()
    raise PictureRefused(f"{flat.width}x{flat.height} pixels do not fit into {most} bytes")


def _flat(picture: Image.Image) -> Image.Image:
    """The picture in RGB, on white where it is transparent."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")
