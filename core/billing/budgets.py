"""Monthly budgets (calendar month, UTC) of users and groups.

What is spent is computed from the ledger: charges minus refunds of this month's videos. So on the first of a month a
budget is full again. A refund counts for the month its video was charged in.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

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


def _spent(since: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions on ledger rows joined with videos: charges and refunds of videos charged since then."""
    return (
        col(LedgerEntry.created_at) >= since,  # for the index; a refund is never older than its charge
        col(LedgerEntry.kind).in_(("charge", "refund")),
        col(Video.created_at) >= since,
    )


async def used_credits(session: AsyncSession, since: datetime, whose: ColumnElement[bool]) -> int:
    """Credits charged for videos since then, minus their refunds."""
    query = select(func.coalesce(func.sum(-LedgerEntry.amount), 0))
    query = query.join(Video, col(Video.id) == col(LedgerEntry.video_id)).where(whose, *_spent(since))
    return int((await session.exec(query)).one())


async def used_by(session: AsyncSession, user_ids: list[int]) -> dict[int, int]:
    """Credits spent this month by user id; users who spent nothing are left out."""
    query = select(LedgerEntry.user_id, func.sum(-LedgerEntry.amount))
    query = query.join(Video, col(Video.id) == col(LedgerEntry.video_id))
    query = query.where(col(LedgerEntry.user_id).in_(user_ids), *_spent(month())).group_by(col(LedgerEntry.user_id))
    return {user_id: int(used) for user_id, used in (await session.exec(query)).all()}


async def _budgets(session: AsyncSession, user_id: int, *, lock: bool = False) -> list[Budget]:
    """The user's own budget and the group's, where set.

    With `lock` the group's row is locked until the transaction ends, so that its members are charged one by one, and
    Blocked is raised for a blocked user.
    """
    user = (
        await session.exec(select(User.group_id, User.monthly_budget, User.blocked_at).where(User.id == user_id))
    ).one()
    group_id, own, blocked_at = user
    if blocked_at is not None and lock:
        raise Blocked()
    since = month()
    budgets = []
    if own is not None:
        used = await used_credits(session, since, col(LedgerEntry.user_id) == user_id)
        budgets.append(Budget(own, used, next_month(since)))
    if group_id is not None:
        query = select(Group.monthly_budget).where(Group.id == group_id)
        shared = (await session.exec(query.with_for_update() if lock else query)).one_or_none()
        if shared is not None:
            members = select(User.id).where(User.group_id == group_id)
            used = await used_credits(session, since, col(LedgerEntry.user_id).in_(members))
            budgets.append(Budget(shared, used, next_month(since), shared=True))
    return budgets


async def check_budget(session: AsyncSession, user_id: int, cost: int, thing: Phrase | None = None) -> None:
    """Raises OverBudget, OverGroupBudget if this month's videos, the new one included, cost more than is allowed.

    Called after the charge, in its transaction: the charge holds the user's row and this the group's, so two
    requests can't both see the last credits of a budget. Raises Blocked too: every video is charged, so this is checked
    for all. `thing` is what the refusal calls it, `This video` if nothing is said.
    """
    for budget in await _budgets(session, user_id, lock=True):
        if budget.used > budget.limit and cost > 0:
            kind = OverGroupBudget if budget.shared else OverBudget
            raise kind(cost, max(0, budget.limit - budget.used + cost), budget.resets_at, thing)


async def budget(session: AsyncSession, user_id: int) -> Budget | None:
    """The budget with the least left; None if there is no budget."""
    return min(await _budgets(session, user_id), key=lambda budget: budget.left, default=None)


def check_limit(limit: int | None) -> int | None:
    """Return a valid monthly budget unchanged (None: no budget). Raises BadInput."""
    if limit is not None and not 0 <= limit <= MAX_BUDGET:
        raise WrongInput(Phrase("A budget is a whole number of credits, not below zero."))
    return limit
