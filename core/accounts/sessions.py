"""The browsers that are signed in: a session ends here, and a copy of its cookie opens nothing afterwards."""

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.session import after_commit
from core.models import BrowserSession, User, now
from core.redis.news import ENDED_ACCESS, News, publish

DAYS = 30
"""How long a cookie opens; then its browser signs in anew."""


@dataclass(frozen=True)
class Ticket:
    """What a cookie says: the browser's random id, the user's number, and their epoch when they signed in."""

    id: str
    user_id: int
    epoch: int


async def begin(session: AsyncSession, user: User, browser: str) -> None:
    """From now on that browser is the user's."""
    session.add(BrowserSession(id=browser, user_id=user.id))
    await session.flush()


async def end(session: AsyncSession, browser: str) -> None:
    """That browser is nobody's any more: its pages, its event streams and its cookie."""
    ended = delete(BrowserSession).where(col(BrowserSession.id) == browser).returning(col(BrowserSession.user_id))
    user_id: int | None = (await session.exec(ended)).scalar()
    if user_id is not None:
        after_commit(session, lambda: publish(News(user_id=user_id, status=ENDED_ACCESS)))


async def by_ticket(session: AsyncSession, ticket: Ticket) -> User | None:
    """The user as they are now; None if the session has ended, here or everywhere, or the user is blocked."""
    query = (
        select(User)
        .join(BrowserSession, col(BrowserSession.user_id) == col(User.id))
        .where(BrowserSession.id == ticket.id, User.id == ticket.user_id)
        .where(User.epoch == ticket.epoch, col(User.blocked_at).is_(None))
    )
    return (await session.exec(query)).first()


async def forget_old(session: AsyncSession) -> None:
    """Remove the sessions whose cookies have expired."""
    await session.exec(delete(BrowserSession).where(col(BrowserSession.created_at) < now() - timedelta(days=DAYS + 1)))
