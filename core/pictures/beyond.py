"""What a picture's ground may look like beyond its edges: each edge goes on, softer the farther it is away.

Blocking; imports little, like framing.py.
"""

from PIL import Image, ImageChops, ImageFilter, ImageOps

SIZE = tuple[int, int]
BOX = tuple[int, int, int, int]

STRIP = 0.045
"""Of the picture's side: so much beside each edge is mirrored and drawn out. Things mostly stand farther in."""
SOFT_AFTER = 0.12
"""Of the frame's side: so far from the picture all that it shows is its colours."""


def beyond(picture: Image.Image, size: SIZE, window: tuple[float, float, float]) -> Image.Image:
    """The picture in a frame that is larger than it on some side. `window`: pixels of the picture for one of the frame,
    and where it stands, 0-1 each."""
    fitted, box = _fitted(picture, size, window)
    return _softer(_drawn_out(fitted, size, box[:2]), box)


def alone(mask: Image.Image, size: SIZE, window: tuple[float, float, float]) -> Image.Image:
    """A mask in such a frame: nothing of what it covers is beyond its picture."""
    fitted, box = _fitted(mask, size, window)
    whole = Image.new(mask.mode, size)
    whole.paste(fitted, box[:2])
    return whole


def _fitted(picture: Image.Image, size: SIZE, window: tuple[float, float, float]) -> tuple[Image.Image, BOX]:
    """What of the picture is seen in the frame, in its size, and where."""
    scale, x, y = window
    width, height = size
    inner = max(round(picture.width / scale), 1), max(round(picture.height / scale), 1)
    left, top = round((width - inner[0]) * x), round((height - inner[1]) * y)
    seen = max(left, 0), max(top, 0), min(left + inner[0], width), min(top + inner[1], height)
    box = (
        (seen[0] - left) * scale,
        (seen[1] - top) * scale,
        min((seen[2] - left) * scale, picture.width),
        min((seen[3] - top) * scale, picture.height),
    )
    length = seen[2] - seen[0], seen[3] - seen[1]
    return picture.resize(length, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0), seen


def _drawn_out(picture: Image.Image, size: SIZE, place: SIZE) -> Image.Image:
    """The picture there, its edges drawn out to those of the frame: first to the sides, then up and down."""
    wide = Image.new(picture.mode, (size[0], picture.height))
    wide.paste(picture, (place[0], 0))
    right = size[0] - place[0] - picture.width
    strip = max(round(picture.width * STRIP), 1)
    for length, at, from_ in ((place[0], 0, 0), (right, size[0] - right, picture.width - strip)):
        if length > 0:
            edge = ImageOps.mirror(picture.crop((from_, 0, from_ + strip, picture.height)))
            wide.paste(edge.resize((length, picture.height), Image.Resampling.BICUBIC), (at, 0))
    whole = Image.new(picture.mode, size)
    whole.paste(wide, (0, place[1]))
    below = size[1] - place[1] - picture.height
    strip = max(round(picture.height * STRIP), 1)
    for length, at, from_ in ((place[1], 0, 0), (below, size[1] - below, picture.height - strip)):
        if length > 0:
            edge = ImageOps.flip(wide.crop((0, from_, size[0], from_ + strip)))
            whole.paste(edge.resize((size[0], length), Image.Resampling.BICUBIC), (0, at))
    return whole


def _softer(whole: Image.Image, sharp: BOX) -> Image.Image:
    """Sharp inside the box, softer and softer the farther from it."""
    reach = max(round(max(whole.size) * SOFT_AFTER), 2)
    small = whole.reduce(4)
    near = small.filter(ImageFilter.GaussianBlur(max(whole.size) / 4 * 0.02)).resize(
        whole.size, Image.Resampling.BICUBIC
    )
    far = small.filter(ImageFilter.GaussianBlur(max(whole.size) / 4 * 0.05)).resize(
        whole.size, Image.Resampling.BICUBIC
    )
    away = _away(whole.size, sharp)
    out = Image.composite(near, whole, away.point([min(round(v * 255 / (reach * 0.2)), 255) for v in range(256)]))
    return Image.composite(far, out, away.point([min(round(v * 255 / reach), 255) for v in range(256)]))


def _away(size: SIZE, box: BOX) -> Image.Image:
    """How many pixels each is away from the box, at most 255."""
    columns = bytes(min(max(box[0] - n, n - box[2] + 1, 0), 255) for n in range(size[0]))
    rows = bytes(min(max(box[1] - n, n - box[3] + 1, 0), 255) for n in range(size[1]))
    across = Image.frombytes("L", (size[0], 1), columns).resize(size)
    down = Image.frombytes("L", (1, size[1]), rows).resize(size)
    return ImageChops.lighter(across, down)
