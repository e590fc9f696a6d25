"""What was paid at Stripe and what came back of it, as credits. Nothing here asks Stripe, and nothing commits.

Stripe tells everything several times, in any order. The unique reference of a ledger row (`stripe:cs_...`,
`stripe:in_...`, `stripe:re_...`, `stripe:dp_...`) makes each object count once; a lock lets one such change at a time
write, so that a refund and its payment can't miss each other.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import update as sql_update
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.billing import credits
from core.billing.notes import to_note
from core.database.session import after_commit, lock_until_commit
from core.models import AuditEntry, BillingAlarm, Payment, PaymentReturn, User, now
from core.redis.news import News, publish

MAX_LABEL = 100


@dataclass(frozen=True)
class Paid:
    """A payment as Stripe tells it. `id` is `cs_...` or `in_...`; `amount` in the currency's smallest unit."""

    id: str
    user_id: int
    label: str
    credits: int
    amount: int
    currency: str
    payment_intent: str | None = None
    charge: str | None = None
    receipt_url: str = ""


async def lock(session: AsyncSession) -> None:
    """One change of payments at a time, until the transaction ends."""
    await lock_until_commit(session, "payments")


async def grant(session: AsyncSession, paid: Paid) -> bool:
    """Give the credits of a payment, once. False if they were given already.

    First they pay what the user owes; then what was told before of refunds and disputes of this payment is done.
    """
    await lock(session)
    if payment := await session.get(Payment, paid.id):
        payment.payment_intent = payment.payment_intent or paid.payment_intent
        payment.charge = payment.charge or paid.charge
        payment.receipt_url = payment.receipt_url or paid.receipt_url
        await _do_waiting_returns(session, payment)
        return False
    payment = Payment(**{**vars(paid), "label": paid.label[:MAX_LABEL]})
    session.add(payment)
    await session.flush()
    reference = f"stripe:{paid.id}"
    await credits.move(session, paid.user_id, paid.credits, "purchase", reference, note=payment.label)
    await _audit(session, "purchase", payment.user_id, reference, paid.credits)
    await _pay_debt(session, paid.user_id, f"{reference}:debt")
    await _do_waiting_returns(session, payment)
    _tell(session, paid.user_id)
    return True


async def _pay_debt(session: AsyncSession, user_id: int, reference: str) -> None:
    user = await _locked(session, user_id)
    if paid := min(user.debt, user.credits):
        await credits.move(session, user_id, -paid, "adjustment", reference, note=to_note("stripe debt"))
        await session.exec(sql_update(User).where(col(User.id) == user_id).values(debt=col(User.debt) - paid))


async def take_back(
    session: AsyncSession, return_id: str, amount: int, payment_intent: str | None, charge: str | None
) -> None:
    """A refund (`re_...`) of `amount`, or a dispute (`dp_...`, of the whole payment), is certain.

    Told before its payment, it waits for it. Credits that are used already become a debt; a balance never falls
    below zero.
    """
    await lock(session)
    if await session.get(PaymentReturn, return_id):
        return
    back = PaymentReturn(id=return_id, payment_intent=payment_intent, charge=charge, amount=amount, state="taken")
    session.add(back)
    await session.flush()
    if payment := await _payment_of(session, back):
        await _take(session, back, payment)


async def give_back(session: AsyncSession, return_id: str) -> None:
    """A refund has failed or a dispute is won: what it took is given back, the debt first. Once."""
    await lock(session)
    back = await session.get(PaymentReturn, return_id)
    if back is None:
        session.add(PaymentReturn(id=return_id, amount=0, state="given"))  # what is told later of it is late
        return
    if back.state == "given":
        return
    back.state = "given"
    await session.flush()
    payment = await session.get(Payment, back.payment_id) if back.payment_id else None
    if payment is None:
        return
    kind = "stripe dispute won" if _is_dispute(back) else "stripe refund failed"
    await _settle(session, payment, f"stripe:{return_id}:back", kind)


async def _do_waiting_returns(session: AsyncSession, payment: Payment) -> None:
    same = _same(PaymentReturn, payment.payment_intent, payment.charge)
    if same is None:
        return
    waiting = select(PaymentReturn).where(col(PaymentReturn.payment_id).is_(None), same, PaymentReturn.state == "taken")
    for back in (await session.exec(waiting.order_by(col(PaymentReturn.created_at)))).all():
        await _take(session, back, payment)


