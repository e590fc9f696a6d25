"""What Stripe tells, by webhook, on the way back from a checkout or when it is asked at night: one way for all three.

Each is looked up at Stripe as it is now, since events come late and in any order; then one transaction books it. What
is not of our customers is left alone.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Literal

from core.billing import payments, shop, stripe_api, subscriptions
from core.billing.payments import Paid
from core.billing.stripe_api import Gone, Json
from core.database.session import reading, session
from core.errors import NotFound
from core.models import now
from core.phrase import Phrase

log = logging.getLogger(__name__)
Outcome = Literal["paid", "unpaid"]
SESSION_ID = re.compile("cs_[A-Za-z0-9_]{1,200}")
TAKEN = ("needs_response", "under_review", "lost")
"""States of a dispute in which the bank has taken the money; an inquiry (`warning_...`) takes none."""


async def handle(event: Json) -> None:
    """Book what an event tells. An unknown kind does nothing. Raises PaymentsAway, and whatever the database does."""
    if handler := _HANDLERS.get(str(event.get("type"))):
        await handler(event["data"]["object"])


# ---------------------------------------------------------------------------------------------------- payments


async def session_paid(told: Json) -> Outcome:
    """A checkout has come to its end: give the pack's credits if it is paid, or begin the plan."""
    if await _user_of(told) is None:
        return "unpaid"
    told = await _current("checkout.sessions", told, "line_items", "payment_intent.latest_charge")
    user_id = await _user_of(told)
    if user_id is None:
        return "unpaid"
    if told.get("mode") == "subscription":
        await _subscribed(told)
    if told.get("payment_status") not in ("paid", "no_payment_required"):
        return "unpaid"
    if told.get("mode") == "payment":
        await _pack_paid(told, user_id)
    return "paid"


async def _subscribed(told: Json) -> None:
    if subscription := _id(told.get("subscription")):
        await subscription_changed({"id": subscription, "customer": told.get("customer")})
    if invoice := _id(told.get("invoice")):
        await invoice_paid({"id": invoice, "customer": told.get("customer")})


async def _pack_paid(told: Json, user_id: int) -> None:
    lines = (told.get("line_items") or {}).get("data") or []
    prices = [str((line.get("price") or {}).get("id", "")) for line in lines]
    quantities = [int(line.get("quantity") or 1) for line in lines]
    wares = [shop.by_price(price) for price in prices]
    if not lines or None in wares:
        unknown = next((price for price, ware in zip(prices, wares, strict=True) if ware is None), "")
        await _unknown_price(str(told["id"]), unknown, user_id)
        return
    intent = told.get("payment_intent")
    charge = intent.get("latest_charge") if isinstance(intent, dict) else None
    paid = Paid(
        id=str(told["id"]),
        user_id=user_id,
        label=", ".join(ware.label for ware in wares if ware),
        credits=sum(ware.credits * n for ware, n in zip(wares, quantities, strict=True) if ware),
        amount=int(told.get("amount_total") or 0),
        currency=str(told.get("currency") or ""),
        payment_intent=_id(intent),
        charge=_id(charge),
        receipt_url=str(charge.get("receipt_url") or "") if isinstance(charge, dict) else "",
    )
    async with session() as db:
        await payments.grant(db, paid)


async def invoice_paid(told: Json) -> None:
    """An invoice of a subscription is paid: give the month's credits."""
    if await _user_of(told) is None:
        return
    told = await _current("invoices", told, "payments")
    user_id = await _user_of(told)
    if user_id is None or told.get("status", "paid") != "paid":
        return
    subscription = _subscription_of(told)
    if subscription is None:  # the invoice of a pack; its checkout counts
        return
    await subscription_changed({"id": subscription, "customer": told.get("customer")})
    lines = (told.get("lines") or {}).get("data") or []
    wares = {price: shop.by_price(price) for price in map(_price_of, lines)}
    if unknown := next((price for price, ware in wares.items() if ware is None), None):
        await _unknown_price(str(told["id"]), unknown, user_id)
    credits = max(0, round(sum(_credits_of(line) for line in lines)))
    if not credits:
        return
    intent, charge = _paid_with(told)
    paid = Paid(
        id=str(told["id"]),
        user_id=user_id,
        label=", ".join(dict.fromkeys(ware.label for ware in wares.values() if ware)),
        credits=credits,
        amount=int(told.get("amount_paid") or 0),
        currency=str(told.get("currency") or ""),
        payment_intent=intent,
        charge=charge,
        receipt_url=str(told.get("hosted_invoice_url") or ""),
    )
    async with session() as db:
        await payments.grant(db, paid)


