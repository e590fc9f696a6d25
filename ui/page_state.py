"""The state of an open page's visitor: read once per news item, shared by all parts of the page."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from nicegui import Event, context
from sqlmodel.ext.asyncio.session import AsyncSession

from core.accounts import users
from core.billing import budgets
from core.billing.budgets import Budget
from core.database.session import reading
from core.models import User
from core.redis.news import News

from . import live

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
    """

    def __init__(self, user: User) -> None:
        self.user: User | None = user
        """None once the account is gone."""
        self.budget: Budget | None = None
        self.changed: Event[[]] = Event()
        self._id, self._epoch = user.id, user.epoch
        self._parts: list[_Part] = []
        self._turn = asyncio.Lock()
        live.for_user(user.id).subscribe(self._hear)

    @property
    def is_signed_in(self) -> bool:
        """Whether the session that this page was opened with still counts."""
        return self.user is not None and self.user.epoch == self._epoch and self.user.blocked_at is None

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
            self.user = await users.get(db, self._id)
            self.budget = await budgets.budget(db, self._id) if self.user else None
            seen = [await part.read(db, news) for part in asking]
        self.changed.emit()
        if self.is_signed_in:
            for part, one in zip(asking, seen, strict=True):
                await part.draw(one)


def of(user: User) -> PageState:
    """The state of the page that is being built, one for all of its parts."""
    storage = context.client.storage
    if "page" not in storage:
        storage["page"] = PageState(user)
    state = storage["page"]
    assert isinstance(state, PageState)
    return state