async def _payment_of(session: AsyncSession, back: PaymentReturn) -> Payment | None:
    same = _same(Payment, back.payment_intent, back.charge)
    return None if same is None else (await session.exec(select(Payment).where(same))).first()


def _same(table: Any, payment_intent: str | None, charge: str | None) -> Any:
    """Rows of the same payment intent, or of the same charge; None if neither is named."""
    either = [table.payment_intent == payment_intent] if payment_intent else []
    either += [table.charge == charge] if charge else []
    return or_(*either) if either else None


def _is_dispute(back: PaymentReturn) -> bool:
    return not back.id.startswith("re_")


async def _take(session: AsyncSession, back: PaymentReturn, payment: Payment) -> None:
    back.payment_id = payment.id
    await session.flush()
    kind = "stripe dispute" if _is_dispute(back) else "stripe refund"
    await _settle(session, payment, f"stripe:{back.id}", kind)
    if _is_dispute(back):
        await alarm(session, "dispute", back.id, user_id=payment.user_id)


async def _due(session: AsyncSession, payment: Payment) -> int:
    """Credits that must have come back by now: all in a dispute, else the share of what has been refunded, rounded."""
    query = select(PaymentReturn).where(PaymentReturn.payment_id == payment.id, PaymentReturn.state == "taken")
    taken = (await session.exec(query)).all()
    if any(_is_dispute(back) for back in taken) or payment.amount <= 0:
        return payment.credits if taken else 0
    refunded = min(sum(back.amount for back in taken), payment.amount)
    return (2 * payment.credits * refunded + payment.amount) // (2 * payment.amount)  # a half is rounded up


async def _settle(session: AsyncSession, payment: Payment, reference: str, kind: str) -> None:
    """Take or give what is missing to what is due; what a user lacks becomes a debt, and a debt is paid first."""
    change = payment.returned - await _due(session, payment)
    if not change:
        return
    payment.returned -= change
    user = await _locked(session, payment.user_id)
    owed = max(0, -change - user.credits) if change < 0 else -min(change, user.debt)
    await session.exec(sql_update(User).where(col(User.id) == user.id).values(debt=col(User.debt) + owed))
    note = to_note(f"{kind} owed", owed) if owed > 0 else to_note(kind)
    await credits.move(session, user.id, change + owed, "adjustment", reference, note=note)
    await _audit(session, kind, user.id, reference, change)
    _tell(session, user.id)


async def _locked(session: AsyncSession, user_id: int) -> User:
    """The user as they are now; the row is locked until the transaction ends."""
    query = select(User).where(User.id == user_id).with_for_update()
    return (await session.exec(query.execution_options(populate_existing=True))).one()


async def _audit(session: AsyncSession, act: str, user_id: int, reference: str, change: int) -> None:
    after = {"credits": change, "reference": reference}
    session.add(AuditEntry(act=act, user_id=user_id, after=after))
    await session.flush()


def _tell(session: AsyncSession, user_id: int) -> None:
    after_commit(session, lambda: publish(News(user_id=user_id, status="credits")))


# ------------------------------------------------------------------------------------------------------- alarms


async def alarm(session: AsyncSession, kind: str, about: str, detail: str = "", *, user_id: int | None = None) -> None:
    """Tell the administrators, once for each thing: `kind` is `price`, `dispute` or `webhook`."""
    raised = select(BillingAlarm.id).where(BillingAlarm.kind == kind, BillingAlarm.about == about[:255])
    if (await session.exec(raised)).first() is None:
        session.add(BillingAlarm(kind=kind, about=about[:255], detail=detail[:200], user_id=user_id))
        await session.flush()


async def alarms(session: AsyncSession, limit: int = 100) -> list[BillingAlarm]:
    """The alarms that nobody has closed, newest first."""
    query = select(BillingAlarm).where(col(BillingAlarm.closed_at).is_(None))
    return list((await session.exec(query.order_by(col(BillingAlarm.id).desc()).limit(limit))).all())


async def close_alarm(session: AsyncSession, alarm_id: int) -> None:
    """Somebody has seen to it."""
    await session.exec(sql_update(BillingAlarm).where(col(BillingAlarm.id) == alarm_id).values(closed_at=now()))


async def payments(session: AsyncSession, user_id: int, limit: int = 50) -> list[Payment]:
    """A user's payments, newest first."""
    query = select(Payment).where(Payment.user_id == user_id).order_by(col(Payment.created_at).desc()).limit(limit)
    return list((await session.exec(query)).all())
