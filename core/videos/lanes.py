"""Whose videos come first."""

from sqlmodel.ext.asyncio.session import AsyncSession

from core.accounts import groups
from core.billing import subscriptions
from core.models import User


async def lane(session: AsyncSession, user: User) -> int:
    """The lane of the user's videos: -1 if their group or their plan has priority, else 0."""
    return min(await groups.lane(session, user), await subscriptions.lane(session, user.id))
