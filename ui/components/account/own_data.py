"""The visitor's data: download all of it as a zip, or erase it."""

from nicegui import ui

from core.admin.own_data import erase
from core.database.session import session
from core.errors import AdsVideoError
from core.models import User
from core.storage import store

from ... import i18n
from ...i18n import _
from ...kit.dialog import Dialog
from ...kit.elements import Tag, button, link
from ...kit.form import field
from ...kit.toast import toast


def own_data(user: User) -> None:
    """The part of the account page."""
    with Tag("section", "account-part"):
        Tag("h2", "account-title", _("Your data"))
        Tag("p", "page-note", _("Everything we have of you: account, ledger, pictures and videos in one zip file."))
        with Tag("div", "chips"):
            link(_("Download my data"), "/api/v1/me/export", symbol="download", download="adsvideo.zip")
            erase = button(_("Delete my account"), lambda: EraseDialog(user), look="danger", symbol="trash-2")
            erase.put("aria_haspopup", "dialog")


class EraseDialog(Dialog):
    """Asks for the e-mail address, so that nobody erases an account by mistake."""

    def __init__(self, user: User) -> None:
        super().__init__(_("Delete your account?"))
        self._user = user
        with self.body:
            Tag("p", "dialog-text", _("Your videos, pictures, API keys and share links are gone for good, and what is left of your credits with them. Videos on their way are canceled."))  # noqa: E501
            self._typed = field(_("Type {email} to confirm", email=user.email))
            with Tag("div", "dialog-actions"):
                button(_("Keep it"), self.close)
                button(_("Delete for good"), self._erase, look="danger")

    async def _erase(self) -> None:
        try:
            async with session() as db:
                keys = await erase(db, self._user.id, self._typed.value)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
            return
        ui.navigate.to("/")
        await store.delete(*keys)
