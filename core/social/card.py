"""The picture by which a shared link unfolds: 1200x630 pixels, with the title and a play mark, as JPEG."""

import hashlib
import io

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from core.edits import letters
from core.models import Video
from core.social import stills

SIZE = (1200, 630)
MOST_BYTES = 300_000
MARGIN = 56
LETTERS = 44
TITLE_LINES = 2


async def of(video: Video, title: str) -> bytes:
    """The card of a finished video. Raises NotFound."""
    name = hashlib.sha256(title.encode()).hexdigest()[:12]
    return await stills.made_once(video, f"card-{name}.jpg", draw, title)


def draw(poster: bytes, title: str) -> bytes:
    """The card as JPEG. Blocking; use a process."""
    with Image.open(io.BytesIO(poster)) as opened:
        picture = opened.convert("RGB")
    card = _cover(picture, SIZE).filter(ImageFilter.GaussianBlur(24)).point(lambda value: value * 0.55)
    scale = min(SIZE[0] / picture.width, SIZE[1] / picture.height)
    inside = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
    if inside.width > inside.height:  # a landscape fills the card
        inside = _cover(picture, SIZE)
    card.paste(inside, ((SIZE[0] - inside.width) // 2, (SIZE[1] - inside.height) // 2))
    _shade(card)
    _play_mark(card)
    _write(card, title)
    return _encoded(card)


def _cover(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    scale = max(size[0] / picture.width, size[1] / picture.height)
    large = picture.resize((round(picture.width * scale) + 1, round(picture.height * scale) + 1))
    left, top = (large.width - size[0]) // 2, (large.height - size[1]) // 2
    return large.crop((left, top, left + size[0], top + size[1]))


def _shade(card: Image.Image) -> None:
    """Darker towards the bottom, where the title stands."""
    height = card.height // 2
    ramp = Image.linear_gradient("L").resize((card.width, height)).point(lambda value: value * 0.8)
    card.paste((0, 0, 0), (0, card.height - height), ramp)


def _play_mark(card: Image.Image) -> None:
    large = Image.new("L", (400, 400))
    pen = ImageDraw.Draw(large)
    pen.ellipse((8, 8, 391, 391), fill=225)
    pen.polygon([(155, 115), (155, 285), (300, 200)], fill=0)
    mark = large.resize((120, 120), Image.Resampling.LANCZOS)
    card.paste((255, 255, 255), ((card.width - 120) // 2, (card.height - 120) // 2 - 30), mark)


def _write(card: Image.Image, title: str) -> None:
    """The title in at most TITLE_LINES lines, each character in the first of our fonts that has it."""
    pen = ImageDraw.Draw(card)
    lines = _lines(letters.normal(title).replace("\n", " "), card.width - 2 * MARGIN)
    top = card.height - MARGIN - len(lines) * round(LETTERS * 1.25)
    for number, line in enumerate(lines):
        left = float(MARGIN)
        for sign in line:
            font = _font(sign)
            pen.text((left, top + number * LETTERS * 1.25), sign, fill=(255, 255, 255), font=font)
            left += font.getlength(sign)


def _font(sign: str) -> ImageFont.FreeTypeFont:
    name = letters.face_of(sign, "bold") or letters.FACES["bold"][0]
    if name not in _fonts:
        _fonts[name] = ImageFont.truetype(letters.FONTS / name, LETTERS)
    return _fonts[name]


_fonts: dict[str, ImageFont.FreeTypeFont] = {}


def _lines(title: str, width: float) -> list[str]:
    lines, line, space = [], "", 0
    for sign in title:
        line += sign
        space = len(line) if sign == " " or ord(sign) > 0x2E80 else space
        if sum(_font(one).getlength(one) for one in line) > width:
            cut = space if 0 < space < len(line) else len(line) - 1
            lines.append(line[:cut].rstrip())
            line, space = line[cut:].lstrip(), 0
    lines = [*lines, line] if line else lines
    if len(lines) > TITLE_LINES:
        lines = [*lines[: TITLE_LINES - 1], lines[TITLE_LINES - 1].rstrip()[:-1].rstrip() + "…"]
    return lines


def _encoded(card: Image.Image) -> bytes:
    for quality in (88, 80, 70, 55):
        out = io.BytesIO()
        card.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() < MOST_BYTES:
            break
    return out.getvalue()
