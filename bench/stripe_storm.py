"""500 objects of Stripe's, each told three times in any order and 50 at once: each must count once. For credits.py."""

import asyncio
import os
import random
import time
from pathlib import Path
from typing import Any

from sqlmodel import col, func, select

from core.accounts import users
from core.billing import checkout, credits, shop, stripe_events
from core.database.session import reading, session
from core.models import LedgerEntry
from tests import stand
from tests.environment import forget_settings
from tests.servers.stripe import StripeServer

PAID = 250
TIMES = 3
AT_ONCE = 50


async def storm(folder: Path) -> tuple[bool, str]:
    """Whether ledger and balance are right afterwards, and the figures."""
    with StripeServer(dict(stand.PRICES)) as stripe:
        os.environ.update(stand.variables(stripe, folder))
        forget_settings()
        async with session() as db:
            buyer = await users.find_or_create(db, "storm@example.com")
            before = await credits.balance(db, buyer.id)
        for _ in range(PAID):
            url = await checkout.address(buyer, shop.packs()["small"], "http://127.0.0.1")
            paid = stripe.pay(url.rpartition("/")[2])
            stripe.refund(paid["payment_intent"], 450)
        events = [event for event in stripe.events if event["type"] != "charge.refunded"] * TIMES
        random.Random(1).shuffle(events)
        places, begun = asyncio.Semaphore(AT_ONCE), time.perf_counter()

        async def tell(event: dict[str, Any]) -> None:
            async with places:
                await stripe_events.handle(event)

        await asyncio.gather(*map(tell, events))
        took = time.perf_counter() - begun
        async with reading() as db:
            ours = (LedgerEntry.user_id == buyer.id, col(LedgerEntry.reference).like("stripe:%"))
            lines = (await db.exec(select(func.count()).where(*ours))).one()
            balance = await credits.balance(db, buyer.id)
            wrong = await credits.wrong_balances(db)
    good = lines == 2 * PAID and balance == before + PAID * 50 and buyer.id not in wrong  # others may be, by `naive`
    return (
        good,
        f"{len(events)} events of {2 * PAID} objects in {took:.1f} s, {lines} lines, balance {balance - before:+d}",
    )
