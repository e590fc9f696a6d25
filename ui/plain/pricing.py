"""`/pricing` for strangers: what is sold and what a video costs."""

from fastapi import Request
from fastapi.responses import Response
from markupsafe import Markup

from core.billing import shop

from ..addresses import inside
from ..components.shop import prices
from ..components.shop.wares import wares_of_strangers
from ..i18n import _
from .shell import page, unfolding

BODY = Markup(
    '<div class="page-head"><div><h1 class="page-title">{title}</h1><p class="page-note">{about}</p></div></div>'
    '{wares}<div class="prices">{cards}</div><div class="facts">{facts}</div>'
)
WARES = Markup('{}<h2 class="wares-title">{}</h2>')


async def draw(request: Request) -> Response:
    """The page. Who logs in to buy comes `back` to that path in the end."""
    offers, about = await prices.offers(), prices.about()
    wares = Markup()
    if shop.is_open():
        back = inside(request.query_params.get("back", "/pricing"))
        wares = WARES.format(await wares_of_strangers(offers, back), _("What a video costs"))
    body = BODY.format(
        title=_("Pricing"), about=about, wares=wares, cards=prices.price_cards(offers), facts=prices.facts()
    )
    return page(request, _("Pricing"), body, active="pricing", tags=unfolding(request, _("Pricing"), about))
