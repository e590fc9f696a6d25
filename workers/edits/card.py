"""The end card: product, name, price, call to action and logo, in that order of size, standing still."""

from PIL import Image, ImageChops, ImageDraw, ImageOps

from core.edits import letters
from core.edits.fields import EndCard
from core.edits.typesetting import Setting, card_picture, unit
from core.pictures import framing
from core.pictures.contrast import INK, RGB, WHITE, contrast, rgb
from workers.edits.overlays import MARGIN, logo_image, safe_box
from workers.edits.plan import Plan
from workers.media.text import Lettering, Style, draw

FINER = 4
"""Round corners are drawn so many times as large and then averaged."""


def card(plan: Plan, end: EndCard) -> Image.Image:
    """The card in the edit's size, RGB."""
    canvas = Image.new("RGB", (plan.width, plan.height), rgb(end.color))
    left, top, right, bottom = safe_box(plan.width, plan.height)
    words = _Words(plan, end)
    if plan.files.card is None:
        words.stand(canvas, (left, top, right, bottom))
    elif end.framing:
        width, height = _to_the_edges(canvas, plan, end)
        if plan.width > plan.height:
            words.stand(canvas, (width + plan.width * MARGIN / 2, top, right, bottom))
        else:
            words.stand(canvas, (left, height + plan.height * NEAR, right, bottom))
    elif plan.width > plan.height:
        middle = plan.width * 0.5
        _picture(canvas, plan, (left, top, middle - plan.width * MARGIN / 2, bottom))
        words.stand(canvas, (middle + plan.width * MARGIN / 2, top, right, bottom))
    else:
        # the words first: what is read in two seconds has to be large, and a picture is seen at any size
        split = bottom - words.fitted(right - left, (bottom - top) * WORDS)[2]
        _picture(canvas, plan, (left, top, right, split - plan.height * 0.025))
        words.stand(canvas, (left, split, right, bottom))
    return canvas


WORDS = 0.54
"""Of the height below a picture and with it: so much the words may take."""
LEAST = 0.4
"""Words are made smaller down to this share of their size."""
FADE = 0.16
"""Of a picture that goes up to the card's edges, so much goes over into the card's colour."""
NEAR = 0.005


def _to_the_edges(canvas: Image.Image, plan: Plan, end: EndCard) -> tuple[int, int]:
    """The picture in its part of the card, going over into its colour where the words begin; gives its size."""
    assert plan.files.card is not None
    assert end.framing is not None
    size = card_picture(plan.width, plan.height)
    picture = framing.picture(plan.files.card.read_bytes(), *size, end.framing.brief())
    aside = plan.width > plan.height
    length = size[0] if aside else size[1]
    fade = length * FADE
    ramp = bytes(round(255 * _eased(min((length - n - 0.5) / fade, 1.0))) for n in range(length))
    mask = Image.frombytes("L", (length, 1) if aside else (1, length), ramp).resize(size)
    canvas.paste(picture, (0, 0), mask)
    return size


def _eased(share: float) -> float:
    return share * share * (3 - 2 * share)


MOST_CUT = 1.4
"""The picture is made so much larger than it fits whole, if it then fills its place better; what lies over is cut."""


def _picture(canvas: Image.Image, plan: Plan, box: tuple[float, float, float, float]) -> None:
    """The product as large as its place allows, with round corners; a cut-out stands whole on the card itself."""
    assert plan.files.card is not None
    width, height = box[2] - box[0], box[3] - box[1]
    with Image.open(plan.files.card) as opened:
        is_clear = opened.has_transparency_data
        fitted = logo_image(opened, width, height) if is_clear else _filling(opened.convert("RGBA"), width, height)
    place = round((box[0] + box[2] - fitted.width) / 2), round((box[1] + box[3] - fitted.height) / 2)
    corners = _rounded(fitted.size, unit(plan.width, plan.height) * 0.03)
    canvas.paste(fitted.convert("RGB"), place, ImageChops.multiply(corners, fitted.getchannel("A")))


