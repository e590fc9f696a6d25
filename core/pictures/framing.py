"""Makes a picture what we keep of it, and frames what we keep to an exact size.

Blocking: runs in a process of its own, so it imports little.
"""

import io
from dataclasses import dataclass
from typing import Any, NamedTuple

from PIL import Image, ImageFilter

from core.errors import BrokenPicture
from core.pictures.beyond import alone, beyond
from core.pictures.decoding import UNREADABLE, decode, header

ALPHA_SIDE = 4096
"""Pixels of the longer side of a picture with its transparency, as it is kept: films are made of less."""

LARGEST_MASK = 1920
"""Pixels of the longer side of a picture's own transparency, as it is kept."""

SOFT, DEEP = (255, 255, 255), (40, 42, 46)
LIGHT_PRODUCT = 160
"""A product whose mean luma is above this stands before a deeper ground than a soft one."""

GLOW = 0.45
"""How much of its own blur is seen behind a cut-out product."""

MARGIN = 0.07
"""What is free on each side of a padded picture with transparency, of the frame: its product touches no edge."""

SPARE = 1.5
"""How many times larger than in the frame a picture is decoded at least, if it is."""

SIZE = tuple[int, int]


class Prepared(NamedTuple):
    """A picture as it is kept: JPEG on white, and its size in pixels.

    `mask` is its transparency as grey PNG if that cuts something out; `alpha` the picture as PNG with transparency if
    not all of it is opaque.
    """

    content: bytes
    width: int
    height: int
    mask: bytes = b""
    alpha: bytes = b""


@dataclass(frozen=True)
class Window:
    """The fields of `core.pictures.intake.Framing`, already validated."""

    mode: str = "crop"
    color: str = "#000000"
    x: float = 0.5
    y: float = 0.5
    zoom: float = 1.0


def _jpeg(picture: Image.Image, quality: int = 95) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def _png(picture: Image.Image, compress_level: int = 6) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=compress_level)
    return out.getvalue()


def clean(content: bytes) -> Prepared:
    """The picture as a browser shows it, upright, in sRGB, without metadata. Blocking.

    Raises NotAPicture, BrokenPicture, TooManyPixels, PictureTooSmall.
    """
    picture = decode(content)
    if picture.mode == "RGB":
        return Prepared(_jpeg(picture), *picture.size)
    alpha = _within(picture, ALPHA_SIDE)
    return Prepared(_jpeg(_on_white(picture)), *picture.size, _mask(picture), _png(alpha, compress_level=4))


def _within(picture: Image.Image, longest: int) -> Image.Image:
    """The picture, smaller if it is larger than so many pixels."""
    scale = min(longest / max(picture.size), 1.0)
    return _resized(picture, (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)))


def _resized(picture: Image.Image, size: SIZE, box: tuple[float, float, float, float] | None = None) -> Image.Image:
    """That part of the picture in that size."""
    if size == picture.size and box is None:
        return picture
    # premultiplied, so that clear pixels lend no colour to their neighbours
    plain = picture.convert("RGBa") if picture.mode == "RGBA" else picture
    return plain.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0).convert(picture.mode)


def _on_white(picture: Image.Image) -> Image.Image:
    """As RGB; white lies behind it, as is usual for product pictures."""
    return _on(Image.new("RGB", picture.size, "white"), picture)


def _on(ground: Image.Image, picture: Image.Image, place: tuple[int, int] = (0, 0)) -> Image.Image:
    """The ground with the picture on it."""
    if picture.mode == "RGBA":
        ground.paste(picture.convert("RGB"), place, picture.getchannel("A"))
    else:
        ground.paste(picture, place)
    return ground


def _mask(picture: Image.Image) -> bytes:
    """The picture's own transparency as grey PNG, if it cuts something out; else empty."""
    alpha = picture.getchannel("A")
    alpha.thumbnail((LARGEST_MASK, LARGEST_MASK), Image.Resampling.LANCZOS)
    counts = alpha.histogram()
    clear, solid = sum(counts[:16]) / sum(counts), sum(counts[240:]) / sum(counts)
    return b"" if clear < 0.02 or solid < 0.01 else _png(alpha)


def _crop(picture: Image.Image, width: int, height: int, framing: Window) -> Image.Image:
    scale = min(picture.width / width, picture.height / height) / framing.zoom
    box_width, box_height = width * scale, height * scale
    if _is_beyond(picture, box_width, box_height, framing):
        go_on = alone if picture.mode == "L" else beyond
        return go_on(picture, (width, height), (scale, framing.x, framing.y))
    # a float may miss the picture's edge by a hair
    left = max((picture.width - box_width) * framing.x, 0.0)
    top = max((picture.height - box_height) * framing.y, 0.0)
    box = (left, top, min(left + box_width, picture.width), min(top + box_height, picture.height))
    return _resized(picture, (width, height), box)


def _is_beyond(picture: Image.Image, width: float, height: float, framing: Window) -> bool:
    """Whether a window of that size, in pixels of the picture, shows more than the picture."""
    is_larger = max(width - picture.width, height - picture.height) > 1
    return is_larger or not (0 <= framing.x <= 1 and 0 <= framing.y <= 1)


def _fit(width: int, height: int, picture: Image.Image | SIZE, *, clear: bool) -> float:
    """How many pixels of a padded frame one of the picture's takes; `clear`: it has transparency."""
    own = picture if isinstance(picture, tuple) else picture.size
    return min(width / own[0], height / own[1]) * (1 - 2 * MARGIN if clear else 1)


