"""The ledger: every movement of credits, and what is left of them."""

from core import credits, teams
from core.database import reading
from core.models import LedgerEntry, User
from core.progress import News

from .. import formats, i18n, live
from ..i18n import _
from .tags import Tag, button
from .words import budget_left, known

PAGE = 30


class Ledger(Tag):
    """Every movement of credits, newest first."""

    def __init__(self, user: User) -> None:
        super().__init__("section", "account-part")
        self._user = user
        self._last: int | None = None
        with self:
            with Tag("div", "account-head"):
                Tag("h2", "account-title", _("Credits"))
                self._balance = Tag("span", "price-number", i18n.number(user.credits))
            self._budget = Tag("p", "page-note", hidden=True)
            self._rows = Tag("div", "rows", role="list")
            self._more = button(_("Load more"), self.load, hidden=True)
        live.for_user(user.id).subscribe(self._hear)

    async def load(self) -> None:
        """The next page of lines."""
        async with reading() as db:
            found = await credits.ledger(db, self._user.id, self._last, PAGE + 1)
            budget = await teams.budget(db, self._user.id)
        if budget:
            day = _("Full again on {day}", day=formats.day(budget.resets_at))
            self._budget.text = f"{budget_left(budget, budget.left)} · {day}"
        self._budget.put("hidden", budget is None)
        with self._rows:
            for entry in found[:PAGE]:
                _line(entry)
        self._last = found[:PAGE][-1].id if found else self._last
        self._more.put("hidden", len(found) <= PAGE)

    async def _hear(self, news: News) -> None:
        """Something may have been charged or returned: begin anew."""
        if news.status:
            async with reading() as db:
                self._balance.text = i18n.number(await credits.balance(db, self._user.id))
            self._rows.clear()
            self._last = None
            await self.load()


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
                Tag("span", "row-note", known(entry.note))
        Tag("time", "row-note", formats.ago(entry.created_at), title=formats.exactly(entry.created_at))
        Tag("span", f"row-amount {'row-good' if entry.amount > 0 else ''}", f"{entry.amount:+d}")
        Tag("span", "row-amount row-note", i18n.number(entry.balance_after), title=_("Balance after it"))
