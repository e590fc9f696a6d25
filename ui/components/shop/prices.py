"""What a video costs with each model, and what else is to be known; the same HTML for strangers and for users."""

import asyncio

from markupsafe import Markup
from nicegui import background_tasks

from core.billing import shop
from core.catalog import availability
from core.catalog.availability import Offer
from core.settings import settings

from ... import i18n
from ...i18n import _, n_
from ..site.model_state import state_look, state_word
from ..site.way_on import SETTINGS
from ..video.words import localized

PATIENCE = 1.0
PRICE = Markup(
    '<section class="price" aria-label="{name}"><div class="price-head"><h2 class="model-name">{name}</h2>'
    '<span class="{look}">{state}</span></div><div class="price-amount"><span class="price-number">{amount}</span>'
    '<span class="price-unit">{unit}</span></div>{lines}{settings}</section>'
)
LINE = Markup('<p class="price-line">{}</p>')
TO_SETTINGS = Markup('<a class="button button-link" href="{}">{}</a>')
FACT = Markup('<div><h2 class="fact-title">{}</h2><p class="fact-text">{}</p></div>')


async def offers() -> list[Offer]:
    """Every model; those whose servers do not answer within PATIENCE as they were last."""
    asking = background_tasks.create(availability.offers(), name="ask the model servers")
    done, _waiting = await asyncio.wait([asking], timeout=PATIENCE)
    return asking.result() if done else availability.last_offers()


def about() -> str:
    """The sentence below the title."""
    return _("A video costs credits. One that fails or is canceled before it starts costs nothing.")


def price_cards(offers: list[Offer], *, is_admin: bool = False) -> Markup:
    """A card for each model; administrators get the way to set it up."""
    return Markup().join(_card(offer, is_admin) for offer in offers)


def _card(offer: Offer, is_admin: bool) -> Markup:
    model, state = offer.model, offer.state
    lines = [
        _("Lengths: {lengths} s", lengths=", ".join(str(s) for s in sorted(model.seconds))),
        _("Ratios: {ratios}", ratios=", ".join(dict.fromkeys(size.ratio for size in model.sizes))),
        i18n.sentence(state.reason),
    ]
    may_mend = is_admin and state.reason and state.name in ("no_key", "unreachable")
    return PRICE.format(
        name=localized(model.label),
        look=state_look(state),
        state=state_word(state),
        amount=i18n.number(model.price_credits),
        unit=_("credits a second") if model.price_per == "second" else _("credits a video"),
        lines=Markup().join(map(LINE.format, filter(None, lines))),
        settings=TO_SETTINGS.format(SETTINGS, _("Open settings")) if may_mend else "",
    )


def facts() -> Markup:
    """What a new user gets, and what the rules are."""
    grant, limit = settings().signup_credits, settings().generations_per_hour
    rows = [
        (
            _("To start with"),
            n_("A new account begins with {n} credit.", "A new account begins with {n} credits.", grant),
        ),
        (
            _("Nothing for nothing"),
            _("If a video fails, or you cancel it before the model has started, its credits come back at once."),
        ),
        (
            _("Fair share"),
            n_("Each account can start {n} video an hour.", "Each account can start {n} videos an hour.", limit),
        ),
    ]
    if not shop.is_open():
        no_shop = _("There is no shop here yet. The person who runs this AdsVideo can add credits to your account.")
        rows.append((_("More credits"), no_shop))
    return Markup().join(FACT.format(title, text) for title, text in rows)
