"""What administrators did, newest first."""

from typing import Any

from core import audit
from core.audit import AuditLine
from core.database import reading

from .. import i18n
from ..i18n import _
from ..kit.elements import Tag, button

PAGE = 50


class AuditLog(Tag):
    """One line per deed."""

    def __init__(self) -> None:
        super().__init__("section", "admin-part")
        self._last: int | None = None
        with self:
            self._rows = Tag("div", "rows", role="list", aria_label=_("Audit log"))
            with Tag("div", "more"):
                self._more = button(_("Load more"), self.load, hidden=True)

    async def load(self) -> None:
        """The next page of lines."""
        async with reading() as db:
            found = await audit.page(db, self._last, PAGE + 1)
        with self._rows:
            for line in found[:PAGE]:
                _line(line)
            if not found and self._last is None:
                Tag("p", "page-note", _("Nothing has been done yet."), role="listitem")
        self._last = found[:PAGE][-1].entry.id if found else self._last
        self._more.put("hidden", len(found) <= PAGE)


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
        "erase": _("Erased an account"),
    }


def _line(line: AuditLine) -> None:
    entry = line.entry
    whom = [line.user, line.group, f"#{entry.video_id}" if entry.video_id else ""]
    with Tag("div", "row admin-row", role="listitem"):
        with Tag("div", "admin-who"):
            Tag("span", "admin-name", " · ".join([_words().get(entry.act, entry.act), *filter(None, whom)]))
            Tag("span", "row-note", " · ".join(filter(None, [_change(entry.before, entry.after), entry.note])))
        with Tag("div", "admin-facts"):
            Tag("span", "row-note", line.actor or _("Command line"))
            Tag("time", "row-note", i18n.ago(entry.created_at), title=i18n.exactly(entry.created_at))


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
    return ", ".join(parts)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "–" if value is None else str(value)
