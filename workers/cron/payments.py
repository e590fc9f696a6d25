"""Asks Stripe at night for what its webhooks have not told, and ends there the plans of people who have left."""

import logging

from core.billing import shop, stripe_events, subscriptions
from core.database.session import reading
from core.errors import NotAvailable
from workers.cron import Context, clock

log = logging.getLogger(__name__)


@clock(hour=3, minute=40)
async def reconcile(_context: Context) -> None:
    """Book what was missed in the last three days."""
    if not shop.is_open():
        return
    try:
        log.info("asked Stripe about %s payments and plans", await stripe_events.reconcile())
    except NotAvailable as error:
        log.warning("could not ask Stripe what was missed: %s", error)


@clock(second=20, at_start=True)
async def end_plans_of_erased(_context: Context) -> None:
    """Whoever has erased their account pays no more."""
    if not shop.is_open():
        return
    async with reading() as db:
        ids = await subscriptions.of_erased(db)
    for subscription_id in ids:
        try:
            await stripe_events.end_subscription(subscription_id)
        except NotAvailable as error:
            log.warning("could not end the plan %s at Stripe: %s", subscription_id, error)
