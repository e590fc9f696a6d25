"""What Pillow does not do with an AVIF."""

import re

from core.pictures.points import by_nclx
from core.pictures.source import Points

MARK = b"colrnclx"


def without_exif(content: bytes) -> bytes:
    """The file without its EXIF, which turns no AVIF and may be odd."""
    head, mark, pixels = content.partition(b"mdat")
    return re.sub(rb"(infe.{8})Exif", rb"\1skip", head, flags=re.DOTALL) + mark + pixels


def points(content: bytes) -> Points | None:
    """The code points of its colours; None for sRGB."""
    at = content.find(MARK, 0, content.find(b"mdat"))
    if at < 0:
        return None
    primaries, transfer = content[at + 8 : at + 10], content[at + 10 : at + 12]
    return by_nclx(int.from_bytes(primaries), int.from_bytes(transfer))
