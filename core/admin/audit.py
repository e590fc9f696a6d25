"""The audit log: what administrators did, and to whom. Written in the same transaction, never changed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.models import AuditEntry, Group, User

MAX_NOTE = 200


async def record(
    session: AsyncSession,
    actor_id: int | None,
    act: str,
    *,
    user_id: int | None = None,
    group_id: int | None = None,
    video_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    note: str = "",
) -> None:
    """Add an entry. `before` and `after` hold ids instead of names and addresses."""
    session.add(
        AuditEntry(
            actor_id=actor_id,
            act=act,
            user_id=user_id,
            group_id=group_id,
            video_id=video_id,
            before=before or {},
            after=after or {},
            note=note[:MAX_NOTE],
        )
    )
    await session.flush()


@dataclass(frozen=True)
class AuditLine:
    """An entry with the current e-mails of the people in it; an empty `actor` is the command line."""

    entry: AuditEntry
    actor: str
    user: str
    group: str


async def page(session: AsyncSession, before: int | None, limit: int) -> list[AuditLine]:
    """Entries, newest first, with an id below `before`."""
    actor, user = aliased(User), aliased(User)
    query = (
        select(AuditEntry, actor.email, user.email, Group.name)
        .join(actor, col(actor.id) == col(AuditEntry.actor_id), isouter=True)
        .join(user, col(user.id) == col(AuditEntry.user_id), isouter=True)
        .join(Group, col(Group.id) == AuditEntry.group_id, isouter=True)
        .order_by(col(AuditEntry.id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(AuditEntry.id) < before)
    rows = (await session.exec(query)).all()
    return [AuditLine(entry, *(text or "" for text in texts)) for entry, *texts in rows]