def _price_of(line: Json) -> str:
    """The price of an invoice's line: `pricing.price_details.price` since Stripe's version of 2025-03-31."""
    details = (line.get("pricing") or {}).get("price_details") or {}
    return _id(details.get("price")) or _id(line.get("price")) or _id(line.get("plan")) or ""


def _credits_of(line: Json) -> float:
    """A month's credits; of a change in the middle of one the same part as of the price."""
    ware = shop.by_price(_price_of(line))
    if ware is None:
        return 0
    details = (line.get("parent") or {}).get("subscription_item_details") or {}
    if not (line.get("proration") or details.get("proration")):
        return ware.credits * int(line.get("quantity") or 1)
    price = line.get("price")
    unit = (line.get("pricing") or {}).get("unit_amount_decimal")
    unit = float(unit or (price.get("unit_amount") if isinstance(price, dict) else 0) or 0)
    return ware.credits * int(line.get("amount") or 0) / unit if unit else 0


def _subscription_of(invoice: Json) -> str | None:
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return _id(details.get("subscription")) or _id(invoice.get("subscription"))


def _paid_with(invoice: Json) -> tuple[str | None, str | None]:
    """Payment intent and charge: in `payments` since Stripe's version of 2025-03-31, on the invoice before."""
    for one in (invoice.get("payments") or {}).get("data") or []:
        payment = one.get("payment") or {}
        if payment.get("payment_intent") or payment.get("charge"):
            return _id(payment.get("payment_intent")), _id(payment.get("charge"))
    return _id(invoice.get("payment_intent")), _id(invoice.get("charge"))


async def _unknown_price(of: str, price: str, user_id: int) -> None:
    log.error("Stripe: %s was paid at price %r, which no pack or plan has", of, price)
    async with session() as db:
        await payments.alarm(db, "price", price or of, of, user_id=user_id)


# ----------------------------------------------------------------------------------------------- subscriptions


async def subscription_changed(told: Json) -> None:
    """Keep a subscription as it is now."""
    if await _user_of(told) is not None:
        await _keep_subscription(await _current("subscriptions", told))


async def _keep_subscription(current: Json) -> None:
    user_id = await _user_of(current)
    if user_id is None or "status" not in current:
        return
    async with session() as db:
        await subscriptions.store(db, user_id, current)


async def end_subscription(subscription_id: str) -> None:
    """End it at Stripe, now, and keep that it has ended. Raises PaymentsAway."""
    try:
        told = await stripe_api.canceled(subscription_id)
    except Gone:
        told = {"id": subscription_id, "status": "canceled"}
    async with session() as db:
        await subscriptions.ended(db, subscription_id, told)


async def invoice_failed(told: Json) -> None:
    """A renewal could not be paid: the grace counts from the invoice's start."""
    subscription, user_id = _subscription_of(told), await _user_of(told)
    if user_id is None or subscription is None:
        return
    await subscription_changed({"id": subscription, "customer": told.get("customer")})
    async with session() as db:
        await subscriptions.failed(db, subscription, subscriptions.moment(told.get("created")) or now())


# --------------------------------------------------------------------------------------- refunds and disputes


async def refund_changed(told: Json) -> None:
    """A refund is there, has succeeded or has failed; one that is pending waits."""
    refund_id, state = str(told["id"]), told.get("status")
    if "customer" in told and told["customer"] and await _user_of(told) is None:
        return
    async with session() as db:
        if state == "succeeded":
            intent, charge = _id(told.get("payment_intent")), _id(told.get("charge"))
            await payments.take_back(db, refund_id, int(told.get("amount") or 0), intent, charge)
        elif state in ("failed", "canceled"):
            await payments.give_back(db, refund_id)


