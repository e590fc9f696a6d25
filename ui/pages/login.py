"""`/login`: why a sign-in was refused, and how to try again."""

from nicegui import ui

from core.errors import SignInRefused

from .. import i18n, layout
from ..i18n import _
from ..kit.elements import Tag, link
from ..session import Visitor


def _reason(code: str) -> str:
    """Why the sign-in was refused, from the code in the address; nothing else of the address is shown."""
    kind = next((kind for kind in SignInRefused.__subclasses__() if kind.code == code), None)
    return i18n.explain(kind()) if kind else ""


@ui.page("/login", response_timeout=layout.BUILD_SECONDS)
async def login(visitor: Visitor, why: str = "") -> None:
    """One sentence and one button."""
    with layout.frame(visitor, _("Login")), Tag("div", "notice"):
        Tag("h1", "notice-title", _("You are not logged in") if visitor is None else _("You are logged in"))
        if reason := _reason(why):
            Tag("p", "notice-text", reason, role="alert")
        if visitor is None:
            link(_("Log in again") if reason else _("Login"), "/auth/login", look="accent")
        else:
            link(_("Back to the studio"), "/", look="accent")
