"""Groups of users: their members, budget and priority."""

from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy import update as sql_update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.billing.budgets import check_limit, month, used_credits
from core.errors import Conflict, NotFound, WrongInput
from core.models import Group, LedgerEntry, User
from core.phrase import Phrase


@dataclass(frozen=True)
class GroupLine:
    """A group with the number of its members and the credits they spent this month."""

    group: Group
    members: int
    used: int


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100:
        raise WrongInput(Phrase("A group needs a name of at most 100 characters."))
    return name


async def groups(session: AsyncSession) -> list[GroupLine]:
    """All groups, ordered by name."""
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
        lines.append(GroupLine(group, members.get(group.id, 0), await used_credits(session, since, whose)))
    return lines


async def group(session: AsyncSession, group_id: int) -> Group:
    """The group with that id. Raises NotFound."""
    if group := await session.get(Group, group_id, populate_existing=True):
        return group
    raise NotFound(Phrase("group"))


async def members(session: AsyncSession, group_id: int, limit: int = 200) -> list[User]:
    """The people of a group, by e-mail."""
    query = select(User).where(User.group_id == group_id).order_by(User.email).limit(limit)
    return list((await session.exec(query)).all())


async def lane(session: AsyncSession, user: User) -> int:
    """The lane of the user's videos: -1 if the group has priority, else 0."""
    if user.group_id is None:
        return 0
    first = (await session.exec(select(Group.priority).where(Group.id == user.group_id))).first()
    return -1 if first else 0


async def make_group(session: AsyncSession, name: str, limit: int | None, *, priority: bool = False) -> Group:
    """Create a group. Raises BadInput, and Conflict if the name is taken."""
    group = Group(name=_name(name), monthly_budget=check_limit(limit), priority=priority)
    try:
        async with session.begin_nested():
            session.add(group)
    except IntegrityError:
        raise Conflict(Phrase("There is a group of that name already.")) from None
    return group


async def change_group(
    session: AsyncSession, group_id: int, name: str, limit: int | None, *, priority: bool = False
) -> None:
    """Change name, budget and priority. Raises NotFound, BadInput, and Conflict if the name is taken."""
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
    """Delete a group; its members stay, without a group. Raises NotFound."""
    await session.exec(sql_update(User).where(col(User.group_id) == group_id).values(group_id=None))
    removed = await session.exec(delete(Group).where(col(Group.id) == group_id).returning(col(Group.id)))
    if removed.first() is None:
        raise NotFound(Phrase("group"))
