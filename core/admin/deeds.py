"""What administrators see and do. Each action is checked, done and logged in one transaction.

Everything takes the administrator's id and reads the role from the database, so a page that was opened before the role
was lost shows and does nothing. Whoever is no administrator gets NotFound, as if the page did not exist.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update as sql_update
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.accounts import groups, users
from core.accounts.groups import GroupLine
from core.admin import audit
from core.admin.audit import AuditLine
from core.billing import budgets, credits
from core.database.session import after_commit
from core.errors import Conflict, NotFound, WrongInput
from core.models import ACTIVE, ROLES, Group, User, Video, now
from core.ops import provider_costs
from core.ops.provider_costs import Cost
from core.phrase import Phrase
from core.redis.news import SIGNED_OUT, News, publish
from core.videos import ask, states

MAX_CREDITS = 1_000_000


async def check(session: AsyncSession, actor_id: int) -> None:
    """Raises NotFound unless that user is an administrator."""
    actor = await session.get(User, actor_id, populate_existing=True)
    if actor is None or actor.blocked_at or users.role(actor) != "admin":
        raise NotFound()


# ------------------------------------------------------------------------------------------------------- people


@dataclass(frozen=True)
class Person:
    """A user with the name of the group and the credits spent this month."""

    user: User
    group: str
    used: int


async def people(session: AsyncSession, actor_id: int, text: str, before: int | None, limit: int) -> list[Person]:
    """Users whose e-mail or name contains `text`, newest first, with an id below `before`. Raises NotFound."""
    await check(session, actor_id)
    query = select(User, Group.name).join(Group, col(Group.id) == col(User.group_id), isouter=True)
    query = query.where(col(User.erased_at).is_(None)).order_by(col(User.id).desc()).limit(limit)
    if text := text.strip():
        pattern = "%" + text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(or_(col(User.email).like(pattern, escape="\\"), col(User.name).ilike(pattern, escape="\\")))
    if before is not None:
        query = query.where(col(User.id) < before)
    rows = (await session.exec(query)).all()
    used = await budgets.used_by(session, [user.id for user, _ in rows])
    return [Person(user, group or "", used.get(user.id, 0)) for user, group in rows]


async def person(session: AsyncSession, actor_id: int, user_id: int) -> User:
    """The user with that id. Raises NotFound."""
    await check(session, actor_id)
    return await _person(session, user_id)


async def _person(session: AsyncSession, user_id: int) -> User:
    """The user with that id; the row is locked until the transaction ends. Raises NotFound."""
    query = select(User).where(User.id == user_id, col(User.erased_at).is_(None)).with_for_update()
    if user := (await session.exec(query.execution_options(populate_existing=True))).first():
        return user
    raise NotFound(Phrase("user"))


async def give_credits(session: AsyncSession, actor_id: int, user_id: int, amount: int, note: str) -> int:
    """Add credits, or take some if `amount` is negative, never below zero. Returns the new balance.

    Raises NotFound, BadInput.
    """
    await check(session, actor_id)
    if not 0 < abs(amount) <= MAX_CREDITS:
        raise WrongInput(Phrase("Credits are a whole number, at most a million at once."))
    before = (await _person(session, user_id)).credits
    note, reference = " ".join(note.split())[: audit.MAX_NOTE], f"admin:{secrets.token_hex(8)}"
    if amount > 0:
        entry = await credits.move(session, user_id, amount, "adjustment", reference, note=note)
    else:
        entry = await credits.take_at_most(session, user_id, -amount, reference, note)
    after = {"credits": entry.balance_after, "reference": reference}
    await audit.record(
        session, actor_id, "credits", user_id=user_id, before={"credits": before}, after=after, note=note
    )
    after_commit(session, lambda: publish(News(user_id=user_id, status="credits")))
    return entry.balance_after


async def _change(session: AsyncSession, actor_id: int, act: str, user_id: int, **values: Any) -> None:
    """Set columns of a user and log the old and new values."""
    user = await _person(session, user_id)
    before = {name: getattr(user, name) for name in values}
    if before == values:
        return
    await session.exec(sql_update(User).where(col(User.id) == user_id).values(**values))
    group_id = values.get("group_id")
    await audit.record(session, actor_id, act, user_id=user_id, group_id=group_id, before=before, after=values)
    after_commit(session, lambda: publish(News(user_id=user_id, status="credits")))


async def set_role(session: AsyncSession, actor_id: int, user_id: int, role: str) -> None:
    """Set a user's role. Raises NotFound, BadInput, and Conflict for one's own role, so one administrator remains."""
    await check(session, actor_id)
    if role not in ROLES:
        raise WrongInput(Phrase("There is no such role."))
    if user_id == actor_id:
        raise Conflict(Phrase("You can't change your own role."))
    await _change(session, actor_id, "role", user_id, role=role)


async def set_budget(session: AsyncSession, actor_id: int, user_id: int, limit: int | None) -> None:
    """Set a user's monthly budget in credits; None removes it. Raises NotFound, BadInput."""
    await check(session, actor_id)
    await _change(session, actor_id, "budget", user_id, monthly_budget=budgets.check_limit(limit))


async def set_group(session: AsyncSession, actor_id: int, user_id: int, group_id: int | None) -> None:
    """Put a user into a group; None takes them out of theirs. Raises NotFound."""
    await check(session, actor_id)
    if group_id is not None:
        await groups.group(session, group_id)
    await _change(session, actor_id, "group", user_id, group_id=group_id)


