"""The ledger: the balance and every movement of credits."""

from sqlmodel.ext.asyncio.session import AsyncSession

from core.billing import credits, notes
from core.database.session import reading
from core.models import LedgerEntry, User
from core.redis.news import News

from ... import formats, i18n, page_state
from ...i18n import _
from ...kit.elements import Tag
from ...kit.paged_list import PagedList
from ..video.words import budget_left, localized

PAGE = 30


class Ledger(Tag):
    """Every movement of credits, newest first."""

    def __init__(self, user: User) -> None:
        super().__init__("section", "account-part")
        self._user_id = user.id
        self._state = page_state.of(user)
        with self:
            with Tag("div", "account-head"):
                Tag("h2", "account-title", _("Credits"))
                self._balance = Tag("span", "price-number", i18n.number(user.credits))
            self._budget = Tag("p", "page-note", hidden=True)
            self._list = PagedList(self._page, _line, lambda entry: entry.id, size=PAGE, centred=False)
        self._state.follow(self._hear, self._read, self._draw)

    async def load(self) -> None:
        """The balance, the budget and the first page of lines."""
        await self._state.refresh()

    async def _page(self, before: int | None, limit: int) -> list[LedgerEntry]:
        async with reading() as db:
            return await credits.ledger(db, self._user_id, before, limit)

    def _hear(self, news: News) -> bool:
        """Whenever something may have been charged or returned."""
        return bool(news.status)

    async def _read(self, db: AsyncSession, _news: News) -> list[LedgerEntry]:
        return await credits.ledger(db, self._user_id, None, PAGE + 1)

    async def _draw(self, page: list[LedgerEntry]) -> None:
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


def _line(entry: LedgerEntry) -> None:
    words = {
        "grant": _("Granted"),
        "charge": _("Video"),
        "refund": _("Returned"),
        "purchase": _("Bought"),
        "adjustment": _("Adjusted"),
    }
    with Tag("div", "row", role="listitem"):
        with Tag("span", "row-main", words[entry.kind]):
            if entry.video_id:
                Tag("a", "row-note", f"#{entry.video_id}", href=f"/videos/{entry.video_id}")
            elif entry.note:
                Tag("span", "row-note", _note(entry.note))
        Tag("time", "row-note", formats.ago(entry.created_at), title=formats.exactly(entry.created_at))
        Tag("span", f"row-amount {'row-good' if entry.amount > 0 else ''}", f"{entry.amount:+d}")
        Tag("span", "row-amount row-note", i18n.number(entry.balance_after), title=_("Balance after it"))
