"""Letters inside videos, as pictures with transparency; what moves or fades is that picture."""

from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from core.edits.typesetting import LEADING, Setting, fitted, font_of
from core.pictures.contrast import RGB, WHITE
from workers.media.contrast import shade_for

Shade = Literal["soft", "box", "none"]

BASELINE = 0.36
"""How far the baseline is below the middle of its line, in sizes."""
FINER = 4
"""Letters are drawn so many times as large and then averaged: they stand between pixels as well as on them."""
BOX = 0.72
"""How opaque a box behind letters is at least."""


@dataclass(frozen=True)
class Style:
    """How letters are set, and what is behind them. `strength` 0-1 is the shade's; None: enough for any picture."""

    setting: Setting
    color: RGB = WHITE
    shade: Shade = "soft"
    strength: float | None = None


@dataclass(frozen=True)
class Lettering:
    """Words as a picture. `pad` is how far it reaches beyond the words' block on every side; sizes are in pixels."""

    image: Image.Image
    pad: int
    width: float
    height: float


def draw(text: str, style: Style, most: float, most_lines: int = 3, align: str = "center") -> Lettering:
    """The text as a picture, its lines at most `most` pixels wide."""
    lines, setting = fitted(text, style.setting, most, most_lines)
    step = setting.size * LEADING
    widths = [setting.width(line) for line in lines]
    width, height = max(widths, default=0.0), step * len(lines)
    pad = round(setting.size * 0.75)
    mask = Image.new("L", ((round(width) + 2 * pad) * FINER, (round(height) + 2 * pad) * FINER), 0)
    for number, (line, own) in enumerate(zip(lines, widths, strict=True)):
        left = {"left": 0.0, "center": (width - own) / 2, "right": width - own}[align]
        baseline = step * (number + 0.5) + setting.size * BASELINE
        _draw_line(mask, line, setting, pad + left, pad + baseline)
    return Lettering(_shaded(mask.reduce(FINER), style, setting.size, pad), pad, width, height)


def _draw_line(mask: Image.Image, line: str, setting: Setting, left: float, baseline: float) -> None:
    pen = ImageDraw.Draw(mask)
    for file, sign, at in setting.glyphs(line)[0]:
        place = ((left + at) * FINER, baseline * FINER)
        pen.text(place, sign, font=font_of(file, setting.size * FINER), fill=255, anchor="ls")


def _shaded(mask: Image.Image, style: Style, size: float, pad: int) -> Image.Image:
    """The letters in their colour over a shade that is dark or light enough on any picture."""
    dark, strength = shade_for(style.color)
    if style.strength is not None:
        strength = style.strength
    below = Image.new("L", mask.size, 0)
    if style.shade == "box":
        inset = round(pad * 0.42)
        box = (inset, inset, mask.width - inset - 1, mask.height - inset - 1)
        ImageDraw.Draw(below).rounded_rectangle(box, radius=size * 0.22, fill=round(255 * max(strength, BOX)))
    elif style.shade == "soft":
        below = _halo(mask, size, strength)
    above = Image.new("RGBA", mask.size, (*style.color, 255))
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
