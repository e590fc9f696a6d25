"""Decodes a picture as a browser draws it: upright, in sRGB, with its transparency, the first of a film's.

Blocking: runs in a process of its own, so it imports little.
"""

import io
import struct
import warnings
import zlib
from typing import Any

from PIL import Image, ImageChops, UnidentifiedImageError

from core.errors import BrokenPicture, ForeignPicture, NotAPicture, PictureTooSmall, TooManyPixels
from core.pictures import avif, exif, png, profiles
from core.pictures.channels import channels
from core.pictures.source import Source

MIN_SIDE = 16
MAX_MEGAPIXELS = 64
MAX_SIDE = 30_000
MAX_SCANS = 500
"""A progressive JPEG has about ten; each costs a pass over every block, however short it is. What a camera
appends, such as a video, contains the marker by chance once in 64 kB: 160 times in 10 MB."""
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
END_OF_JPEG = b"\xff\xd9"
LOST_ROWS = 16
"""So many rows at the bottom of a JPEG that was cut off may be wrong: one row of its blocks."""

UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    LookupError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow raises about a picture whose header was good."""

Image.MAX_IMAGE_PIXELS = None  # our own check is stricter and comes before decoding


def header(content: bytes) -> Image.Image:
    """The picture with only its header read. Raises NotAPicture, TooManyPixels, BrokenPicture."""
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        raise _no_picture(content) from None
    except UNREADABLE:
        raise BrokenPicture() from None
    if picture.width * picture.height > MAX_MEGAPIXELS * 1_000_000 or max(picture.size) > MAX_SIDE:
        raise TooManyPixels(picture.width, picture.height, MAX_MEGAPIXELS)
    if picture.format in ("JPEG", "MPO") and content.count(b"\xff\xda") > MAX_SCANS:
        raise BrokenPicture()
    return picture


HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis")
FOREIGN = {
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "BMP": (b"BM",),
    "JPEG 2000": (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"),
    "JPEG XL": (b"\0\0\0\x0cJXL ", b"\xff\x0a"),
    "Photoshop": (b"8BPS",),
}


def _no_picture(content: bytes) -> NotAPicture:
    """Why it is refused: by its name if it is a picture of another kind."""
    if content[4:8] == b"ftyp" and any(brand in content[8:64] for brand in HEIC):
        return ForeignPicture("HEIC")
    for kind, marks in FOREIGN.items():
        if content.startswith(marks):
            return ForeignPicture(kind)
    return NotAPicture()


def decode(content: bytes) -> Image.Image:
    """The picture as RGB, or as RGBA if not all of it is opaque.

    Raises NotAPicture, TooManyPixels, PictureTooSmall, BrokenPicture.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of what is odd in a file
        try:
            source, picture = _opened(content)
            if min(picture.size) < MIN_SIDE:
                raise PictureTooSmall(picture.width, picture.height, MIN_SIDE)
            return _decoded(source, picture)
        except UNREADABLE:
            raise BrokenPicture() from None


def _decoded(source: Source, picture: Image.Image) -> Image.Image:
    covered = picture.tile[0].extents if picture.format == "GIF" else None  # type: ignore[attr-defined]
    colours, alpha = channels(_loaded(picture, source), source)
    if covered and covered != (
        0,
        0,
        *colours.size,
    ):  # around a first frame that is smaller than the screen there is nothing
        part = (alpha or Image.new("L", colours.size, 255)).crop(covered)
        alpha = Image.new("L", colours.size)
        alpha.paste(part, covered)
    del picture
    shown = profiles.to_srgb(colours, source.profile)
    if shown is None and source.points:
        from core.pictures import code_points  # noqa: PLC0415 - numpy takes long to load, and few pictures need it

        shown = code_points.to_srgb(colours.convert("RGB"), source.points)
    shown = shown or colours.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        shown.putalpha(alpha)
    return exif.upright(shown, source.orientation)


def _opened(content: bytes) -> tuple[Source, Image.Image]:
    """The file as the decoder gets it, and its header."""
    if content.startswith(png.SIGNATURE):
        source = png.source(content)
        return source, header(source.content)
    if content[4:8] == b"ftyp":
        content = avif.without_exif(content)
    picture = header(content)
    info: dict[Any, Any] = picture.info
    profile, points, turn = info.get("icc_profile") or b"", None, 1
    if picture.format == "WEBP" and getattr(picture, "is_animated", False):
        profile = b""  # browsers take no notice of a film's
    if picture.format == "AVIF" and not profile:
        points = avif.points(content)
    if picture.format in ("JPEG", "MPO", "AVIF"):
        turn = exif.orientation(info.get("exif") or b"")
    return Source(content, profile, points, turn), picture


def _loaded(picture: Image.Image, source: Source) -> Image.Image:
    """The first frame, decoded."""
    try:
        picture.seek(0)
        picture.load()
    except OSError:
        if picture.format == "PNG":
            picture = Image.open(io.BytesIO(png.with_checksum(source.content)))
            picture.load()
        elif picture.format in ("JPEG", "MPO"):
            picture = _completed(source.content)
        else:
            raise
    return picture


def _completed(content: bytes) -> Image.Image:
    """A JPEG that lacks its end, if nothing but the end is missing.

    What is made up for it is decoded as pixels where there are too few, so two different ends show what is lost.
    """
    ends = (b"", b"\x55\xaa\x12" * 4000)
    one, other = (Image.open(io.BytesIO(content.rstrip(b"\xff") + end + END_OF_JPEG)) for end in ends)
    one.load()
    other.load()
    lost = ImageChops.difference(one, other).getbbox()
    if lost and lost[1] < one.height - LOST_ROWS:
        raise EOFError
    return one
