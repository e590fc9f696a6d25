"""Subscriptions as Stripe last told them: who has which plan, and whose videos it puts on the first lane."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.billing import payments, shop
from core.billing.shop import Plan
from core.database.session import after_commit
from core.models import StripeCustomer, Subscription, User, now
from core.redis.news import News, publish

GRACE = timedelta(days=3)
"""How long a plan goes on after a renewal that could not be paid."""
RUNNING = ("active", "trialing")
OVER = ("canceled", "incomplete_expired")
FIRST = -1
"""The lane of those who come first."""


def moment(seconds: object) -> datetime | None:
    """A Unix time as Stripe writes it; None for none."""
    return datetime.fromtimestamp(int(seconds), UTC) if isinstance(seconds, int | float) and seconds else None


async def user_of(session: AsyncSession, customer: str | None) -> int | None:
    """The id of the user who is that customer at Stripe; None for one who is nobody here."""
    if not customer:
        return None
    return (await session.exec(select(StripeCustomer.user_id).where(StripeCustomer.id == customer))).first()


async def customer_of(session: AsyncSession, user_id: int) -> str | None:
    """A user's id at Stripe, if they have one."""
    return (await session.exec(select(StripeCustomer.id).where(StripeCustomer.user_id == user_id))).first()


async def store(session: AsyncSession, user_id: int, told: Mapping[str, Any]) -> None:
    """Keep a subscription of that user as Stripe has just told it."""
    await payments.lock(session)
    kept = await session.get(Subscription, str(told["id"])) or Subscription(
        id=str(told["id"]), user_id=user_id, plan="", status=""
    )
    items = [item for item in (told.get("items") or {}).get("data", []) if isinstance(item, dict)]
    prices = [str((item.get("price") or {}).get("id", "")) for item in items]
    plans = [ware for ware in map(shop.by_price, prices) if isinstance(ware, Plan)]
    kept.plan = plans[0].name if plans else ""
    kept.status = str(told.get("status", ""))
    kept.renews_at = moment(next((i["current_period_end"] for i in items if i.get("current_period_end")), None)
                            or told.get("current_period_end"))  # fmt: skip
    ends = told.get("ended_at") or told.get("cancel_at")
    kept.ends_at = moment(ends) or (kept.renews_at if told.get("cancel_at_period_end") else None)
    if kept.status in RUNNING:
        kept.failed_at = None
    session.add(kept)
    await session.flush()
    after_commit(session, lambda: publish(News(user_id=user_id, status="credits")))


async def ended(session: AsyncSession, subscription_id: str, told: Mapping[str, Any]) -> None:
    """A subscription was ended at our wish."""
    if kept := await session.get(Subscription, subscription_id):
        kept.status, kept.ends_at = str(told.get("status", "canceled")), moment(told.get("ended_at")) or now()


async def failed(session: AsyncSession, subscription_id: str, since: datetime) -> None:
    """A renewal could not be paid; the first failure counts."""
    await payments.lock(session)
    kept = await session.get(Subscription, subscription_id)
    if kept and kept.status not in RUNNING:
        kept.failed_at = min(filter(None, (kept.failed_at, since)))


def is_running(subscription: Subscription) -> bool:
    """Whether its plan counts: paid, or unpaid for less than GRACE."""
    if subscription.status in RUNNING:
        return True
    unpaid = subscription.failed_at if subscription.status == "past_due" else None
    return unpaid is not None and now() < unpaid + GRACE


async def of(session: AsyncSession, user_id: int) -> Subscription | None:
    """The user's running subscription; else the one that waits to be paid; None without one."""
    rows = (await session.exec(select(Subscription).where(Subscription.user_id == user_id))).all()
    running = [row for row in rows if is_running(row)]
    waiting = [row for row in rows if row.status in ("past_due", "unpaid", "paused")]
    return next(iter([*running, *waiting]), None)


async def lane(session: AsyncSession, user_id: int) -> int:
    """-1 if the user has a running plan with priority, else 0; without a shop nobody has one."""
    if not shop.is_open():
        return 0
    subscription = await of(session, user_id)
    plan = shop.plans().get(subscription.plan) if subscription and is_running(subscription) else None
    return FIRST if plan and plan.priority else 0


async def of_erased(session: AsyncSession) -> list[str]:
    """Ids of subscriptions whose people are erased and that still cost them money."""
    query = select(Subscription.id).join(User, col(User.id) == col(Subscription.user_id))
    query = query.where(col(User.erased_at).is_not(None), col(Subscription.status).not_in(OVER))
    return list((await session.exec(query)).all())
