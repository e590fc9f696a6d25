"""Whose call this is, and where it came in; set before the SDK has the request, read by the tools."""

from contextvars import ContextVar
from dataclasses import dataclass

from core.accounts import users
from core.database.session import reading
from core.errors import NotSignedIn
from core.models import User
from core.security import links
from core.security.links import Suffix


@dataclass(frozen=True)
class Caller:
    """The user's number, and the address under which AdsVideo was called, without a slash at its end."""

    user_id: int
    base_url: str

    def link(self, video_id: int, suffix: Suffix) -> str:
        """A link to a file of that video, which lasts an hour and needs no key."""
        return self.base_url + links.path(video_id, suffix)


calling: ContextVar[Caller] = ContextVar("calling")


async def user() -> User:
    """Who calls. Raises NotSignedIn."""
    async with reading() as db:
        row = await users.get(db, calling.get().user_id)
    if row is None or row.blocked_at or row.erased_at:
        raise NotSignedIn()
    return row
