"""What packs and plans cost, as Stripe says it."""

import asyncio
import time
from dataclasses import dataclass

from core.billing import shop, stripe_api
from core.billing.shop import Ware
from core.billing.stripe_api import Gone
from core.errors import PaymentsAway

KEPT_SECONDS = 600.0
PATIENCE = 3.0
WITHOUT_DECIMALS = frozenset(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf")
)
"""Currencies whose amounts Stripe counts in whole units; docs.stripe.com/currencies#zero-decimal."""
WITH_THREE = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))


@dataclass(frozen=True)
class Price:
    """An amount of money in the currency's smallest unit at Stripe; `currency` is ISO 4217 in lower case."""

    amount: int
    currency: str

    @property
    def value(self) -> float:
        """In units of the currency: 9.0 for 900 cents."""
        digits = 0 if self.currency in WITHOUT_DECIMALS else 3 if self.currency in WITH_THREE else 2
        return float(self.amount) / 10.0**digits


_kept: dict[str, tuple[float, Price]] = {}


async def prices() -> dict[str, Price]:
    """By their ids, those of everything that is sold; what Stripe does not tell within PATIENCE is left out."""
    wares: list[Ware] = [*shop.packs().values(), *shop.plans().values()]
    asked = [asyncio.create_task(_price(ware.price_id)) for ware in wares]
    if not asked:
        return {}
    done, late = await asyncio.wait(asked, timeout=PATIENCE)
    for task in late:
        task.cancel()
    answers = [task.result() if task in done else None for task in asked]
    return {ware.price_id: price for ware, price in zip(wares, answers, strict=True) if price}


async def _price(price_id: str) -> Price | None:
    at, price = _kept.get(price_id, (0.0, None))
    if price and time.monotonic() - at < KEPT_SECONDS:
        return price
    try:
        told = await stripe_api.one("prices", price_id)
    except (Gone, PaymentsAway):
        return price
    if told.get("unit_amount") is None:
        return None
    price = Price(int(told["unit_amount"]), str(told["currency"]))
    _kept[price_id] = (time.monotonic(), price)
    return price


def forget() -> None:
    """Ask Stripe anew the next time."""
    _kept.clear()
