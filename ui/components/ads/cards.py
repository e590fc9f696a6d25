"""The cards of a storyboard: each shot in the ad's ratio, its picture framed, its words where they will be."""

from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from core.ads import layout, tone
from core.ads.framing import MIDDLE
from core.ads.sight import Sight
from core.ads.storyboard import DARK, LIGHT, Shot, Storyboard
from core.catalog.size import Size

from ... import formats
from ...i18n import _
from ..studio.prompt_field import move_titles

UNSEEN = Sight(Size(3, 2))
"""A picture that nobody has looked at yet, in the usual shape."""

CARD = Markup(
    '<span class="shot-frame" style="aspect-ratio:{width}/{height}">'
    '<img src="{picture}" alt="" loading="lazy" decoding="async" draggable="false">{words}</span>'
    '<span class="shot-facts"><span class="shot-chip">{move}</span><span class="shot-chip">{length}</span></span>'
)
WORDS = Markup(
    '<span class="shot-words shot-{role} shot-{edge} shot-{align}" style="{style}">{bar}<b>{text}</b></span>'
)
BAR = Markup('<i style="background:{}"></i>')


def picture_url(shot: Shot, size: Size, framing: dict[str, Any]) -> str:
    """The picture as the shot's clip shows it."""
    query = {"size": str(size), **framing}
    return f"/api/v1/images/{shot.image_id}/framed?{urlencode(query)}"


def _words(board: Storyboard, shot: Shot, size: Size, seen: Sight) -> Markup:
    """The words of a shot, in their place."""
    if not shot.words:
        return Markup()
    spot = layout.spot(shot, size.shape, has_logo=board.look.logo_id is not None)
    far = {"top": f"top:{spot.y:.1%}", "bottom": f"bottom:{1 - spot.y:.1%}", "middle": f"top:{spot.y:.1%}"}[spot.edge]
    left = spot.x if spot.align == "left" else spot.x - spot.width / 2
    ink = "" if not seen.color or tone.beside(seen.color) == LIGHT else f"color:{DARK};text-shadow:none;"
    style = f"{ink}{far};left:{left:.1%};width:{spot.width:.1%}"
    bar = BAR.format(board.look.colors[1]) if shot.bar else ""
    return WORDS.format(role=shot.role, edge=spot.edge, align=spot.align, style=style, bar=bar, text=shot.words)


def card(
    board: Storyboard, position: int, size: Size, seen: Sight = UNSEEN, framing: dict[str, Any] | None = None
) -> Markup:
    """What a shot's card shows; its picture in the framing that its clip has, if there is one already."""
    shot = board.shots[position]
    if framing is None:
        framing = layout.framing(board, shot, size, seen).brief()
    return CARD.format(
        width=size.width,
        height=size.height,
        picture=picture_url(shot, size, framing),
        words=_words(board, shot, size, seen),
        move=move_titles().get(shot.move or "") or _("By the prompt"),
        length=formats.seconds(round(shot.seconds, 1)),
    )


END = Markup(
    '<span class="shot-frame end-view" style="aspect-ratio:{width}/{height};background:{color};color:{ink}" '
    'data-shape="{shape}"><img src="/api/v1/images/{picture}/content" style="object-position:{at}" alt="" '
    'loading="lazy" decoding="async" draggable="false"><span class="end-words">'
    '<b>{name}</b><small>{line}</small><strong>{price}</strong>{button}</span></span>'
    '<span class="shot-facts"><span class="shot-chip">{word}</span><span class="shot-chip">{length}</span></span>'
)
BUTTON = Markup('<em style="background:{};color:{}">{}</em>')


def end_card(board: Storyboard, size: Size, seen: Sight = UNSEEN) -> Markup:
    """What the end card shows, as near as the browser's letters come to it."""
    body = layout.edit_body(board, str(size), [])["end_card"]
    product = seen.product or MIDDLE
    button = BUTTON.format(body["accent"], tone.beside(body["accent"]), body["button"]) if body["button"] else Markup()
    return END.format(
        width=size.width,
        height=size.height,
        shape=size.shape,
        color=body["color"],
        ink=tone.beside(body["color"]),
        at=f"{(product.left + product.right) / 2:.0%} {(product.top + product.bottom) / 2:.0%}",
        picture=board.hero_id,
        name=body["title"],
        line=body["subtitle"],
        price=body["price"],
        button=button,
        word=_("End card"),
        length=formats.seconds(round(board.card_seconds, 1)),
    )
