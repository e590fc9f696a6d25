"""All users: search them, change one in a dialog."""

from functools import partial

from sqlmodel.ext.asyncio.session import AsyncSession

from core.admin import deeds
from core.admin.deeds import Person
from core.database.session import reading
from core.models import Group, User

from ... import formats, i18n
from ...i18n import _
from ...kit.dialog import Dialog
from ...kit.elements import Tag, button
from ...kit.form import Changed, Line, choice, do, field, whole_number
from ...kit.paged_list import PagedList

PAGE = 25
NONE = "0"


class People(Tag):
    """The list, newest first, and the field to search it."""

    def __init__(self, me: User) -> None:
        super().__init__("section", "admin-part")
        self._me = me
        with self:
            with Tag("div", "search has-icon icon-search"):
                words = _("Find by e-mail or name")
                self._search = Line("input", words, "", None, type="search", placeholder=words, autocomplete="off")
                self._search.on("input", self.load, [], throttle=0.3, leading_events=False)
            self._list = PagedList(
                self._page,
                self._row,
                lambda person: person.user.id,
                size=PAGE,
                label=_("People"),
                empty=_("Nobody is found."),
            )

    async def load(self) -> None:
        """The first page of them."""
        await self._list.reload()

    async def _page(self, before: int | None, limit: int) -> list[Person]:
        async with reading() as db:
            return await deeds.people(db, self._me.id, self._search.value or "", before, limit)

    def _row(self, person: Person) -> None:
        user = person.user
        with Tag("div", "row admin-row", role="listitem"):
            with Tag("div", "admin-who"):
                Tag("span", "admin-name", user.name or user.email)
                Tag("span", "row-note", user.email)
            with Tag("div", "admin-facts"):
                if user.blocked_at:
                    Tag("span", "badge badge-bad", _("Blocked"))
                if user.role == "admin":
                    Tag("span", "badge", _("Administrator"))
                if person.group:
                    Tag("span", "badge", person.group)
                Tag("span", "row-note", spent(person.used, user.monthly_budget))
                Tag("span", "row-amount", i18n.credits(user.credits))
            who = _("Edit {who}", who=user.email)
            button(_("Edit"), partial(self._edit, user.id), look="small", aria_haspopup="dialog", aria_label=who)

    async def _edit(self, user_id: int) -> None:
        async with reading() as db:
            user = await deeds.person(db, self._me.id, user_id)
            groups = [line.group for line in await deeds.all_groups(db, self._me.id)]
        PersonDialog(self._me, user, groups, self.load)


def spent(used: int, limit: int | None) -> str:
    """What of this month's budget is used."""
    if limit is None:
        return _("{used} this month", used=i18n.number(used))
    return _("{used} of {limit} this month", used=i18n.number(used), limit=i18n.number(limit))


class PersonDialog(Dialog):
    """All that can be done to one user."""

    def __init__(self, me: User, user: User, groups: list[Group], changed: Changed) -> None:
        super().__init__(user.email)
        self._me, self._user, self._mine, self._changed = me, user, user.id == me.id, changed
        with self.body:
            Tag("p", "dialog-text", _("Since {date}", date=formats.day(user.created_at)))
            with Tag("div", "form-rows"):
                self._credits_fields()
                self._account_fields(groups)
            with Tag("div", "dialog-actions dialog-ends"):
                if not self._mine:
                    word = _("Unblock") if user.blocked_at else _("Block")
                    button(word, self._block, look="" if user.blocked_at else "danger", symbol="ban")
                Tag("span", "grow")
                button(_("Save"), self._save, look="accent")

    def _credits_fields(self) -> None:
        has = _("{credits} now", credits=i18n.credits(self._user.credits))
        with Tag("div", "form-pair"):
            self._amount = field(_("Add or take credits"), hint=_("+50 or -50"), number=True)
            self._note = field(_("Note"), hint=has)

    def _account_fields(self, groups: list[Group]) -> None:
        user = self._user
        limit = "" if user.monthly_budget is None else str(user.monthly_budget)
        self._budget = field(_("Monthly budget"), limit, hint=_("None"), number=True)
        self._group = choice(
            _("Group"), {NONE: _("None"), **{str(group.id): group.name for group in groups}}, str(user.group_id or NONE)
        )
        self._role = choice(_("Role"), {"user": _("User"), "admin": _("Administrator")}, user.role, disabled=self._mine)

    async def _save(self) -> None:
        me, user = self._me.id, self._user

        async def deed(db: AsyncSession) -> None:
            if amount := whole_number(self._amount.value):
                await deeds.give_credits(db, me, user.id, amount, self._note.value or "")
            await deeds.set_budget(db, me, user.id, whole_number(self._budget.value))
            group_id = int(self._group.value) or None
            await deeds.set_group(db, me, user.id, group_id)
            if not self._mine:
                await deeds.set_role(db, me, user.id, self._role.value)

        if await do(deed):
            self.close()
            await self._changed()

    async def _block(self) -> None:
        blocked = self._user.blocked_at is None
        who = self._user.email
        word = _("{who} is blocked.", who=who) if blocked else _("{who} may come in again.", who=who)
        if await do(lambda db: deeds.block(db, self._me.id, self._user.id, blocked=blocked), word):
            self.close()
            await self._changed()
