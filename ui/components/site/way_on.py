"""Where to go on from a sentence that says no: each about credits, budget, set-up or sign-in names its action."""

from urllib.parse import quote

from nicegui import context

from core.accounts import users
from core.errors import AdsVideoError, ModelUnavailable, NotEnoughCredits, NotSignedIn, OverBudget
from core.models import User

from ... import i18n
from ...i18n import _
from ...kit.toast import toast

SETTINGS = "/admin?tab=system"


def way_on(error: AdsVideoError, user: User | None) -> tuple[str, str] | None:
    """The action's word and address; None where there is nothing to go to."""
    if isinstance(error, NotSignedIn):
        return _("Login"), "/auth/login"
    if isinstance(error, NotEnoughCredits):
        return _("Get credits"), f"/pricing?back={quote(context.client.request.url.path)}"
    if isinstance(error, OverBudget):
        return _("See my budget"), "/account"
    if isinstance(error, ModelUnavailable) and is_admin(user):
        return _("Open settings"), SETTINGS
    return None


def is_admin(user: User | None) -> bool:
    """Whether the settings are this visitor's to change."""
    return user is not None and users.role(user) == "admin"


def refuse(error: AdsVideoError, user: User | None) -> None:
    """Say in a toast why something was refused, with the way on."""
    toast(i18n.explain(error), "bad", way_on(error, user))
