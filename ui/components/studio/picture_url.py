"""The box for a picture's web address; an address that is pasted anywhere on the page comes here as well."""

import json
from collections.abc import Callable

from markupsafe import Markup
from nicegui import Event, events

from core.database.session import session
from core.errors import AdsVideoError, NotSignedIn
from core.models import Picture, User
from core.pictures import keeping, uploads

from ... import i18n
from ...i18n import _
from ...kit.elements import Tag

BOX = "picture-url"
INNER = Markup(
    '<input class="input" type="url" inputmode="url" autocomplete="off" maxlength="2000" placeholder="https://" '
    'aria-label="{label}"><button type="button" class="button button-small">{fetch}</button>'
)
BEFORE = Markup("<ads-address hidden></ads-address>")
"""Fetches the address that was given before the sign-in."""


class PictureUrl(Tag):
    """Fetches the picture at an address and calls `accept` with it, or `complain` with the reason."""

    def __init__(self, user: User | None, accept: Callable[[Picture], None], complain: Callable[[str], None]) -> None:
        inner = INNER.format(label=_("Address of a picture on the web"), fetch=_("Fetch")) + (BEFORE if user else "")
        super().__init__("div", "picture-url", inner=inner, data_address=True, hidden=True, id=BOX)
        self._user, self._accept, self._complain = user, accept, complain
        self._busy = False
        self.on("address", self._fetch, ["detail"])
        self.on("leave", lambda _: self.switch(), [])
        self.switched = Event[bool]()

    def free(self) -> None:
        """Let go of what holds the rest of a page that is closed."""
        self._accept, self._complain = lambda _picture: None, lambda _reason: None

    def switch(self) -> None:
        """Show the box, ready to type, or put it away again."""
        opens = bool(self.props.get("hidden"))
        self._show(opens)
        to = f"#{BOX} input" if opens else f"[aria-controls={BOX}]"
        self.client.run_javascript(f"document.querySelector('{to}').focus()")
        if not opens:
            self._complain("")

    def _show(self, shown: bool) -> None:
        self.put("hidden", not shown)
        self.switched.emit(shown)

    async def _fetch(self, event: events.GenericEventArguments) -> None:
        address = str(event.args.get("detail") or "")
        if self._busy:
            return
        self._complain("")
        if not address:
            return
        self._busy = True
        self.put("data-busy", True)
        try:
            picture = await self._picture(address)
        except AdsVideoError as error:
            self._complain(i18n.explain(error))
            self._show(True)
            if isinstance(error, NotSignedIn):  # it is fetched as soon as somebody has signed in
                self.client.run_javascript(f"sessionStorage.setItem('address', {json.dumps(address[:2000])})")
        else:
            self._accept(picture)
            self._show(False)
            self.client.run_javascript(f"document.querySelector('#{BOX} input').value = ''")
        finally:
            self._busy = False
            self.put("data-busy", None)

    async def _picture(self, url: str) -> Picture:
        if self._user is None:
            raise NotSignedIn()
        prepared = await keeping.fetch(self._user.id, url)
        async with session() as db:
            return await uploads.accept(db, self._user.id, prepared)
