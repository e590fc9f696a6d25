"""Budgets for a calendar month (UTC), of a user and of a group, and the groups themselves.

Nothing refills: what is spent is what the ledger says of this month's videos, charges minus refunds, so on the first
of a month a budget is whole again. A refund counts for the month its video was charged in.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func
from sqlalchemy import update as sql_update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import Blocked, Conflict, NotFound, OverBudget, OverGroupBudget, WrongInput
from core.models import Group, LedgerEntry, User, Video, now
from core.phrase import Phrase

MAX_BUDGET = 1_000_000_000


@dataclass(frozen=True)
class Budget:
    """What may be spent this month; `shared`: by the user's whole group."""

    limit: int
    used: int
    resets_at: datetime
    shared: bool = False

    @property
    def left(self) -> int:
        """Never below zero: a budget may have been made smaller than what is spent."""
        return max(0, self.limit - self.used)


def month() -> datetime:
    """The first moment of this month, in UTC."""
    return now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(start: datetime) -> datetime:
    """The first moment of the month after it."""
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)


# ------------------------------------------------------------------------------------------------------ budgets


def _spent(since: datetime) -> tuple[ColumnElement[bool], ...]:
    """Ledger rows, joined with their videos, of the videos charged since then."""
    return (
        col(LedgerEntry.created_at) >= since,  # for the index; a refund is never older than its charge
        col(LedgerEntry.kind).in_(("charge", "refund")),
        col(Video.created_at) >= since,
    )


async def _used(session: AsyncSession, since: datetime, whose: ColumnElement[bool]) -> int:
    """Credits of the videos charged since then, minus what was returned of them."""
    query = select(func.coalesce(func.sum(-LedgerEntry.amount), 0))
    query = query.join(Video, col(Video.id) == col(LedgerEntry.video_id)).where(whose, *_spent(since))
    return int((await session.exec(query)).one())


async def used_by(session: AsyncSession, user_ids: list[int]) -> dict[int, int]:
    """What each of these users has spent this month; who has spent nothing is not in it."""
    query = select(LedgerEntry.user_id, func.sum(-LedgerEntry.amount))
    query = query.join(Video, col(Video.id) == col(LedgerEntry.video_id))
    query = query.where(col(LedgerEntry.user_id).in_(user_ids), *_spent(month())).group_by(col(LedgerEntry.user_id))
    return {user_id: int(used) for user_id, used in (await session.exec(query)).all()}


async def _budgets(session: AsyncSession, user_id: int, *, lock: bool = False) -> list[Budget]:
    """The user's own budget and the group's, as far as there are such. Raises Blocked while `lock`ing.

    With `lock` the group's row is held until the transaction ends, so that its members' charges come one by one.
    """
    user = (
        await session.exec(select(User.group_id, User.monthly_budget, User.blocked_at).where(User.id == user_id))
    ).one()
    group_id, own, blocked_at = user
    if blocked_at is not None and lock:
        raise Blocked()
    since = month()
    found = []
    if own is not None:
        used = await _used(session, since, col(LedgerEntry.user_id) == user_id)
        found.append(Budget(own, used, next_month(since)))
    if group_id is not None:
        query = select(Group.monthly_budget).where(Group.id == group_id)
        shared = (await session.exec(query.with_for_update() if lock else query)).one_or_none()
        if shared is not None:
            members = select(User.id).where(User.group_id == group_id)
            used = await _used(session, since, col(LedgerEntry.user_id).in_(members))
            found.append(Budget(shared, used, next_month(since), shared=True))
    return found


async def check_budget(session: AsyncSession, user_id: int, cost: int) -> None:
    """Raises OverBudget, OverGroupBudget if this month's videos, the new one included, cost more than is allowed.

    Called after the charge, in its transaction: the charge holds the user's row and this the group's, so two
    requests can't both see the last credits of a budget. Raises Blocked as well: the charge is where all ways meet.
    """
    for budget in await _budgets(session, user_id, lock=True):
        if budget.used > budget.limit and cost > 0:
            kind = OverGroupBudget if budget.shared else OverBudget
            raise kind(cost, max(0, budget.limit - budget.used + cost), budget.resets_at)


