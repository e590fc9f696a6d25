"""What administrators see of the shop: alarms, who buys, who has a plan, who owes."""

from dataclasses import dataclass

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.admin import audit, deeds
from core.billing import payments, subscriptions
from core.models import BillingAlarm, Payment, PaymentReturn, StripeCustomer, Subscription, User

MOST = 200


@dataclass(frozen=True)
class Customer:
    """Somebody who has a plan, owes credits or disputes a payment."""

    email: str
    plan: str
    status: str
    debt: int
    disputed: bool


@dataclass(frozen=True)
class Shop:
    """How many have bought and have a plan; what to look at."""

    customers: int
    plans: int
    alarms: list[BillingAlarm]
    people: list[Customer]


async def overview(session: AsyncSession, actor_id: int) -> Shop:
    """The shop as it is now. Raises NotFound for who is no administrator."""
    await deeds.check(session, actor_id)
    kept = (await session.exec(select(Subscription))).all()
    newest = {one.user_id: one for one in sorted(kept, key=subscriptions.is_running)}
    disputed = await _disputed(session)
    wanted = {*newest, *disputed}
    query = select(User).where((col(User.debt) > 0) | col(User.id).in_(wanted), col(User.erased_at).is_(None))
    users = (await session.exec(query.order_by(col(User.id).desc()).limit(MOST))).all()
    return Shop(
        customers=(await session.exec(select(func.count()).select_from(StripeCustomer))).one(),
        plans=sum(map(subscriptions.is_running, kept)),
        alarms=await payments.alarms(session),
        people=[_customer(user, newest.get(user.id), disputed) for user in users],
    )


def _customer(user: User, subscription: Subscription | None, disputed: set[int]) -> Customer:
    plan, status = (subscription.plan, subscription.status) if subscription else ("", "")
    return Customer(user.email, plan, status, user.debt, user.id in disputed)


async def _disputed(session: AsyncSession) -> set[int]:
    query = select(Payment.user_id).join(PaymentReturn, col(PaymentReturn.payment_id) == col(Payment.id))
    query = query.where(PaymentReturn.state == "taken", col(PaymentReturn.id).not_like("re!_%", escape="!"))
    return set((await session.exec(query)).all())


async def close_alarm(session: AsyncSession, actor_id: int, alarm_id: int) -> None:
    """Somebody has seen to it. Raises NotFound for who is no administrator."""
    await deeds.check(session, actor_id)
    await payments.close_alarm(session, alarm_id)
    await audit.record(session, actor_id, "alarm closed", after={"alarm": alarm_id})