def _pad(picture: Image.Image, width: int, height: int, framing: Window) -> Image.Image:
    scale = _fit(width, height, picture, clear=picture.mode == "RGBA")
    fitted = _resized(picture, (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)))
    place = ((width - fitted.width) // 2, (height - fitted.height) // 2)
    return _on(_ground(picture, width, height, framing), fitted, place)


def _ground(picture: Image.Image, width: int, height: int, framing: Window) -> Image.Image:
    """What lies beside the picture, and behind it where it is transparent."""
    if framing.mode != "pad-blur":
        return Image.new("RGB", (width, height), "white" if framing.mode == "pad-white" else framing.color)
    small = _crop(picture, max(width // 8, 1), max(height // 8, 1), Window())
    if small.mode == "RGB":
        below = small.filter(ImageFilter.GaussianBlur(max(small.size) / 20)).point(lambda v: v * 0.85)
    else:  # a glow rather than a shape: the product itself has to stand out from it
        soft = Image.new("RGB", small.size, _soft_colour(small))
        glow = _on(soft.copy(), small).filter(ImageFilter.GaussianBlur(max(small.size) / 8))
        below = Image.blend(soft, glow, GLOW)
    return below.resize((width, height), Image.Resampling.BICUBIC)


def _soft_colour(picture: Image.Image) -> tuple[int, int, int]:
    """A ground that a cut-out product stands out from: nearly white, with a breath of its colour, or deep."""
    mean = picture.convert("RGBa").resize((1, 1), Image.Resampling.BOX).convert("RGBA")
    *colour, _ = mean.getpixel((0, 0))  # type: ignore[misc]
    luma = mean.convert("L").getpixel((0, 0))
    target, share = (DEEP, 0.7) if luma > LIGHT_PRODUCT else (SOFT, 0.82)  # type: ignore[operator]
    red, green, blue = (round(own + (other - own) * share) for own, other in zip(colour, target, strict=True))
    return red, green, blue


def inside(
    picture_width: int, picture_height: int, width: int, height: int, framing: dict[str, Any], *, clear: bool = False
) -> tuple[float, float, float, float]:
    """The part of a frame that shows the picture and no padding: left, top, right, bottom in fractions of it.

    `clear`: it has transparency.
    """
    if Window(**framing).mode == "crop":
        return 0.0, 0.0, 1.0, 1.0
    scale = _fit(width, height, (picture_width, picture_height), clear=clear)
    size = max(round(picture_width * scale), 1), max(round(picture_height * scale), 1)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    return left / width, top / height, (left + size[0]) / width, (top + size[1]) / height


def frame_mask(
    content: bytes, width: int, height: int, framing: dict[str, Any], scale: float = 1.0, *, clear: bool = False
) -> bytes:
    """A mask framed as `frame` does its picture, `scale` times as large, as grey PNG; beside the picture it is black.

    Blocking. Empty where nothing of what it covers is in the frame. `clear`: its picture has transparency.
    """
    wanted = Window(**framing)
    mask = header(content).convert("L")
    width, height = round(width * scale / 2) * 2, round(height * scale / 2) * 2
    if wanted.mode == "crop":
        framed = _crop(mask, width, height, wanted)
    else:
        framed = Image.new("L", (width, height))
        left, top, right, bottom = inside(mask.width, mask.height, width, height, framing, clear=clear)
        box = round(left * width), round(top * height), round(right * width), round(bottom * height)
        framed.paste(mask.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.LANCZOS), (box[0], box[1]))
    if max(framed.reduce(8).tobytes()) < 128:
        return b""
    out = io.BytesIO()
    framed.save(out, "PNG", compress_level=1)
    return out.getvalue()


def frame(content: bytes, width: int, height: int, framing: dict[str, Any], scale: float = 1.0) -> bytes:
    """The picture as JPEG of exactly `width` x `height` pixels. Blocking.

    Behind what is transparent lies the padding, white where there is none.
    With `scale` above 1 it is up to that many times larger in the same ratio, limited by the picture's own resolution.
    Both the preview and what a model gets come from here.

    Raises NotAPicture, BrokenPicture, TooManyPixels.
    """
    return _jpeg(picture(content, width, height, framing, scale))


def picture(content: bytes, width: int, height: int, framing: dict[str, Any], scale: float = 1.0) -> Image.Image:
    """`frame` before it becomes a JPEG. Raises the same."""
    wanted = Window(**framing)
    opened = header(content)
    fit = min if wanted.mode == "crop" else max
    own = fit(opened.width / width, opened.height / height) / (wanted.zoom if wanted.mode == "crop" else 1)
    if scale > 1:
        scale = max(1.0, min(scale, own))
        width, height = round(width * scale / 2) * 2, round(height * scale / 2) * 2
    try:
        # a JPEG gives a half or a quarter of itself in less time, with detail enough for what is left to scale
        opened.draft("RGB", (round(opened.width / own * scale * SPARE), round(opened.height / own * scale * SPARE)))
        whole = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    except UNREADABLE:
        raise BrokenPicture() from None
    if wanted.mode == "crop":
        return _on_white(_crop(whole, width, height, wanted))
    return _pad(whole, width, height, wanted)


def read_size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header. Raises NotAPicture, TooManyPixels, BrokenPicture."""
    return header(content).size
