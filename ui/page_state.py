"""The state of an open page's visitor: read once per news item, shared by all parts of the page."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from nicegui import Client, Event, context
from sqlmodel.ext.asyncio.session import AsyncSession

from core.accounts import sessions, users
from core.accounts.sessions import Ticket
from core.billing import budgets
from core.billing.budgets import Budget
from core.database.session import reading
from core.models import User
from core.redis.news import News

from . import live
from .session import ticket

Seen = TypeVar("Seen")
OPENED = News(status="opened")
"""The news that `PageState.refresh` gives the parts: the page has just been opened."""


@dataclass(frozen=True)
class _Part:
    hear: Callable[[News], bool]
    read: Callable[[AsyncSession, News], Awaitable[Any]]
    draw: Callable[[Any], Awaitable[None]]


class PageState:
    """The signed-in visitor of this page, as last read, and the parts of the page that follow the news.

    `changed` is emitted when `user` and `budget` have been read: after every change of state of one of the user's
    videos, and when news may have been lost. `budget` is None before the first refresh, and without a budget.
    `may_stay` reads the user before every event of the page, and when its socket connects.
    """

    def __init__(self, user: User, shown: Ticket, client: Client) -> None:
        self.user: User | None = user
        """None once the session that this page was opened with counts no more."""
        self.budget: Budget | None = None
        self.changed: Event[[]] = Event()
        self.role = "user"
        """The role that this page is for."""
        self._id, self._ticket = user.id, shown
        self._parts: list[_Part] = []
        self._turn = asyncio.Lock()
        live.for_user(user.id).subscribe(self._hear)
        client.on_connect(self.may_stay)  # what happened before this page listened

    @property
    def is_theirs(self) -> bool:
        """Whether this page is still for its visitor, as last read: signed in, and of the role that it asks for."""
        return self.user is not None and self.role in ("user", users.role(self.user))

    async def may_stay(self) -> bool:
        """The same, read now. If it is not, the page ends."""
        async with reading() as db:
            self.user = await sessions.by_ticket(db, self._ticket)
        if not self.is_theirs:
            self.changed.emit()
        return self.is_theirs

    def follow(
        self,
        hear: Callable[[News], bool],
        read: Callable[[AsyncSession, News], Awaitable[Seen]],
        draw: Callable[[Seen], Awaitable[None]],
    ) -> None:
        """Add a part. `hear` draws what the news itself says, and tells whether the database has to be asked.

        If so, `read` reads what it needs and draws nothing: the session is one for all parts. Then `draw` draws it.
        """
        self._parts.append(_Part(hear, read, draw))

    async def refresh(self) -> None:
        """Read and draw everything now, when the page opens."""
        await self._hear(OPENED)

    async def _hear(self, news: News) -> None:
        asking = [part for part in self._parts if part.hear(news)]
        if news.status or asking:
            async with self._turn:  # what was read first is drawn first
                await self._read_and_draw(news, asking)

    async def _read_and_draw(self, news: News, asking: list[_Part]) -> None:
        async with reading() as db:
            self.user = await sessions.by_ticket(db, self._ticket)
            self.budget = await budgets.budget(db, self._id) if self.user else None
            seen = [await part.read(db, news) for part in asking]
        self.changed.emit()
        if self.is_theirs:
            for part, one in zip(asking, seen, strict=True):
                await part.draw(one)


async def may_stay(client: Client) -> bool:
    """Whether the visitor that a page was opened by may still use it; one that was opened by nobody is anybody's."""
    state = client.storage.get("page")
    return await state.may_stay() if isinstance(state, PageState) else True


def user_id(client: Client) -> int | None:
    """The id of whoever is signed in on that page, as last read."""
    state = client.storage.get("page")
    return state.user.id if isinstance(state, PageState) and state.user else None


def of(user: User) -> PageState:
    """The state of the page that is being built, one for all of its parts."""
    storage = context.client.storage
    if "page" not in storage:
        shown = ticket(context.client.request)
        assert shown is not None  # whoever is signed in has shown one
        storage["page"] = PageState(user, shown, context.client)
    state = storage["page"]
    assert isinstance(state, PageState)
    return state
