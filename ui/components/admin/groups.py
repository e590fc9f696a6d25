"""The groups: their budget, what of it is used, and who is in them."""

from functools import partial

from sqlmodel.ext.asyncio.session import AsyncSession

from core.accounts.groups import GroupLine
from core.admin import deeds
from core.database.session import reading
from core.models import Group, User

from ... import i18n
from ...i18n import _
from ...kit.dialog import Dialog, confirm
from ...kit.elements import Tag, button
from ...kit.form import Changed, choice, do, field, whole_number
from .people import spent


class Groups(Tag):
    """The list, by name."""

    def __init__(self, me: User) -> None:
        super().__init__("section", "admin-part")
        self._me = me
        with self:
            with Tag("div", "account-head"):
                Tag("p", "page-note", _("People of a group share its budget for the month."))
                button(_("New group"), lambda: self._open(None), look="small", aria_haspopup="dialog")
            self._rows = Tag("div", "rows", role="list", aria_label=_("Groups"))

    async def load(self) -> None:
        """Load and draw the groups."""
        async with reading() as db:
            rows = await deeds.all_groups(db, self._me.id)
        self._rows.clear()
        with self._rows:
            if not rows:
                Tag("p", "page-note", _("There are no groups yet."), role="listitem")
            for line in rows:
                self._row(line)

    def _row(self, line: GroupLine) -> None:
        group = line.group
        with Tag("div", "row admin-row", role="listitem"):
            with Tag("div", "admin-who"):
                Tag("span", "admin-name", group.name)
                Tag("span", "row-note", i18n.n_("{n} member", "{n} members", line.members))
            with Tag("div", "admin-facts"):
                if group.priority:
                    Tag("span", "badge", _("Goes first"))
                Tag("span", "row-note", spent(line.used, group.monthly_budget))
                if group.monthly_budget:
                    share = min(100, round(line.used / group.monthly_budget * 100))
                    with Tag("span", "meter", aria_hidden="true"):
                        Tag("span", f"meter-fill {'meter-full' if share >= 90 else ''}").style(f"width: {share}%")
            edit = partial(self._open, group)
            button(_("Edit"), edit, look="small", aria_haspopup="dialog", aria_label=_("Edit {who}", who=group.name))

    async def _open(self, group: Group | None) -> None:
        people: list[User] = []
        if group:
            async with reading() as db:
                people = await deeds.members(db, self._me.id, group.id)
        GroupDialog(self._me, group, people, self.load)


class GroupDialog(Dialog):
    """A new or existing group."""

    def __init__(self, me: User, group: Group | None, people: list[User], changed: Changed) -> None:
        super().__init__(group.name if group else _("New group"))
        self._me, self._group, self._changed = me, group, changed
        limit = group.monthly_budget if group else None
        with self.body:
            self._name = field(_("Name"), group.name if group else "")
            self._budget = field(_("Monthly budget"), "" if limit is None else str(limit), hint=_("None"), number=True)
            turns = {"": _("In turn with everybody"), "first": _("Before everybody else's")}
            self._turn = choice(_("Their videos are begun"), turns, "first" if group and group.priority else "")
            if group:
                self._members(people)
            with Tag("div", "dialog-actions dialog-ends"):
                if group:
                    button(_("Remove group"), self._ask, look="danger", symbol="trash-2", aria_haspopup="dialog")
                Tag("span", "grow")
                button(_("Save"), self._save, look="accent")

    def _members(self, people: list[User]) -> None:
        with Tag("div", "field-line"):
            Tag("span", "field-name", _("Members"))
            if not people:
                Tag("p", "dialog-text", _("Nobody yet: a group is chosen on the page of a person."))
            with Tag("div", "rows rows-short"):
                for user in people:
                    with Tag("div", "row"):
                        Tag("span", "row-main", user.email)
                        out = partial(self._take_out, user)
                        button(_("Take out"), out, look="small", aria_label=_("Take out {who}", who=user.email))

    async def _save(self) -> None:
        async def deed(db: AsyncSession) -> None:
            name, limit, first = self._name.value or "", whole_number(self._budget.value), bool(self._turn.value)
            if self._group:
                await deeds.change_group(db, self._me.id, self._group.id, name, limit, priority=first)
            else:
                await deeds.make_group(db, self._me.id, name, limit, priority=first)

        if await do(deed):
            self.close()
            await self._changed()

    async def _take_out(self, user: User) -> None:
        if await do(lambda db: deeds.set_group(db, self._me.id, user.id, None)):
            self.close()
            await self._changed()

    def _ask(self) -> None:
        group = self._group
        assert group is not None

        async def remove() -> None:
            if await do(lambda db: deeds.remove_group(db, self._me.id, group.id), _("The group is removed.")):
                self.close()
                await self._changed()

        text = _("The members of {group} stay; only their shared budget ends.", group=group.name)
        confirm(_("Remove this group?"), text, _("Remove"), remove)
