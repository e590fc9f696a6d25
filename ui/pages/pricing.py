"""`/pricing` for who is signed in: their balance, what is sold, what a video costs; strangers: ui/plain/pricing.py."""

from nicegui import ui

from core.billing import shop
from core.models import User

from .. import i18n, layout
from ..addresses import inside
from ..components.shop import prices
from ..components.shop.wares import wares
from ..components.site.way_on import is_admin
from ..i18n import _, n_
from ..kit.elements import Tag, page_head
from ..session import Visitor


@ui.page("/pricing", response_timeout=layout.BUILD_SECONDS)
async def pricing(visitor: Visitor, back: str = "/pricing") -> None:
    """What is sold, and the catalogue with its prices; without a shop it says so. A buyer comes `back` to that path."""
    offers, about = await prices.offers(), prices.about()
    with layout.frame(visitor, _("Pricing"), "pricing", description=about):
        with page_head(_("Pricing"), about):
            _balance(visitor)
        if shop.is_open():
            await wares(visitor, offers, inside(back))
            Tag("h2", "wares-title", _("What a video costs"))
        Tag("div", "prices", inner=prices.price_cards(offers, is_admin=is_admin(visitor)))
        Tag("div", "facts", inner=prices.facts())


def _balance(user: User | None) -> None:
    if user:
        with Tag("div", "balance"):
            Tag("span", "price-number", i18n.number(user.credits))
            Tag("span", "price-unit", n_("credit left", "credits left", user.credits))
