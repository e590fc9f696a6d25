"""The name that others read beside what the visitor shares or says."""

from core.accounts.public_name import set_public_name
from core.models import User

from ...i18n import _
from ...kit.elements import Tag, button
from ...kit.form import do, field


def public_name(user: User) -> None:
    """The part of the account page."""
    with Tag("section", "account-part"):
        Tag("h2", "account-title", _("Public name"))
        Tag("p", "page-note", _("Others read it beside videos that you share and comments that you write."))
        line = field(_("Public name"), user.public_name)

        async def save() -> None:
            await do(lambda db: set_public_name(db, user.id, line.value or ""))

        button(_("Save"), save)
