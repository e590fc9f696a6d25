"""The one thing that matters in EXIF: which way up a picture is."""

import contextlib
import struct

from PIL import Image

ORIENTATION, SHORT = 0x112, 3
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation(exif: bytes) -> int:
    """The orientation, 1-8, that an EXIF block says; 1 if it says none, or is none.

    Only the entries of the first directory are looked at, as browsers do it: whatever else a camera has written there,
    however odd, is of no concern.
    """
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    with contextlib.suppress(struct.error):
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, length, value = struct.unpack_from(order + "HHIH", tiff, at)
            if (tag, kind, length) == (ORIENTATION, SHORT, 1):
                return value if value in TURNS else 1
    return 1


def upright(picture: Image.Image, turn: int) -> Image.Image:
    """The picture turned and mirrored as that orientation says."""
    return picture.transpose(TURNS[turn]) if turn in TURNS else picture
