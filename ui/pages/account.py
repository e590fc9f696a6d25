"""`/account`: the ledger line by line, API keys, and the way out everywhere."""

from functools import partial

from fastapi import Request
from nicegui import ui

from core import credits, teams, users
from core.database import reading, session
from core.errors import AdsVideoError
from core.models import ApiKey, LedgerEntry, User
from core.progress import News

from .. import i18n, layout, live, seen
from ..components.account_privacy import own_data
from ..components.webhooks import Webhooks
from ..components.words import budget_left, known
from ..i18n import _
from ..kit.dialog import confirm
from ..kit.elements import Tag, button
from ..kit.toast import toast
from ..session import Visitor, sign_out_everywhere
from .library import notice

PAGE = 30


@ui.page("/account", response_timeout=layout.BUILD_SECONDS)
async def account(request: Request, visitor: Visitor) -> None:
    """What I have, where it went, and who may act for me."""
    layout.speak(request)
    with layout.frame(request, visitor, _("Account"), "account"):
        with Tag("div", "page-head"), Tag("div"):
            Tag("h1", "page-title", _("Account"))
            if visitor:
                Tag("p", "page-note", visitor.email)
        if visitor is None:
            way_in = "/auth/login?next=/account"
            notice(_("You are not logged in"), _("Please log in first."), _("Login"), way_in)
            return
        await Ledger(visitor).load()
        await Keys(visitor).load()
        await Webhooks(visitor).load()
        with Tag("section", "account-part"):
            Tag("h2", "account-title", _("Sessions"))
            Tag("p", "page-note", _("Ends the session of every browser that is logged in as you, this one included."))
            button(_("Sign out everywhere"), partial(sign_out_everywhere, visitor), look="danger", symbol="log-out")
        own_data(visitor)


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
            day = _("Full again on {day}", day=i18n.day(budget.resets_at))
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
        Tag("time", "row-note", i18n.ago(entry.created_at), title=i18n.exactly(entry.created_at))
        Tag("span", f"row-amount {'row-good' if entry.amount > 0 else ''}", f"{entry.amount:+d}")
        Tag("span", "row-amount row-note", i18n.number(entry.balance_after), title=_("Balance after it"))


class Keys(Tag):
    """API keys: made here, shown once, revoked here."""

    def __init__(self, user: User) -> None:
        super().__init__("section", "account-part")
        self._user = user
        with self:
            with Tag("div", "account-head"):
                Tag("h2", "account-title", _("API keys"))
                button(_("New key"), self._make, look="small")
            self._new = Tag("div", "key-new", hidden=True, role="status")
            self._rows = Tag("div", "rows", role="list")

    async def load(self) -> None:
        """The keys as they are now."""
        async with reading() as db:
            found = await users.keys(db, self._user.id)
        self._rows.clear()
        with self._rows:
            if not found:
                Tag("p", "page-note", _("With a key a script can do all that these pages do."), role="listitem")
            for key in found:
                self._row(key)

    def _row(self, key: ApiKey) -> None:
        used = i18n.ago(key.last_used_at) if key.last_used_at else _("never used")
        with Tag("div", "row", role="listitem"):
            Tag("code", "row-main", f"{key.start}…")
            Tag("span", "row-note", known(key.name))
            Tag("span", "row-note", used)
            button(_("Revoke"), partial(self._ask, key), look="small")

    async def _make(self) -> None:
        async with session() as db:
            made = await users.make_key(db, self._user, _("Account page"))
        self._new.clear()
        self._new.put("hidden", False)
        with self._new:
            Tag("p", "page-note", _("Copy it now; it is not shown again."))
            Tag("code", "key-text", made)
        await self.load()

    def _ask(self, key: ApiKey) -> None:
        confirm(
            _("Revoke this key?"),
            _("Scripts that use {key}… stop working.", key=key.start),
            _("Revoke"),
            lambda: self._revoke(key),
        )

    async def _revoke(self, key: ApiKey) -> None:
        try:
            async with session() as db:
                await users.revoke_key(db, self._user.id, key.id)
            seen.forget_caller(self._user.id)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
        await self.load()
