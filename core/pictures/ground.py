"""What of a picture an ad is laid out by: the colour of its ground, and where its product stands.

Blocking: runs in a process of its own, so it imports little.
"""

import io

from PIL import Image, ImageChops, ImageStat

SIDE = 96
BORDER = 0.08
"""Of a picture's sides: so wide is the frame in which its ground is looked at."""
NEAR = 12
SEEN = 128
"""From this value of a mask on, what it covers belongs to the product."""

RGB = tuple[float, float, float]
Edges = tuple[float, float, float, float]


def look(content: bytes, mask: bytes) -> tuple[RGB, Edges | None]:
    """The ground's red, green and blue (0-255), and the product's left, top, right and bottom as shares of the picture.

    `mask` is a grey picture, white where the product is; empty where none has been found.
    """
    with Image.open(io.BytesIO(content)) as picture:
        picture.draft("RGB", (SIDE, SIDE))
        small = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    border = round(SIDE * BORDER)
    edge = Image.new("L", small.size, 255)
    edge.paste(0, (border, border, SIDE - border, SIDE - border))
    return _middle(small, edge), box_of(mask) if mask else None


def _middle(picture: Image.Image, where: Image.Image) -> RGB:
    """The colour of those pixels that are neither the lightest nor the darkest there."""
    bright = picture.convert("L")
    median = ImageStat.Stat(bright, where).median[0]
    near = bright.point([255 * (abs(value - median) <= NEAR) for value in range(256)])
    red, green, blue = ImageStat.Stat(picture, ImageChops.multiply(near, where)).mean
    return red, green, blue


def box_of(mask: bytes) -> Edges | None:
    """The box around what a mask covers."""
    with Image.open(io.BytesIO(mask)) as picture:
        found = picture.convert("L").point([255 * (value >= SEEN) for value in range(256)]).getbbox()
        width, height = picture.size
    return (found[0] / width, found[1] / height, found[2] / width, found[3] / height) if found else None
