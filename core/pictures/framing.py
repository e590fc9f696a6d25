"""Decodes a picture and frames it to an exact size.

Blocking: runs in a process of its own, so it imports little.
"""

import contextlib
import io
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageCms, ImageFilter, ImageOps, UnidentifiedImageError

from core.errors import BrokenPicture, NotAPicture, TooManyPixels

MAX_MEGAPIXELS = 64
MAX_SIDE = 30_000
MAX_SCANS = 500
"""A progressive JPEG has about ten; each costs a pass over every block, however short it is. What a camera
appends, such as a video, contains the marker by chance once in 64 kB: 160 times in 10 MB."""
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")

UNREADABLE = (OSError, ValueError, SyntaxError, IndexError, EOFError, MemoryError, Image.DecompressionBombError)
"""What Pillow raises about a picture whose header was good."""

Image.MAX_IMAGE_PIXELS = None  # our own check is stricter and comes before decoding


@dataclass(frozen=True)
class Window:
    """The fields of `core.pictures.intake.Framing`, already validated."""

    mode: str = "crop"
    color: str = "#000000"
    x: float = 0.5
    y: float = 0.5
    zoom: float = 1.0


def _open(content: bytes) -> Image.Image:
    """Read the header only. Raises NotAPicture, TooManyPixels, BrokenPicture."""
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        raise NotAPicture() from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise BrokenPicture() from None
    if picture.width * picture.height > MAX_MEGAPIXELS * 1_000_000 or max(picture.size) > MAX_SIDE:
        raise TooManyPixels(picture.width, picture.height, MAX_MEGAPIXELS)
    if picture.format in ("JPEG", "MPO") and content.count(b"\xff\xda") > MAX_SCANS:
        raise BrokenPicture()
    return picture


def _to_srgb(picture: Image.Image) -> Image.Image:
    """Convert to sRGB; an unreadable colour profile is ignored."""
    if profile := picture.info.get("icc_profile"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = "RGBA" if "A" in picture.getbands() else "RGB"
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
            return converted or picture
    return picture


def _flatten(picture: Image.Image) -> Image.Image:
    """Convert to RGB; transparent becomes white, as usual for product pictures."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        below = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(below, picture).convert("RGB")
    if picture.mode.startswith(("I", "F")):
        return picture.convert("I").point(lambda v: v * (1 / 256)).convert("L").convert("RGB")
    return picture.convert("RGB")


def _jpeg(picture: Image.Image, quality: int = 95) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def clean(content: bytes) -> tuple[bytes, int, int]:
    """The picture upright, in sRGB, without metadata, as JPEG, and its size in pixels. Blocking.

    Raises NotAPicture, BrokenPicture, TooManyPixels.
    """
    picture = _open(content)
    try:
        picture.seek(0)
        picture.load()
        upright = _flatten(_to_srgb(ImageOps.exif_transpose(picture)))
        return _jpeg(upright), upright.width, upright.height
    except UNREADABLE:
        raise BrokenPicture() from None


def _crop(picture: Image.Image, width: int, height: int, framing: Window) -> Image.Image:
    scale = min(picture.width / width, picture.height / height) / framing.zoom
    box_width, box_height = width * scale, height * scale
    left = (picture.width - box_width) * framing.x
    top = (picture.height - box_height) * framing.y
    box = (left, top, min(left + box_width, picture.width), min(top + box_height, picture.height))
    return picture.resize((width, height), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)


def _pad(picture: Image.Image, width: int, height: int, framing: Window) -> Image.Image:
    if framing.mode == "pad-blur":
        small = (max(width // 8, 1), max(height // 8, 1))
        below = _crop(picture, *small, Window()).filter(ImageFilter.GaussianBlur(max(small) / 20))
        canvas = below.resize((width, height), Image.Resampling.BICUBIC).point(lambda v: v * 0.85)
    else:
        canvas = Image.new("RGB", (width, height), "white" if framing.mode == "pad-white" else framing.color)
    scale = min(width / picture.width, height / picture.height)
    inside = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    fitted = picture.resize(inside, Image.Resampling.LANCZOS, reducing_gap=3.0)
    canvas.paste(fitted, ((width - inside[0]) // 2, (height - inside[1]) // 2))
    return canvas


def frame(content: bytes, width: int, height: int, framing: dict[str, Any], scale: float = 1.0) -> bytes:
    """The picture as JPEG of exactly `width` x `height` pixels. Blocking.

    With `scale` above 1 it is up to that many times larger in the same ratio, limited by the picture's own resolution.
    Both the preview and what a model gets come from here.

    Raises NotAPicture, BrokenPicture, TooManyPixels.
    """
    wanted = Window(**framing)
    header = _open(content)
    try:
        picture = header.convert("RGB")
    except UNREADABLE:
        raise BrokenPicture() from None
    if scale > 1:
        fit = min if wanted.mode == "crop" else max
        own = fit(picture.width / width, picture.height / height) / (wanted.zoom if wanted.mode == "crop" else 1)
        scale = max(1.0, min(scale, own))
        width, height = round(width * scale / 2) * 2, round(height * scale / 2) * 2
    return _jpeg((_crop if wanted.mode == "crop" else _pad)(picture, width, height, wanted))


def read_size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header. Raises NotAPicture, TooManyPixels, BrokenPicture."""
    picture = _open(content)
    return picture.width, picture.height
