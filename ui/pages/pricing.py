"""`/pricing`: what each model costs, what a new user gets, what is left."""

import asyncio

from nicegui import background_tasks, ui

from core.billing import shop
from core.catalog import availability
from core.catalog.availability import Offer
from core.models import User
from core.settings import settings

from .. import i18n, layout
from ..addresses import inside
from ..components.shop.wares import wares
from ..components.site.model_state import state_dot
from ..components.site.way_on import settings_link
from ..components.video.words import localized
from ..i18n import _, n_
from ..kit.elements import Tag, page_head
from ..session import Visitor

PATIENCE = 1.0


@ui.page("/pricing", response_timeout=layout.BUILD_SECONDS)
async def pricing(visitor: Visitor, back: str = "/pricing") -> None:
    """What is sold, and the catalogue with its prices; without a shop it says so. A buyer comes `back` to that path."""
    asking = background_tasks.create(availability.offers(), name="ask the model servers")
    done, _waiting = await asyncio.wait([asking], timeout=PATIENCE)
    offers = asking.result() if done else availability.last_offers()
    about = _("A video costs credits. One that fails or is canceled before it starts costs nothing.")
    with layout.frame(visitor, _("Pricing"), "pricing", description=about):
        with page_head(_("Pricing"), about):
            _balance(visitor)
        if shop.is_open():
            await wares(visitor, offers, inside(back))
            Tag("h2", "wares-title", _("What a video costs"))
        with Tag("div", "prices"):
            for offer in offers:
                _price(offer, visitor)
        with Tag("div", "facts"):
            _facts()


def _balance(user: User | None) -> None:
    if user:
        with Tag("div", "balance"):
            Tag("span", "price-number", i18n.number(user.credits))
            Tag("span", "price-unit", n_("credit left", "credits left", user.credits))


def _price(offer: Offer, user: User | None) -> None:
    model = offer.model
    with Tag("section", "price", aria_label=localized(model.label)):
        with Tag("div", "price-head"):
            Tag("h2", "model-name", localized(model.label))
            state_dot(offer.state)
        with Tag("div", "price-amount"):
            Tag("span", "price-number", i18n.number(model.price_credits))
            per_second = model.price_per == "second"
            Tag("span", "price-unit", _("credits a second") if per_second else _("credits a video"))
        Tag("p", "price-line", _("Lengths: {lengths} s", lengths=", ".join(str(s) for s in sorted(model.seconds))))
        Tag("p", "price-line", _("Ratios: {ratios}", ratios=", ".join(size.ratio for size in model.sizes)))
        if offer.state.reason:
            Tag("p", "price-line", i18n.sentence(offer.state.reason))
            if offer.state.name in ("no_key", "unreachable"):
                settings_link(user)


def _facts() -> None:
    grant, limit = settings().signup_credits, settings().generations_per_hour
    _fact(
        _("To start with"),
        n_("A new account begins with {n} credit.", "A new account begins with {n} credits.", grant),
    )
    _fact(
        _("Nothing for nothing"),
        _("If a video fails, or you cancel it before the model has started, its credits come back at once."),
    )
    _fact(
        _("Fair share"),
        n_("Each account can start {n} video an hour.", "Each account can start {n} videos an hour.", limit),
    )
    if not shop.is_open():
        _fact(
            _("More credits"),
            _("There is no shop here yet. The person who runs this AdsVideo can add credits to your account."),
        )


def _fact(title: str, text: str) -> None:
    with Tag("div"):
        Tag("h2", "fact-title", title)
        Tag("p", "fact-text", text)