async def budget(session: AsyncSession, user_id: int) -> Budget | None:
    """The budget that ends first; None: only the credits count."""
    return min(await _budgets(session, user_id), key=lambda found: found.left, default=None)


# ------------------------------------------------------------------------------------------------------- groups


@dataclass(frozen=True)
class GroupLine:
    """A group as a list shows it."""

    group: Group
    members: int
    used: int


def check_limit(limit: int | None) -> int | None:
    """A monthly budget that makes sense, or none. Raises BadInput."""
    if limit is not None and not 0 <= limit <= MAX_BUDGET:
        raise WrongInput(Phrase("A budget is a whole number of credits, not below zero."))
    return limit


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100:
        raise WrongInput(Phrase("A group needs a name of at most 100 characters."))
    return name


async def groups(session: AsyncSession) -> list[GroupLine]:
    """Every group by name, with its members and what they have spent this month."""
    since = month()
    counted = (
        await session.exec(
            select(User.group_id, func.count()).where(col(User.group_id).is_not(None)).group_by(col(User.group_id))
        )
    ).all()
    members = dict(counted)
    lines = []
    for group in (await session.exec(select(Group).order_by(Group.name))).all():
        whose = col(LedgerEntry.user_id).in_(select(User.id).where(User.group_id == group.id))
        lines.append(GroupLine(group, members.get(group.id, 0), await _used(session, since, whose)))
    return lines


async def group(session: AsyncSession, group_id: int) -> Group:
    """That group. Raises NotFound."""
    if found := await session.get(Group, group_id, populate_existing=True):
        return found
    raise NotFound(Phrase("group"))


async def members(session: AsyncSession, group_id: int, limit: int = 200) -> list[User]:
    """The people of a group, by e-mail."""
    query = select(User).where(User.group_id == group_id).order_by(User.email).limit(limit)
    return list((await session.exec(query)).all())


async def lane(session: AsyncSession, user: User) -> int:
    """Whether the user's videos come first (-1) or in turn with everybody's (0)."""
    if user.group_id is None:
        return 0
    first = (await session.exec(select(Group.priority).where(Group.id == user.group_id))).first()
    return -1 if first else 0


async def make_group(session: AsyncSession, name: str, limit: int | None, *, priority: bool = False) -> Group:
    """A new group. Raises BadInput, and Conflict if the name is taken."""
    made = Group(name=_name(name), monthly_budget=check_limit(limit), priority=priority)
    try:
        async with session.begin_nested():
            session.add(made)
    except IntegrityError:
        raise Conflict(Phrase("There is a group of that name already.")) from None
    return made


async def change_group(
    session: AsyncSession, group_id: int, name: str, limit: int | None, *, priority: bool = False
) -> None:
    """Another name, budget, turn. Raises NotFound, BadInput, and Conflict if the name is taken."""
    values = {"name": _name(name), "monthly_budget": check_limit(limit), "priority": priority}
    change = sql_update(Group).where(col(Group.id) == group_id).values(**values)
    try:
        async with session.begin_nested():
            changed = (await session.exec(change.returning(col(Group.id)))).first()
    except IntegrityError:
        raise Conflict(Phrase("There is a group of that name already.")) from None
    if changed is None:
        raise NotFound(Phrase("group"))


async def remove_group(session: AsyncSession, group_id: int) -> None:
    """The group is gone; its members stay, without it. Raises NotFound."""
    await session.exec(sql_update(User).where(col(User.group_id) == group_id).values(group_id=None))
    removed = await session.exec(delete(Group).where(col(Group.id) == group_id).returning(col(Group.id)))
    if removed.first() is None:
        raise NotFound(Phrase("group"))
