"""What `main.py check` says of the shop."""

from core.billing import shop, stripe_api
from core.billing.shop import Ware
from core.errors import PaymentsAway
from core.ops.checks import CheckResult
from core.settings import settings


async def check() -> list[CheckResult]:
    """A line for each price; none without a shop."""
    if not shop.is_open():
        return []
    if settings().stripe_webhook_secret is None:
        return [CheckResult("shop", False, "STRIPE_WEBHOOK_SECRET is not set, so what Stripe tells is refused")]
    wares: list[Ware] = [*shop.packs().values(), *shop.plans().values()]
    if not wares:
        return [CheckResult("shop", False, "CATALOG_FILE has no [packs.NAME] and no [plans.NAME]")]
    results = []
    for ware in wares:
        try:
            told = await stripe_api.one("prices", ware.price_id)
            good, text = bool(told.get("active")), f"{ware.price_id}: {told.get('unit_amount')} {told.get('currency')}"
            text += "" if good else ", no longer active"
        except stripe_api.Gone:
            good, text = False, f"Stripe has no price {ware.price_id}"
        except PaymentsAway:
            good, text = False, "Stripe does not answer, or refuses STRIPE_SECRET_KEY"
        results.append(CheckResult(f"shop {ware.name}", good, text))
    return results
