"""Packs and plans as cards, each with its price, what it buys, and the way to pay for it."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from fastapi import Request
from markupsafe import Markup
from nicegui import context, ui

from core.billing import checkout, prices, shop
from core.billing.prices import Price
from core.billing.shop import Plan, Ware
from core.catalog.availability import Offer
from core.models import User

from ... import formats, i18n
from ...addresses import origin
from ...i18n import _, n_
from ...kit.elements import Tag, button
from ..video.words import localized

SHOWN_MODELS = 3
WORDS = Markup(
    '<h3 class="model-name">{label}</h3><div class="price-amount"><span class="price-number">{price}</span>'
    '<span class="price-unit">{per}</span></div>{credits}{lines}<span class="grow"></span>'
)
CREDITS = Markup('<p class="ware-credits has-icon icon-coins">{}</p>')
LINE = Markup('<p class="price-line has-icon icon-{}">{}</p>')
TITLE = Markup('<h2 class="wares-title">{}</h2>')
CARDS = Markup('{}<div class="prices wares">{}</div>')
CARD = Markup('<section class="price ware" aria-label="{}">{}{}</section>')
WAY_IN = Markup('<a class="button button-accent" href="/auth/login?next={}">{}</a>')


async def wares(user: User | None, offers: list[Offer], back: str = "/pricing") -> None:
    """All that is sold here. `back` is the path of ours to return to."""
    if user is None:
        Tag("div", inner=await wares_of_strangers(offers, back))
        return
    amounts = await prices.prices()
    for title, kinds in _kinds():
        Tag("h2", "wares-title", title)
        with Tag("div", "prices wares"):
            for ware in kinds:
                with Tag("section", "price ware", aria_label=ware.label):
                    Tag("div", "ware-words", inner=_words(ware, amounts, offers))
                    _buy(user, ware, back)


async def wares_of_strangers(offers: list[Offer], back: str = "/pricing") -> Markup:
    """The same as HTML, with the way to sign in, and from there to the wares."""
    amounts = await prices.prices()
    way = WAY_IN.format(quote(f"/pricing?back={quote(back)}"), _("Log in to buy"))
    parts = [
        CARDS.format(
            TITLE.format(title),
            Markup().join(CARD.format(ware.label, _words(ware, amounts, offers), way) for ware in kinds),
        )
        for title, kinds in _kinds()
    ]
    return Markup().join(parts)


def _kinds() -> list[tuple[str, Sequence[Ware]]]:
    all_kinds = ((_("Credits"), [*shop.packs().values()]), (_("Every month"), [*shop.plans().values()]))
    return [(title, kinds) for title, kinds in all_kinds if kinds]


def _words(ware: Ware, amounts: Mapping[str, Price], offers: list[Offer]) -> Markup:
    """What it is, what it costs, and what it buys."""
    is_plan = isinstance(ware, Plan)
    price, amount = amounts.get(ware.price_id), i18n.credits(ware.credits)
    credits = _("{credits} a month", credits=amount) if is_plan else amount
    lines = [("film", _clips(ware.credits, offer)) for offer in _ready(offers)]
    if isinstance(ware, Plan) and ware.priority:
        lines.append(("circle-check", _("Your videos start before all others")))
    return WORDS.format(
        label=ware.label,
        price=formats.money(price) if price else "–",
        per=_("a month") if is_plan else _("once"),
        credits=CREDITS.format(credits) if amount != ware.label else "",
        lines=Markup().join(LINE.format(*line) for line in lines),
    )


def _ready(offers: list[Offer]) -> list[Offer]:
    return [offer for offer in offers if offer.state.name == "ready" and offer.model.price_credits][:SHOWN_MODELS]


def _clips(credits: int, offer: Offer) -> str:
    """`10 videos of Studio camera`."""
    model = offer.model
    number = credits // model.price(min(model.seconds))
    return n_("{n} video with {model}", "{n} videos with {model}", number, model=localized(model.label))


def _buy(user: User, ware: Ware, back: str) -> None:
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
