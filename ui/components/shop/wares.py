"""Packs and plans as cards, each with its price, what it buys, and the way to pay for it."""

from fastapi import Request
from nicegui import context, ui

from core.billing import checkout, prices, shop
from core.billing.prices import Price
from core.billing.shop import Plan, Ware
from core.catalog.availability import Offer
from core.models import User

from ... import formats, i18n
from ...addresses import origin
from ...i18n import _, n_
from ...kit.elements import Tag, button, link
from ..video.words import localized

SHOWN_MODELS = 3


async def wares(user: User | None, offers: list[Offer], back: str = "/pricing") -> None:
    """All that is sold here. `back` is the path of ours to return to."""
    amounts = await prices.prices()
    for title, kinds in ((_("Credits"), shop.packs()), (_("Every month"), shop.plans())):
        if kinds:
            Tag("h2", "wares-title", title)
            with Tag("div", "prices wares"):
                for ware in kinds.values():
                    _card(user, ware, amounts.get(ware.price_id), offers, back)


def _card(user: User | None, ware: Ware, price: Price | None, offers: list[Offer], back: str) -> None:
    is_plan = isinstance(ware, Plan)
    with Tag("section", "price ware", aria_label=ware.label):
        Tag("h3", "model-name", ware.label)
        with Tag("div", "price-amount"):
            Tag("span", "price-number", formats.money(price) if price else "–")
            Tag("span", "price-unit", _("a month") if is_plan else _("once"))
        amount = i18n.credits(ware.credits)
        if amount != ware.label:
            words = _("{credits} a month", credits=amount) if is_plan else amount
            Tag("p", "ware-credits", words, symbol="coins")
        for offer in _ready(offers):
            Tag("p", "price-line", _clips(ware.credits, offer), symbol="film")
        if isinstance(ware, Plan) and ware.priority:
            Tag("p", "price-line", _("Your videos start before all others"), symbol="circle-check")
        Tag("span", "grow")
        _way(user, ware, back)


def _ready(offers: list[Offer]) -> list[Offer]:
    return [offer for offer in offers if offer.state.name == "ready" and offer.model.price_credits][:SHOWN_MODELS]


def _clips(credits: int, offer: Offer) -> str:
    """`10 videos of Studio camera`."""
    model = offer.model
    number = credits // model.price(min(model.seconds))
    return n_("{n} video with {model}", "{n} videos with {model}", number, model=localized(model.label))


def _way(user: User | None, ware: Ware, back: str) -> None:
    if user is None:
        link(_("Log in to buy"), f"/auth/login?next={back}", look="accent")
        return
    request = context.client.request
    word = _("Subscribe") if isinstance(ware, Plan) else _("Buy")
    element = button(word, look="accent", aria_label=f"{word}: {ware.label}")

    async def go() -> None:
        element.put("disabled", True)
        try:
            await pay(request, user, ware, back)
        finally:
            element.put("disabled", None)

    element.on_click(go)


async def pay(request: Request, user: User, ware: Ware, back: str) -> None:
    """Open Stripe's page for that. Raises PaymentsAway."""
    ui.navigate.to(await checkout.address(user, ware, origin(request), back))
