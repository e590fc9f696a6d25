"""The ledger: the balance and every movement of credits."""

from sqlmodel.ext.asyncio.session import AsyncSession

from core.billing import credits, notes
from core.database.session import reading
from core.models import LedgerEntry, User, Video
from core.redis.news import News
from core.videos import library

from ... import formats, i18n, page_state
from ...i18n import _
from ...kit.elements import Tag, link
from ...kit.moment import moment
from ...kit.paged_list import PagedList
from ..video.video_card import thumb
from ..video.words import budget_left, localized, title_of

PAGE = 30
Row = tuple[LedgerEntry, Video | None]
"""A movement, and the video it was for, unless that is gone."""


class Ledger(Tag):
    """Every movement of credits, newest first."""

    def __init__(self, user: User) -> None:
        super().__init__("section", "account-part")
        self._user_id = user.id
        self._state = page_state.of(user)
        with self:
            with Tag("div", "account-head"):
                Tag("h2", "account-title", _("Credits"))
                with Tag("div", "ledger-balance"):
                    self._balance = Tag("span", "price-number", i18n.number(user.credits))
                    link(_("Get credits"), "/pricing", look="small")
            self._budget = Tag("p", "page-note", hidden=True)
            self._list = PagedList(self._page, _line, lambda row: row[0].id, size=PAGE, centred=False)
        self._state.follow(self._hear, self._read, self._draw)

    async def load(self) -> None:
        """The balance, the budget and the first page of lines."""
        await self._state.refresh()

    async def _page(self, before: int | None, limit: int) -> list[Row]:
        async with reading() as db:
            return await self._rows(db, before, limit)

    async def _rows(self, db: AsyncSession, before: int | None, limit: int) -> list[Row]:
        entries = await credits.ledger(db, self._user_id, before, limit)
        ids = {entry.video_id for entry in entries if entry.video_id}
        videos = {video.id: video for video in await library.chosen(db, self._user_id, sorted(ids))}
        return [(entry, videos.get(entry.video_id or 0)) for entry in entries]

    def _hear(self, news: News) -> bool:
        """Whenever something may have been charged or returned."""
        return bool(news.status)

    async def _read(self, db: AsyncSession, _news: News) -> list[Row]:
        return await self._rows(db, None, PAGE + 1)

    async def _draw(self, page: list[Row]) -> None:
        """Draw the balance, the budget and the first page."""
        if user := self._state.user:
            self._balance.text = i18n.number(user.credits)
        if budget := self._state.budget:
            day = _("Full again on {day}", day=formats.day(budget.resets_at))
            self._budget.text = f"{budget_left(budget, budget.left)} · {day}"
        self._budget.put("hidden", budget is None)
        self._list.begin(page)


def _note(note: str) -> str:
    return localized(i18n.phrase(notes.from_note(note)))


def _line(row: Row) -> None:
    entry, video = row
    words = {
        "grant": _("Granted"),
        "charge": _("Video"),
        "refund": _("Returned"),
        "purchase": _("Bought"),
        "adjustment": _("Adjusted"),
    }
    with Tag("div", "row ledger-row", role="listitem"):
        with Tag("div", "ledger-picture"):
            if video:
                thumb(video)
            else:
                Tag("span", "ledger-sign", symbol="film" if entry.video_id else "coins")
        with Tag("div", "ledger-text"):
            if video:
                Tag("a", "ledger-what", title_of(video), href=f"/videos/{video.id}", title=video.prompt)
            else:
                Tag("span", "ledger-what", words[entry.kind])
            with Tag("span", "row-note ledger-facts"):
                note = words[entry.kind] if video else _("Deleted video") if entry.video_id else _note(entry.note)
                if note:
                    Tag("span", "", note)
                moment(entry.created_at)
        gain = entry.amount > 0
        amount = f"{'+' if gain else ''}{i18n.number(entry.amount)}"
        Tag("span", f"row-amount {'row-good' if gain else ''}", amount)
        Tag("span", "row-amount row-note", i18n.number(entry.balance_after), title=_("Balance after it"))
