"""Where everything of a storyboard stands in a format, and the edit that it becomes there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from core.ads import framing as framings
from core.ads import tone, words
from core.ads.sight import Box, Sight
from core.ads.storyboard import Shot, Storyboard
from core.catalog.size import Size
from core.edits.fields import TRANSITION_SECONDS, Font
from core.edits.timeline import Problem
from core.edits.typesetting import card_picture
from core.phrase import Phrase
from core.pictures.fit import Framing

ENTER_AFTER = 0.15
LEAVE_BEFORE = 0.05
"""Seconds between a shot's own edges and those of its words."""
SHORTEST_WORDS = 0.4
BESIDE = 1.35
"""In a wide format the product stands beside its words: the picture is shown at least so much nearer, to make room."""
PRODUCT_AT = 0.68
"""And there is the middle of the picture, as a share of the width."""
NEARER = {"landscape": 1.0, "square": 0.75, "portrait": 0.45}
"""How much of a template's zoom is left: a tall window shows less of a wide picture anyway."""
PADDED_FROM = 1.5
"""A picture that is taller than its format by this factor is shown whole instead of cut."""
CUT_UNTIL = 1.9
"""A clip whose ratio differs by more than this factor from its format's is padded instead of cut."""


class Spot(NamedTuple):
    """Where words stand: `y` is their upper edge, their middle or their lower edge, `width` the most they take."""

    x: float
    y: float
    edge: Literal["top", "middle", "bottom"]
    width: float
    align: Literal["center", "left"] = "center"


SPOTS: Mapping[tuple[str, str], Spot] = {
    ("portrait", "headline"): Spot(0.5, 0.15, "top", 0.86),
    ("portrait", "foot"): Spot(0.5, 0.795, "bottom", 0.86),
    ("square", "headline"): Spot(0.5, 0.07, "top", 0.86),
    ("square", "foot"): Spot(0.5, 0.93, "bottom", 0.86),
    ("landscape", "headline"): Spot(0.07, 0.5, "middle", 0.36, "left"),
    ("landscape", "foot"): Spot(0.07, 0.5, "middle", 0.36, "left"),
}
BELOW_LOGO = 0.07
"""A headline of a tall video stands so much lower where there is a logo above it."""


def spot(shot: Shot, shape: str, *, has_logo: bool = False) -> Spot:
    """Where a shot's words stand in a format of that shape."""
    place = SPOTS[shape, shot.place]
    lower = has_logo and shape == "portrait" and shot.place == "headline"
    return place._replace(y=place.y + BELOW_LOGO) if lower else place


def centre(shot: Shot, size: Size, where: Spot, font: Font) -> float:
    """The height of the middle of a shot's words, as an edit's text has it."""
    if where.edge == "middle":
        return where.y
    height = words.height(shot, size, where.width, font) / size.height / 2
    return where.y + height if where.edge == "top" else where.y - height


def block(board: Storyboard, shot: Shot, size: Size) -> Box | None:
    """Where in a format the words of a shot stand; None without any."""
    if not shot.words:
        return None
    where = spot(shot, size.shape, has_logo=board.look.logo_id is not None)
    middle = centre(shot, size, where, board.look.font)
    half = words.height(shot, size, where.width, board.look.font) / size.height / 2
    left = where.x if where.align == "left" else where.x - where.width / 2
    return Box(left, middle - half, left + where.width, middle + half)


def framing(board: Storyboard, shot: Shot, size: Size, sight: Sight) -> Framing:
    """How the shot's picture is framed for a clip of that size."""
    if shot.framing is not None:
        return shot.framing
    picture = sight.size
    if sight.product:
        room = framings.room(shot, size, block(board, shot, size))
        return framings.framed(shot, size, picture, sight.product, room)
    if (size.width / size.height) / (picture.width / picture.height) > PADDED_FROM:
        return Framing(mode="pad-blur")
    zoom = 1 + (shot.zoom - 1) * NEARER[size.shape]
    x = 0.5
    if size.shape == "landscape" and shot.words:
        zoom = max(zoom, BESIDE)
        left = max(0.5 - PRODUCT_AT / zoom, 0.0)
        x = left / (1 - 1 / zoom)
    return Framing(zoom=round(min(zoom, 4.0), 3), x=round(min(x, 1.0), 3), y=shot.y)


def dressed(board: Storyboard, sights: Mapping[int, Sight], *, branded: bool) -> Storyboard:
    """The storyboard with what its pictures decide: the end card's framings, and without a brand its colours."""
    hero = sights.get(board.hero_id)
    if hero is None:
        return board
    card = {size: card_framing(Size.parse(size), hero) for size in board.sizes}
    look = board.look
    if not branded and hero.color:
        look = look.model_copy(update={"colors": (hero.color, tone.beside(hero.color))})
    return board.model_copy(update={"card_framings": card, "look": look})


