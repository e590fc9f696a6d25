"""What administrators did, newest first."""

from typing import Any

from core.admin import deeds
from core.admin.audit import AuditLine
from core.database.session import reading
from core.models import User

from ...i18n import _
from ...kit.elements import Tag
from ...kit.moment import moment
from ...kit.paged_list import PagedList

PAGE = 50


class AuditLog(Tag):
    """One line per deed."""

    def __init__(self, me: User) -> None:
        super().__init__("section", "admin-part")
        self._me = me
        with self:
            self._list = PagedList(
                self._page,
                _line,
                lambda line: line.entry.id,
                size=PAGE,
                label=_("Audit log"),
                empty=_("Nothing has been done yet."),
            )

    async def load(self) -> None:
        """The first page of lines."""
        await self._list.reload()

    async def _page(self, before: int | None, limit: int) -> list[AuditLine]:
        async with reading() as db:
            return await deeds.log(db, self._me.id, before, limit)


def _words() -> dict[str, str]:
    return {
        "credits": _("Changed credits"),
        "role": _("Changed the role"),
        "budget": _("Changed the budget"),
        "group": _("Changed the group"),
        "block": _("Blocked"),
        "unblock": _("Unblocked"),
        "group made": _("Made a group"),
        "group changed": _("Changed a group"),
        "group removed": _("Removed a group"),
        "cancel": _("Canceled a video"),
        "retry": _("Made a video again"),
        "key": _("Made an API key"),
        "release": _("Released an account for another identity provider"),
        "erase": _("Erased an account"),
        "purchase": _("Bought credits"),
        "stripe refund": _("Refunded at Stripe"),
        "stripe refund failed": _("The refund at Stripe failed"),
        "stripe dispute": _("Payment disputed"),
        "stripe dispute won": _("Dispute settled"),
        "report": _("Reported a video"),
        "hidden by reports": _("Reports have hidden a video"),
        "moderation keep": _("Left a reported video"),
        "moderation hide": _("Hid a reported video"),
        "moderation takedown": _("Took a video down"),
        "moderation block": _("Took a video down and blocked its maker"),
        "comment deleted": _("Deleted a comment"),
        "alarm closed": _("Closed an alarm of the shop"),
    }


BY_STRIPE = ("purchase", "stripe refund", "stripe refund failed", "stripe dispute", "stripe dispute won")


def _by(act: str) -> str:
    return "Stripe" if act in BY_STRIPE else _("Command line")


def _line(line: AuditLine) -> None:
    entry = line.entry
    whom = [line.user, line.group, f"#{entry.video_id}" if entry.video_id else ""]
    with Tag("div", "row admin-row", role="listitem"):
        with Tag("div", "admin-who"):
            Tag("span", "admin-name", " · ".join([_words().get(entry.act, entry.act), *filter(None, whom)]))
            Tag("span", "row-note", " · ".join(filter(None, [_change(entry.before, entry.after), entry.note])))
        with Tag("div", "admin-facts"):
            Tag("span", "row-note", line.actor or _by(entry.act))
            moment(entry.created_at, "row-note")


def _names() -> dict[str, str]:
    return {
        "credits": _("credits"),
        "role": _("role"),
        "monthly_budget": _("monthly budget"),
        "name": _("name"),
        "priority": _("goes first"),
        "status": _("state"),
    }


def _change(before: dict[str, Any], after: dict[str, Any]) -> str:
    """`credits 100 → 150`; only what changed, as far as it says something to a reader."""
    parts = []
    for name, word in _names().items():
        old, new = before.get(name), after.get(name)
        if old != new:
            both = name in before and name in after
            parts.append(f"{word} {_value(old)} → {_value(new)}" if both else f"{word} {_value(new or old)}")
    changes = ", ".join(parts)
    return changes[:1].upper() + changes[1:]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "–" if value is None else str(value)
