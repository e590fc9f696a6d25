"""Letters inside videos: lines broken by pixels and by the rules of Chinese, kerned, with a shade that keeps them legible.

Everything is drawn once into a picture with transparency; what moves or fades is that picture.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from core.edits import letters
from core.edits.letters import Weight

CONTRAST = 4.5
LEADING = 1.22
SMALLEST = 0.45
"""A text that does not fit is made smaller, down to this share of its size; then it is broken anywhere."""

NOT_FIRST = set("。，、；：？！）」』】〉》”’…—·～％,.;:?!)]}%°")
"""What a line never begins with."""
NOT_LAST = set("（「『【〈《“‘￥$€£([{#")
"""What a line never ends with."""

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """How letters are set: `size` of the font in pixels, `shade` what is behind them."""

    size: float
    weight: Weight = "bold"
    color: RGB = (255, 255, 255)
    shade: str = "soft"


@dataclass(frozen=True)
class Lettering:
    """A picture with transparency; `left`, `top` is where its corner lies when the words' block begins at 0, 0.

    `width` and `height` are the block's own, in pixels, without the shade.
    """

    image: Image.Image
    left: float
    top: float
    width: float
    height: float


@lru_cache(64)
def _font(name: str, size: float) -> ImageFont.FreeTypeFont:
    # the basic layout kerns by the fonts' own table and is the same on every machine
    return ImageFont.truetype(letters.FONTS / name, size, layout_engine=ImageFont.Layout.BASIC)


def _runs(line: str, weight: Weight) -> list[tuple[str, str]]:
    """The line in pieces of one font each: (file, text). A space or a sign that several have stays with its piece."""
    files: list[str] = []
    for sign in line:
        own = letters.face_of(sign, weight) or letters.FACES[weight][0]
        files.append(own)
    return [(name, "".join(sign for _, sign in run)) for name, run in groupby(zip(files, line), lambda pair: pair[0])]


def width_of(line: str, look: Look) -> float:
    """In pixels."""
    return sum(_font(name, look.size).getlength(text) for name, text in _runs(line, look.weight))


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"


def _pieces(text: str) -> list[str]:
    """The text in pieces that stay whole on a line: words with the space behind them, and each Chinese character."""
    pieces: list[str] = []
    for sign in text:
        last = pieces[-1] if pieces else ""
        ends_word = not last or last[-1] == " " or _is_wide(last[-1]) or _is_wide(sign)
        if sign == " " and last:
            pieces[-1] += sign
        elif ends_word and sign not in NOT_FIRST and not (last and last[-1] in NOT_LAST):
            pieces.append(sign)
        elif last.endswith(" ") and not _is_wide(sign):
            pieces.append(sign)
        else:
            pieces[-1:] = [last + sign]
    return pieces


def _broken(text: str, look: Look, most: float) -> list[str]:
    lines = [""]
    for piece in _pieces(text):
        if lines[-1] and width_of((lines[-1] + piece).rstrip(), look) > most:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _balanced(text: str, look: Look, most: float) -> list[str]:
    """As few lines as fit, of lengths as equal as may be."""
    lines = _broken(text, look, most)
    low, high = most / max(len(lines), 1) * 0.6, most
    while len(lines) > 1 and high - low > max(2.0, most / 64):
        middle = (low + high) / 2
        narrower = _broken(text, look, middle)
        fits = len(narrower) == len(lines) and all(width_of(line, look) <= middle for line in narrower)
        low, high = (low, middle) if fits else (middle, high)
    return _broken(text, look, high)


def _cut(line: str, look: Look, most: float) -> list[str]:
    """A line that is one endless word, cut where it must be."""
    parts = [""]
    for sign in line:
        if parts[-1] and width_of(parts[-1] + sign, look) > most:
            parts.append("")
        parts[-1] += sign
    return parts


def lines_of(text: str, look: Look, most: float, most_lines: int) -> tuple[list[str], Look]:
    """The lines that fit into `most` pixels, and the look with the size that they have there."""
    paragraphs = [part.strip() for part in letters.normal(text).split("\n") if part.strip()]
    size = look.size
    while True:
        sized = Look(size, look.weight, look.color, look.shade)
        lines = [line for part in paragraphs for line in _balanced(part, sized, most)]
        widest = max((width_of(line, sized) for line in lines), default=0.0)
        if (len(lines) <= max(most_lines, 1) and widest <= most) or size <= look.size * SMALLEST:
            return [piece for line in lines for piece in _cut(line, sized, most)], sized
        size = max(size * 0.92, look.size * SMALLEST)


def draw(text: str, look: Look, most: float, most_lines: int = 3, align: str = "center") -> Lettering:
    """The text as a picture, at most `most` pixels wide."""
    lines, look = lines_of(text, look, most, most_lines)
    step = look.size * LEADING
    widths = [width_of(line, look) for line in lines]
    width, height = max(widths, default=0.0), step * len(lines)
    pad = round(look.size * 0.75)
    mask = Image.new("L", (round(width) + 2 * pad, round(height) + 2 * pad), 0)
    for number, (line, own) in enumerate(zip(lines, widths, strict=True)):
        at = pad + {"left": 0.0, "center": (width - own) / 2, "right": width - own}[align]
        _draw_line(mask, line, look, at, pad + step * number + step * 0.5 + look.size * 0.36)
    return Lettering(_shaded(mask, look, pad), -pad, -pad, width, height)


def _draw_line(mask: Image.Image, line: str, look: Look, left: float, baseline: float) -> None:
    pen = ImageDraw.Draw(mask)
    for name, text in _runs(line, look.weight):
        font = _font(name, look.size)
        pen.text((left, baseline), text, font=font, fill=255, anchor="ls")
        left += font.getlength(text)


def _shaded(mask: Image.Image, look: Look, pad: int) -> Image.Image:
    """The letters in their colour over a shade that is dark or light enough for CONTRAST on any picture."""
    dark, strength = shade_for(look.color)
    below = Image.new("L", mask.size, 0)
    if look.shade == "box":
        inset = round(pad * 0.42)
        box = (inset, inset, mask.width - inset - 1, mask.height - inset - 1)
        ImageDraw.Draw(below).rounded_rectangle(box, radius=look.size * 0.22, fill=round(255 * max(strength, 0.72)))
    elif look.shade == "soft":
        below = _halo(mask, look.size, strength)
    above = Image.new("RGBA", mask.size, (*look.color, 255))
    above.putalpha(mask)
    ground = Image.new("RGBA", mask.size, (0, 0, 0, 255) if dark else (255, 255, 255, 255))
    ground.putalpha(below)
    return Image.alpha_composite(ground, above)


def _halo(mask: Image.Image, size: float, strength: float) -> Image.Image:
    """Around the letters at full strength, then softly out: what is right beside a stroke decides how it reads."""
    reach = max(int(size * 0.11) // 2 * 2 + 1, 3)
    near = mask.filter(ImageFilter.MaxFilter(reach)).filter(ImageFilter.BoxBlur(1))
    far = mask.filter(ImageFilter.MaxFilter(reach)).filter(ImageFilter.GaussianBlur(size * 0.16))
    full = ImageChops.lighter(near, far.point(lambda v: min(v * 1.3, 255)))
    return full.point(lambda v: v * strength)


def _linear(value: float) -> float:
    value /= 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(color: RGB) -> float:
    """Relative luminance as WCAG defines it, 0-1."""
    red, green, blue = (_linear(value) for value in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: RGB, other: RGB) -> float:
    """1-21, as WCAG defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@lru_cache(64)
def shade_for(color: RGB) -> tuple[bool, float]:
    """Whether letters of this colour need a dark shade, and how opaque it must be on the worst picture there may be."""
    dark = contrast(color, (0, 0, 0)) >= contrast(color, (255, 255, 255))
    for percent in range(35, 101):
        # a dark shade is weakest over white, a light one over black
        level = round(255 * (1 - percent / 100)) if dark else round(255 * percent / 100)
        if contrast(color, (level, level, level)) >= CONTRAST * 1.03:
            return dark, min(percent / 100 + 0.03, 1.0)
    return dark, 1.0
