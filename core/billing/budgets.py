"""Monthly budgets (calendar month, UTC) of users and groups.

What is spent is computed from the ledger: charges minus refunds of this month's videos. So on the first of a month a
budget is full again. A refund counts for the month its video was charged in.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, case, func, literal
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.billing.credits import Payer
from core.errors import Blocked, OverBudget, OverGroupBudget, WrongInput
from core.models import Group, LedgerEntry, User, Video, now
from core.phrase import Phrase

MAX_BUDGET = 1_000_000_000


@dataclass(frozen=True)
class Budget:
    """Credits that may be spent this month; `shared` by the user's whole group."""

    limit: int
    used: int
    resets_at: datetime
    shared: bool = False

    @property
    def left(self) -> int:
        """Credits left; not below zero, though a budget may be lowered below what is spent."""
        return max(0, self.limit - self.used)


def month() -> datetime:
    """The first moment of this month, in UTC."""
    return now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(start: datetime) -> datetime:
    """The first moment of the following month."""
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)


def _spent(since: Any) -> tuple[ColumnElement[bool], ...]:
    """Conditions on ledger rows joined with videos: charges and refunds of videos charged since then."""
    return (
        col(LedgerEntry.created_at) >= since,  # for the index; a refund is never older than its charge
        col(LedgerEntry.kind).in_(map(literal, ("charge", "refund"))),
        col(Video.created_at) >= since,
    )


async def used_credits(session: AsyncSession, since: datetime, whose: ColumnElement[bool]) -> int:
    """Credits charged for videos since then, minus their refunds."""
    return int((await session.exec(_used(since, whose))).one())


def _used(since: Any, whose: ColumnElement[bool]) -> Any:
    query = select(func.coalesce(func.sum(-LedgerEntry.amount), 0))
    return query.join(Video, col(Video.id) == col(LedgerEntry.video_id)).where(whose, *_spent(since))


async def used_by(session: AsyncSession, user_ids: list[int]) -> dict[int, int]:
    """Credits spent this month by user id; users who spent nothing are left out."""
    query = select(LedgerEntry.user_id, func.sum(-LedgerEntry.amount))
    query = query.join(Video, col(Video.id) == col(LedgerEntry.video_id))
    query = query.where(col(LedgerEntry.user_id).in_(user_ids), *_spent(month())).group_by(col(LedgerEntry.user_id))
    return {user_id: int(used) for user_id, used in (await session.exec(query)).all()}


async def _own(session: AsyncSession, user_id: int, limit: int) -> Budget:
    since = month()
    return Budget(limit, await used_credits(session, since, col(LedgerEntry.user_id) == user_id), next_month(since))


async def _shared(session: AsyncSession, group_id: int, *, lock: bool = False) -> Budget | None:
    """The group's budget, if it has one.

    With `lock` the group's row is locked until the transaction ends, so that its members are charged one by one.
    """
    query = select(Group.monthly_budget).where(Group.id == group_id)
    limit = (await session.exec(query.with_for_update() if lock else query)).one_or_none()
    if limit is None:
        return None
    since, members = month(), select(User.id).where(User.group_id == group_id)
    used = await used_credits(session, since, col(LedgerEntry.user_id).in_(members))
    return Budget(limit, used, next_month(since), shared=True)


def spent() -> ColumnElement[int]:
    """What `user_id` has spent since `month`, as SQL; not looked for if there is no `monthly_budget`.

    The budget is a query of its own: PostgreSQL would plan anew each time for a mere parameter, which takes longer.
    """
    query = _used(bindparam("month"), col(LedgerEntry.user_id) == bindparam("user_id")).scalar_subquery()
    limit = select(bindparam("monthly_budget", type_=Integer)).scalar_subquery()
    return case((limit.is_not(None), query), else_=0)


async def check_budget(
    session: AsyncSession,
    user_id: int,
    payer: Payer,
    cost: int,
    *,
    used: int | None = None,
    thing: Phrase | None = None,
) -> None:
    """Raises Blocked, and OverBudget, OverGroupBudget if this month's videos, the new one included, cost too much.

    Called after the charge, in its transaction: the charge holds the user's row and this the group's, so two
    requests can't both see the last credits of a budget. `used` is what `spent` has found, if the caller has asked it.
    `thing` is what the refusal calls it, `This video` if nothing is said.
    """
    if payer.blocked_at is not None:
        raise Blocked()
    if payer.monthly_budget is not None:
        if used is None:
            own = await _own(session, user_id, payer.monthly_budget)
        else:
            own = Budget(payer.monthly_budget, used, next_month(month()))
        _check(own, cost, thing)
    if payer.group_id is not None and (shared := await _shared(session, payer.group_id, lock=True)):
        _check(shared, cost, thing)


def _check(budget: Budget, cost: int, thing: Phrase | None) -> None:
    if budget.used > budget.limit and cost > 0:
        kind = OverGroupBudget if budget.shared else OverBudget
        raise kind(cost, max(0, budget.limit - budget.used + cost), budget.resets_at, thing)


async def budget(session: AsyncSession, user_id: int) -> Budget | None:
    """The budget with the least left; None if there is no budget."""
    of_user = select(User.monthly_budget, User.group_id).where(User.id == user_id)
    limit, group_id = (await session.exec(of_user)).one()
    own = None if limit is None else await _own(session, user_id, limit)
    shared = None if group_id is None else await _shared(session, group_id)
    return min(filter(None, (own, shared)), key=lambda budget: budget.left, default=None)


def check_limit(limit: int | None) -> int | None:
    """Return a valid monthly budget unchanged (None: no budget). Raises BadInput."""
    if limit is not None and not 0 <= limit <= MAX_BUDGET:
        raise WrongInput(Phrase("A budget is a whole number of credits, not below zero."))
    return limit