async def charge_refunded(told: Json) -> None:
    """A charge was refunded, maybe again: its refunds count one by one, not `amount_refunded`, which is their sum."""
    if told.get("customer") and await _user_of(told) is None:
        return
    refunds = (told.get("refunds") or {}).get("data")
    for refund in refunds or await stripe_api.many("refunds", {"charge": told["id"]}):
        await refund_changed({"payment_intent": told.get("payment_intent"), "charge": told["id"], **refund})


async def dispute_changed(told: Json) -> None:
    """A bank disputes a payment: its credits are taken; won, they are given back."""
    async with session() as db:
        if told.get("status") in TAKEN:
            intent, charge = _id(told.get("payment_intent")), _id(told.get("charge"))
            await payments.take_back(db, str(told["id"]), int(told.get("amount") or 0), intent, charge)
        elif told.get("status") == "won":
            await payments.give_back(db, str(told["id"]))


# ------------------------------------------------------------------------------------------------------ shared


def _id(value: object) -> str | None:
    """The id of an object, which Stripe writes as it is or whole."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and value else None


async def _user_of(told: Json) -> int | None:
    async with reading() as db:
        return await subscriptions.user_of(db, _id(told.get("customer")))


async def _current(kind: str, told: Json, *expand: str) -> Json:
    """The object as it is now; as it was told if Stripe has it no more."""
    try:
        return await stripe_api.one(kind, str(told["id"]), *expand)
    except Gone:
        return told


async def confirm(user_id: int, session_id: str) -> Outcome:
    """Book a checkout that its buyer comes back from. Raises NotFound for somebody else's, PaymentsAway."""
    if not SESSION_ID.fullmatch(session_id):
        raise NotFound(Phrase("payment"))
    try:
        told = await stripe_api.one("checkout.sessions", session_id)
    except Gone:
        raise NotFound(Phrase("payment")) from None
    if await _user_of(told) != user_id:
        raise NotFound(Phrase("payment"))
    return await session_paid(told)


_Handler = Callable[[Json], Awaitable[Any]]
_HANDLERS: dict[str, _Handler] = {
    "checkout.session.completed": session_paid,
    "checkout.session.async_payment_succeeded": session_paid,
    "invoice.paid": invoice_paid,
    "invoice.payment_succeeded": invoice_paid,
    "invoice.payment_failed": invoice_failed,
    **dict.fromkeys(
        (f"customer.subscription.{what}" for what in ("created", "updated", "deleted", "paused", "resumed")),
        subscription_changed,
    ),
    **dict.fromkeys(("refund.created", "refund.updated", "refund.failed", "charge.refund.updated"), refund_changed),
    "charge.refunded": charge_refunded,
    **dict.fromkeys(
        (f"charge.dispute.{w}" for w in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")),
        dispute_changed,
    ),
}
EVENTS = tuple(_HANDLERS)
"""What to tick at Stripe."""

_LISTS: dict[str, tuple[_Handler, Json]] = {
    "checkout.sessions": (session_paid, {"status": "complete"}),
    "invoices": (invoice_paid, {"status": "paid"}),
    "refunds": (refund_changed, {}),
    "disputes": (dispute_changed, {}),
}


async def reconcile(days: float = 3) -> int:
    """Ask Stripe for what was missed in the last days, and for every subscription. Returns how much it has looked at.

    Raises PaymentsAway.
    """
    since = {"gte": int((now() - timedelta(days=days)).timestamp())}
    number = 0
    for kind, (handler, fields) in _LISTS.items():
        for told in await stripe_api.many(kind, {"created": since, **fields}):
            await handler(told)
            number += 1
    for told in await stripe_api.many("subscriptions", {"status": "all"}):
        await _keep_subscription(told)  # as it is now: it has just been listed
        number += 1
    return number