async def block(session: AsyncSession, actor_id: int, user_id: int, *, blocked: bool) -> None:
    """Block or unblock a user. Blocking ends all sessions and stops API keys and open pages.

    Raises NotFound, and Conflict for oneself.
    """
    await check(session, actor_id)
    if user_id == actor_id:
        raise Conflict(Phrase("You can't block yourself."))
    user = await _person(session, user_id)
    if (user.blocked_at is not None) == blocked:
        return
    await session.exec(sql_update(User).where(col(User.id) == user_id).values(blocked_at=now() if blocked else None))
    await audit.record(session, actor_id, "block" if blocked else "unblock", user_id=user_id)
    if blocked:
        await users.end_sessions(session, user_id)
        after_commit(session, lambda: publish(News(user_id=user_id, status=SIGNED_OUT)))


# ------------------------------------------------------------------------------------------------------- groups


async def all_groups(session: AsyncSession, actor_id: int) -> list[GroupLine]:
    """Every group by name, with its members and what they have spent this month. Raises NotFound."""
    await check(session, actor_id)
    return await groups.groups(session)


async def members(session: AsyncSession, actor_id: int, group_id: int) -> list[User]:
    """The people of a group, by e-mail. Raises NotFound."""
    await check(session, actor_id)
    return await groups.members(session, group_id)


async def make_group(
    session: AsyncSession, actor_id: int, name: str, limit: int | None, *, priority: bool = False
) -> None:
    """Create a group. Raises NotFound, BadInput, Conflict."""
    await check(session, actor_id)
    group = await groups.make_group(session, name, limit, priority=priority)
    await audit.record(session, actor_id, "group made", group_id=group.id, after=_facts(group))


async def change_group(
    session: AsyncSession, actor_id: int, group_id: int, name: str, limit: int | None, *, priority: bool = False
) -> None:
    """Change a group. Raises NotFound, BadInput, Conflict."""
    await check(session, actor_id)
    before = _facts(await groups.group(session, group_id))
    await groups.change_group(session, group_id, name, limit, priority=priority)
    after = _facts(await groups.group(session, group_id))
    if before != after:
        await audit.record(session, actor_id, "group changed", group_id=group_id, before=before, after=after)


async def remove_group(session: AsyncSession, actor_id: int, group_id: int) -> None:
    """Delete a group. Raises NotFound."""
    await check(session, actor_id)
    before = _facts(await groups.group(session, group_id))
    await groups.remove_group(session, group_id)
    await audit.record(session, actor_id, "group removed", group_id=group_id, before=before)


def _facts(group: Group) -> dict[str, Any]:
    return {"name": group.name, "monthly_budget": group.monthly_budget, "priority": group.priority}


# --------------------------------------------------------------------------------------------------------- jobs


async def jobs(
    session: AsyncSession, actor_id: int, status: str, before: int | None, limit: int
) -> list[tuple[Video, str]]:
    """All users' videos with that status, newest first, with an id below `before`, each with its owner's e-mail.

    Raises NotFound.
    """
    await check(session, actor_id)
    query = select(Video, User.email).join(User, col(User.id) == col(Video.user_id)).where(Video.status == status)
    if before is not None:
        query = query.where(col(Video.id) < before)
    return list((await session.exec(query.order_by(col(Video.id).desc()).limit(limit))).all())


async def _video(session: AsyncSession, video_id: int) -> Video:
    if video := await session.get(Video, video_id, populate_existing=True):
        return video
    raise NotFound(Phrase("video"))


async def cancel(session: AsyncSession, actor_id: int, video_id: int) -> None:
    """Stop somebody's video, by the same rules as its owner. Raises NotFound, Conflict."""
    await check(session, actor_id)
    video = await _video(session, video_id)
    before = {"status": video.status}
    changed = await states.cancel(session, video.user_id, video_id)
    after = {"status": changed.status, "cancel_requested": changed.cancel_requested}
    await audit.record(
        session, actor_id, "cancel", user_id=video.user_id, video_id=video_id, before=before, after=after
    )


async def retry(session: AsyncSession, actor_id: int, video_id: int) -> Video:
    """Repeat a failed video for its owner, free of charge. Raises NotFound, and Conflict if it has not failed."""
    await check(session, actor_id)
    video = await _video(session, video_id)
    if video.status != "failed":
        raise Conflict(Phrase("Only a failed video can be made again."))
    new = await ask.repeat_for_free(session, video)
    after = {"video": new.id}
    await audit.record(session, actor_id, "retry", user_id=video.user_id, video_id=video_id, after=after)
    return new


# ------------------------------------------------------------------------------------------------------- system


@dataclass(frozen=True)
class Backlog:
    """Active videos by status, how long the oldest due one has waited, and users whose balance is wrong."""

    by_status: dict[str, int]
    oldest_due_seconds: float
    wrong_balances: list[int]


async def backlog(session: AsyncSession, actor_id: int) -> Backlog:
    """The current backlog, from the database. Raises NotFound."""
    await check(session, actor_id)
    counted = select(Video.status, func.count()).where(col(Video.status).in_(ACTIVE)).group_by(Video.status)
    due = select(Video.next_look_at).where(col(Video.status).in_(ACTIVE), col(Video.next_look_at) <= now())
    oldest = (await session.exec(due.order_by(col(Video.next_look_at)).limit(1))).first()
    return Backlog(
        by_status=dict((await session.exec(counted)).all()),
        oldest_due_seconds=(now() - oldest).total_seconds() if oldest else 0.0,
        wrong_balances=await credits.wrong_balances(session),
    )


async def costs(session: AsyncSession, actor_id: int) -> list[Cost]:
    """What providers took by model, in this month and the two before it. Raises NotFound."""
    await check(session, actor_id)
    return await provider_costs.by_month(session, 3)


async def log(session: AsyncSession, actor_id: int, before: int | None, limit: int) -> list[AuditLine]:
    """What administrators did, newest first, with an id below `before`. Raises NotFound."""
    await check(session, actor_id)
    return await audit.page(session, before, limit)
