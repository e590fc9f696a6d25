"""API keys: made here, shown once, revoked here."""

from functools import partial

from core.accounts import api_keys
from core.database.session import reading, session
from core.errors import AdsVideoError
from core.models import ApiKey, User

from ... import formats, i18n
from ...i18n import _
from ...kit.dialog import confirm
from ...kit.elements import Tag, button, link
from ...kit.moment import moment
from ...kit.toast import toast
from ..video.words import localized


class Keys(Tag):
    """API keys: made here, shown once, revoked here."""

    def __init__(self, user: User) -> None:
        super().__init__("section", "account-part")
        self._user = user
        with self:
            with Tag("div", "account-head"):
                Tag("h2", "account-title", _("API keys"))
                with Tag("div", "chips"):
                    link(_("API reference"), "/docs", look="small")
                    button(_("New key"), self._make, look="small")
            self._new = Tag("div", "key-new", hidden=True, role="status")
            self._rows = Tag("div", "rows", role="list")

    async def load(self) -> None:
        """Load and draw the keys."""
        async with reading() as db:
            rows = await api_keys.keys(db, self._user.id)
        self._rows.clear()
        with self._rows:
            if not rows:
                Tag("p", "page-note", _("With a key a script can do all that these pages do."), role="listitem")
            for key in rows:
                self._row(key)

    def _row(self, key: ApiKey) -> None:
        with Tag("div", "row", role="listitem"):
            Tag("code", "row-main", f"{key.start}…")
            Tag("span", "row-note", localized(key.name))
            if key.last_used_at:
                used = _("Used {ago}", ago=formats.ago(key.last_used_at))
                moment(key.last_used_at, "row-note", text=used)
            else:
                Tag("span", "row-note", _("Never used"))
            button(_("Revoke"), partial(self._ask, key), look="small", aria_haspopup="dialog")

    async def _make(self) -> None:
        async with session() as db:
            text = await api_keys.make_key(db, self._user, _("Account page"))
        self._new.clear()
        self._new.put("hidden", False)
        with self._new:
            Tag("p", "page-note", _("Copy it now; it is not shown again."))
            Tag("code", "key-text", text)
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
                await api_keys.revoke_key(db, self._user.id, key.id)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
        await self.load()