def card_framing(size: Size, sight: Sight) -> Framing:
    """How the picture of an end card is framed in its part of it: the product whole, in the middle."""
    own = Size(*card_picture(size.width, size.height))
    return framings.still(own, sight.size, sight.product or framings.MIDDLE)


def clip_seconds(storyboard: Storyboard, position: int) -> float:
    """How long the clip of a shot has to be: until whatever comes after it has come in."""
    shots = storyboard.shots
    is_covered = position + 1 == len(shots) or shots[position + 1].transition != "cut"
    return shots[position].seconds + (TRANSITION_SECONDS if is_covered else 0.0)


def closest(size: Size, offered: Sequence[Size]) -> Size:
    """The offered size whose ratio is nearest to the format's, of those the one nearest to it in pixels."""

    def distance(other: Size) -> tuple[float, int]:
        return round(_factor(other, size), 2), abs(other.width * other.height - size.width * size.height)

    return min(offered, key=distance)


def _factor(one: Size, other: Size) -> float:
    factor = (one.width / one.height) / (other.width / other.height)
    return max(factor, 1 / factor)


def edit_body(storyboard: Storyboard, size: str, videos: Sequence[tuple[int, Size]]) -> dict[str, Any]:
    """The edit that joins these videos, given as (number, size) of each shot in order, to the ad in that format."""
    look, fields = storyboard.look, storyboard.fields
    body: dict[str, Any] = {
        "clips": [_clip(storyboard, n, video, Size.parse(size)) for n, video in enumerate(videos)],
        "size": size,
        "texts": _texts(storyboard, Size.parse(size)),
        "end_card": {
            "seconds": storyboard.card_seconds,
            "title": fields.get("name", ""),
            "subtitle": look.end_card_text or fields.get("tagline", "") or fields.get("until", ""),
            "price": fields.get("price", ""),
            "button": fields.get("call_to_action", ""),
            "image_id": storyboard.hero_id,
            "color": look.colors[0],
            "accent": look.colors[1],
            **({"framing": card.brief()} if (card := storyboard.card_framings.get(size)) else {}),
        },
        "music": storyboard.music.model_dump(mode="json", exclude_unset=True),
        "font": look.font,
    }
    if look.logo_id:
        corner = "top-left" if Size.parse(size).shape == "landscape" else "top-right"
        body["logo"] = {"image_id": look.logo_id, "corner": corner, "width": 0.16, "end": storyboard.starts()[-1]}
    return body


def _clip(storyboard: Storyboard, position: int, video: tuple[int, Size], size: Size) -> dict[str, Any]:
    number, own = video
    clip: dict[str, Any] = {"video_id": number, "end": round(clip_seconds(storyboard, position), 3)}
    clip["transition"] = storyboard.shots[position].transition
    if _factor(own, size) > CUT_UNTIL:
        clip["framing"] = {"mode": "pad-blur"}
    return clip


def _texts(storyboard: Storyboard, size: Size) -> list[dict[str, Any]]:
    texts = []
    starts = storyboard.starts()
    for n, shot in enumerate(storyboard.shots):
        if not shot.words:
            continue
        comes_in = TRANSITION_SECONDS / 2 if n and shot.transition != "cut" else 0.0
        start = starts[n] + comes_in + ENTER_AFTER
        end = max(starts[n + 1] - LEAVE_BEFORE, start + SHORTEST_WORDS)
        where = spot(shot, size.shape, has_logo=storyboard.look.logo_id is not None)
        y = round(centre(shot, size, where, storyboard.look.font), 4)
        text: dict[str, Any] = {"text": shot.words, "role": shot.role, "x": where.x, "y": y}
        text |= {
            "adapts": True,
            "width": where.width,
            "align": where.align,
            "start": round(start, 3),
            "end": round(end, 3),
        }
        if shot.bar:
            text["bar"] = storyboard.look.colors[1]
        texts.append(text)
    return texts


def too_long(board: Storyboard) -> Iterator[Problem]:
    """Every shot whose words don't fit into their place in one of the formats."""
    for position, shot in enumerate(board.shots):
        sizes = [Size.parse(size) for size in board.sizes]
        wrong = [size for size in sizes if not words.fits(shot, size, spot(shot, size.shape).width, board.look.font)]
        if wrong:
            formats = tuple(map(str, wrong))
            complaint = Phrase("are too long for their place in {formats}. Please shorten them", formats=formats)
            yield Problem(("shots", position, "words"), complaint)