def _filling(picture: Image.Image, width: float, height: float) -> Image.Image:
    """Larger than it fits whole, by MOST_CUT at most, and cut to its place."""
    whole, full = sorted((width / picture.width, height / picture.height))
    scale = min(full, whole * MOST_CUT)
    size = max(round(min(picture.width * scale, width)), 1), max(round(min(picture.height * scale, height)), 1)
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def _rounded(size: tuple[int, int], radius: float) -> Image.Image:
    mask = Image.new("L", (size[0] * FINER, size[1] * FINER), 0)
    box = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, radius=radius * FINER, fill=255)
    return mask.reduce(FINER)


class _Words:
    """The words and the logo, one below the other."""

    def __init__(self, plan: Plan, end: EndCard) -> None:
        self.plan, self.end = plan, end
        self.unit = unit(plan.width, plan.height)
        self.color = max(WHITE, INK, key=lambda color: contrast(color, rgb(end.color)))

    def stand(self, canvas: Image.Image, box: tuple[float, float, float, float]) -> None:
        """Draw them in the middle of a box, smaller if they would not fit."""
        parts, gap, needed = self.fitted(box[2] - box[0], box[3] - box[1])
        at = box[1] + (box[3] - box[1] - needed) / 2
        for part in parts:
            x = (box[0] + box[2] - part.width) / 2 - part.pad
            canvas.paste(part.image, (round(x), round(at - part.pad)), part.image)
            at += part.height + gap

    def fitted(self, room: float, height: float) -> tuple[list[Lettering], float, float]:
        """They at the size at which they fit, the gap between two, and the height of all."""
        scale, gap = 1.0, self.unit * 0.035
        while True:
            parts = self._parts(room, scale)
            needed = sum(part.height for part in parts) + gap * (len(parts) - 1)
            if needed <= height + 0.5 or scale <= LEAST:
                return parts, gap, needed
            scale, gap = scale * 0.95, gap * 0.95

    def _parts(self, room: float, scale: float) -> list[Lettering]:
        end, plain = self.end, self.color
        parts = [self._line(end.title, 0.085 * scale, plain, room)]
        if end.subtitle:
            parts.append(self._line(end.subtitle, 0.04 * scale, plain, room, "medium"))
        if end.price:
            parts.append(self._line(end.price, 0.095 * scale, plain, room))
        if end.button:
            parts.append(self._button(end.button, scale, room))
        if self.plan.files.logo:
            with Image.open(self.plan.files.logo) as picture:
                logo = logo_image(picture, min(self.unit * 0.25 * scale, room), self.unit * 0.09 * scale)
            parts.append(Lettering(logo, 0, logo.width, logo.height))
        return parts

    def _line(self, text: str, share: float, color: RGB, room: float, weight: str = "bold") -> Lettering:
        setting = Setting(self.unit * share, letters.weight_of(self.plan.edit.font, bold=weight == "bold"))
        return draw(text, Style(setting, color, shade="none"), room)

    def _button(self, text: str, scale: float, room: float) -> Lettering:
        accent = rgb(self.end.accent)
        color = max(WHITE, INK, key=lambda color: contrast(color, accent))
        size = self.unit * 0.045 * scale
        words = self._line(text, 0.045 * scale, color, room - 2 * size)
        width, height = round(words.width + 2 * size), round(words.height + size)
        plate = Image.new("RGBA", (width, height), (*accent, 255))
        plate.putalpha(_rounded((width, height), size * 0.45))
        plate.alpha_composite(*_at(words, (width - words.width) / 2, (height - words.height) / 2))
        return Lettering(plate, 0, width, height)


def _at(words: Lettering, left: float, top: float) -> tuple[Image.Image, tuple[int, int]]:
    """The words without what of their margin would lie outside, and where they begin."""
    cut_x, cut_y = max(words.pad - round(left), 0), max(words.pad - round(top), 0)
    image = words.image.crop((cut_x, cut_y, words.image.width - cut_x, words.image.height - cut_y))
    return image, (max(round(left) - words.pad, 0), max(round(top) - words.pad, 0))
