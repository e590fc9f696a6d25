"""The ways to Stripe's pages: to buy a pack or a plan, and to manage what one has."""

import hashlib
from urllib.parse import quote

from sqlmodel import col, select

from core.billing import payments, shop, stripe_api, subscriptions
from core.billing.shop import Plan, Ware
from core.billing.stripe_api import Gone
from core.database.session import insert_once, reading, session
from core.errors import NotFound, PaymentsAway
from core.models import StripeCustomer, User
from core.phrase import Phrase

PAID = "/pricing/paid"
"""The page to which Stripe sends a buyer back."""


async def address(user: User, ware: Ware, base: str, back: str = "/pricing") -> str:
    """Where the user pays for that; for a plan, where they manage the one they have already.

    `base` is our public address and `back` the path of ours that they came from. Raises PaymentsAway.
    """
    is_plan = isinstance(ware, Plan)
    if is_plan and await _has_plan(user.id):
        return await portal(user, base, back)
    fields = {
        "mode": "subscription" if is_plan else "payment",
        "line_items": [{"price": ware.price_id, "quantity": 1}],
        "client_reference_id": str(user.id),
        "success_url": f"{base}{PAID}?session_id={{CHECKOUT_SESSION_ID}}&back={quote(back, safe='')}",
        "cancel_url": f"{base}{back}",
        "metadata": {"adsvideo_user": str(user.id), "adsvideo_price": ware.price_id},
    }
    for attempt in range(2):
        customer = await _customer(user, attempt)
        try:
            return str((await stripe_api.made("checkout.sessions", {**fields, "customer": customer}))["url"])
        except Gone as gone:
            if gone.args[0] != "customer":
                async with session() as db:
                    await payments.alarm(db, "price", ware.price_id, ware.name)
                break
            await _forget(customer)  # removed at Stripe: they get a new one
    raise PaymentsAway()


async def portal(user: User, base: str, back: str = "/account") -> str:
    """Where the user manages plan, card and receipts. Raises NotFound for who has never bought, PaymentsAway."""
    async with reading() as db:
        customer = await subscriptions.customer_of(db, user.id)
    if customer is None:
        raise NotFound(Phrase("subscription"))
    try:
        made = await stripe_api.made("billing_portal.sessions", {"customer": customer, "return_url": f"{base}{back}"})
    except Gone:
        raise NotFound(Phrase("subscription")) from None
    return str(made["url"])


def ware(pack: str | None, plan: str | None) -> Ware:
    """The pack or the plan of that name. Raises NotFound."""
    wanted = shop.packs().get(pack) if pack else shop.plans().get(plan or "")
    if wanted is None:
        raise NotFound(Phrase("pack") if pack else Phrase("plan"))
    return wanted


async def _has_plan(user_id: int) -> bool:
    async with reading() as db:
        return await subscriptions.of(db, user_id) is not None


async def _customer(user: User, attempt: int) -> str:
    """Who the user is at Stripe; made there if new. Two at once get the same one."""
    async with reading() as db:
        if kept := await subscriptions.customer_of(db, user.id):
            return kept
    fields = {"email": user.email, "name": user.name, "metadata": {"adsvideo_user": str(user.id)}}
    once = hashlib.sha256(f"{user.id} {user.email} {user.name} {user.created_at} {attempt}".encode()).hexdigest()
    made = await stripe_api.made("customers", {name: value for name, value in fields.items() if value}, once)
    table = StripeCustomer.__table__  # type: ignore[attr-defined]
    async with session() as db:
        await (await db.connection()).execute(insert_once(table), {"user_id": user.id, "id": made["id"]})
        return (await db.exec(select(StripeCustomer.id).where(StripeCustomer.user_id == user.id))).one()


async def _forget(customer: str) -> None:
    async with session() as db:
        if kept := (await db.exec(select(StripeCustomer).where(col(StripeCustomer.id) == customer))).first():
            await db.delete(kept)
