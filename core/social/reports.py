"""Reports of shared videos, and what administrators decide about them. Every act is in the audit log."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func
from sqlalchemy import update as sql_update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.admin import audit, deeds
from core.database.session import insert_once
from core.errors import Conflict, NotFound
from core.models import Report, User, Video, now
from core.phrase import Phrase
from core.social import plain, sharing

REASONS = ("spam", "inappropriate", "copyright", "misleading", "other")
Reason = Literal["spam", "inappropriate", "copyright", "misleading", "other"]
Decision = Literal["keep", "hide", "takedown", "block"]
MOST_NOTE = 500
ENOUGH = 3
"""So many different people hide a video from the gallery, until an administrator decides."""
_reports: Any = Report.__table__  # type: ignore[attr-defined]


async def report(session: AsyncSession, user_id: int, slug: str, reason: Reason, note: str = "") -> None:
    """Report a shared video; a second one of the same user changes nothing. Raises NotFound, WrongInput, Conflict."""
    video = await sharing.shared(session, slug)
    if video.user_id == user_id:
        raise Conflict(Phrase("This video is yours: stop sharing it instead."))
    note = plain.checked(note, MOST_NOTE) if note.strip() else ""
    adding = insert_once(_reports, "video_id", "user_id").returning(_reports.c.video_id)
    row = {"video_id": video.id, "user_id": user_id, "reason": reason, "note": note, "created_at": now()}
    is_new = (await (await session.connection()).execute(adding, row)).scalar() is not None
    if not is_new:
        return
    await audit.record(session, user_id, "report", user_id=video.user_id, video_id=video.id, note=reason)
    count = select(func.count()).where(Report.video_id == video.id, col(Report.decided_at).is_(None))
    if (await session.exec(count)).one() >= ENOUGH and await _hide(session, video, col(Video.reviewed_at).is_(None)):
        await audit.record(session, user_id, "hidden by reports", user_id=video.user_id, video_id=video.id)


async def _hide(session: AsyncSession, video: Video, *conditions: Any) -> bool:
    hiding = sql_update(Video).where(col(Video.id) == video.id, col(Video.hidden_at).is_(None), *conditions)
    hidden = (await session.exec(hiding.values(hidden_at=now()).returning(col(Video.id)))).first()
    if hidden:
        sharing.tell(session, video)
    return bool(hidden)


@dataclass(frozen=True)
class Reported:
    """A video with open reports: its owner's e-mail, how many, and each reason with its note."""

    video: Video
    owner: str
    reports: list[Report]


async def queue(session: AsyncSession, actor_id: int, limit: int = 50) -> list[Reported]:
    """The videos with open reports, the oldest report first. Raises NotFound for who is no administrator."""
    await deeds.check(session, actor_id)
    is_open = col(Report.decided_at).is_(None)
    oldest = func.min(Report.created_at)
    query = select(Video, User.email).join(Report, col(Report.video_id) == col(Video.id)).where(is_open)
    query = query.join(User, col(User.id) == col(Video.user_id)).group_by(col(Video.id), col(User.id))
    rows = (await session.exec(query.order_by(oldest).limit(limit))).all()
    ids = [video.id for video, _ in rows]
    all_reports = select(Report).where(col(Report.video_id).in_(ids), is_open).order_by(col(Report.created_at))
    reports = (await session.exec(all_reports)).all()
    return [Reported(video, owner, [r for r in reports if r.video_id == video.id]) for video, owner in rows]


async def decide(session: AsyncSession, actor_id: int, video_id: int, decision: Decision) -> None:
    """`keep` it in the gallery for good, `hide` it there, `takedown` (it can't be shared any more), or `block` its
    maker too. Raises NotFound, and Conflict for blocking oneself."""
    await deeds.check(session, actor_id)
    video = await session.get(Video, video_id, populate_existing=True)
    if video is None:
        raise NotFound(Phrase("video"))
    if decision == "keep":
        kept = sql_update(Video).where(col(Video.id) == video_id).values(hidden_at=None, reviewed_at=now())
        await session.exec(kept)
        sharing.tell(session, video)
    elif decision == "hide":
        await _hide(session, video)
    else:
        await sharing.withdraw(session, video, taken_down_at=now())
    if decision == "block":
        await deeds.block(session, actor_id, video.user_id, blocked=True)
    decided = sql_update(Report).where(col(Report.video_id) == video_id, col(Report.decided_at).is_(None))
    await session.exec(decided.values(decided_at=now()))
    await audit.record(session, actor_id, f"moderation {decision}", user_id=video.user_id, video_id=video_id)
