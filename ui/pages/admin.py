"""`/admin`: people, groups, jobs, system, audit log and shop. For everybody else there is no such page."""

from collections.abc import Awaitable, Callable

from nicegui import context, ui

from core.accounts import users
from core.billing import shop
from core.models import User

from .. import layout, page_state, social_access
from ..components.admin.audit import AuditLog
from ..components.admin.groups import Groups
from ..components.admin.jobs import Jobs
from ..components.admin.people import People
from ..components.admin.reported import ReportedVideos
from ..components.admin.shop import ShopPart
from ..components.admin.system import System
from ..components.site.notice import nothing_here
from ..i18n import _
from ..kit.elements import Tag, page_head
from ..session import Visitor

Part = Callable[[User], Awaitable[None]]


@ui.page("/admin", response_timeout=layout.BUILD_SECONDS)
async def admin(visitor: Visitor, tab: str = "people") -> None:
    """One part at a time, each with an address of its own."""
    if visitor is None or users.role(visitor) != "admin":
        context.client.status_code = 404
        with layout.frame(visitor, _("Not found")):
            nothing_here()
        return
    page_state.of(visitor).role = "admin"
    parts = _parts()
    name = tab if tab in parts else "people"
    with layout.frame(visitor, _("Admin"), "admin"):
        page_head(_("Admin"))
        with Tag("nav", "tabs", aria_label=_("Parts of the administration")):
            for key, (title, _part) in parts.items():
                Tag("a", "tab", title, href=f"/admin?tab={key}", aria_current="page" if key == name else None)
        await parts[name][1](visitor)


def _parts() -> dict[str, tuple[str, Part]]:
    parts: dict[str, tuple[str, Part]] = {
        "people": (_("People"), lambda me: People(me).load()),
        "groups": (_("Groups"), lambda me: Groups(me).load()),
        "jobs": (_("Jobs"), lambda me: Jobs(me).load()),
        "system": (_("System"), lambda me: System(me).load()),
        "audit": (_("Audit log"), lambda me: AuditLog(me).load()),
    }
    if social_access.is_on():
        parts["reported"] = (_("Reported"), lambda me: ReportedVideos(me).load())
    if shop.is_open():
        parts["shop"] = (_("Shop"), lambda me: ShopPart(me).load())
    return parts
