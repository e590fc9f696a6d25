"""Takes a decoded picture apart: its colours and its transparency."""

import io
from collections.abc import Sequence

from PIL import Image, ImageChops

from core.pictures import png
from core.pictures.source import Source


def channels(picture: Image.Image, source: Source) -> tuple[Image.Image, Image.Image | None]:
    """Colours as L, RGB or CMYK with 8 bits, of 16 the upper ones as browsers do; transparency as L, or None."""
    if source.depth == 16 and source.kind in (png.GREY, png.GREY_ALPHA):
        grey, low, *alpha = picture.split()  # a channel for each byte, see `png.source`
        return grey, _unlike([(grey, 8), (low, 0)], source) if source.clear else alpha[0] if alpha else None
    if source.clear:
        parts = [(picture, 0)]
        if source.depth == 16:
            parts = [(picture, 8), (_low_bytes(source), 0)]
        return picture.convert("L" if picture.mode == "1" else picture.mode), _unlike(parts, source)
    if picture.mode == "LA":
        grey, last = picture.split()
        return grey, last
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return picture.convert("RGB"), picture.getchannel("A")
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture, None
    return picture.convert("L" if picture.mode == "1" else "RGB"), None


def _low_bytes(source: Source) -> Image.Image:
    """The lower bytes of a PNG's RGB of 16 bits."""
    lower = Image.open(io.BytesIO(source.content))
    lower.tile = [tile._replace(args=f"{lower.mode};16L") for tile in lower.tile]
    return lower


def _unlike(parts: Sequence[tuple[Image.Image, int]], source: Source) -> Image.Image:
    """White where a pixel is not of the one colour that is transparent; each part is 8 bits from that bit on."""
    unlike = Image.new("L", parts[0][0].size)
    for picture, shift in parts:
        bands = picture.convert("L").split() if picture.mode == "1" else picture.split()
        for band, value in zip(bands, source.clear, strict=True):
            clear = value >> shift & 255 if source.depth >= 8 else value * 255 // (2**source.depth - 1)
            unlike = ImageChops.lighter(unlike, band.point([0 if n == clear else 255 for n in range(256)]))
    return unlike
