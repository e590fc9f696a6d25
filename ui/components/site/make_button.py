"""A button with its price that makes something, and above it why it was refused, with the way on."""

from collections.abc import Awaitable, Callable

from core.errors import AdsVideoError
from core.models import User

from ... import i18n, page_state
from ...i18n import _
from ...kit.elements import Tag, link
from ...kit.paid import on_paid_click, release
from .way_on import way_on


class MakeButton(Tag):
    """`press` does it; what it raises of our errors is said. A second click meanwhile does nothing."""

    def __init__(self, user: User, press: Callable[[], Awaitable[None]], marker: str) -> None:
        super().__init__("div", "generate")
        self._user, self._press, self._busy = user, press, False
        self._state = page_state.of(user)
        with self:
            self._problem = Tag("div", "problem generate-problem", role="alert")
            self._button = Tag("button", "generate-button", type="button", data_testid=marker).mark(marker)
        on_paid_click(self._button, self._go)

    def show(self, text: str, price: int | None, *, disabled: bool = False) -> None:
        """What it says; with a price also what it leaves."""
        self._button.text = text
        self._button.put("disabled", disabled)
        left = self._state.user.credits - price if self._state.user and price is not None else -1
        self._button.put("title", _("Leaves you {credits}", credits=i18n.credits(left)) if left >= 0 else None)

    def complain(self, error: AdsVideoError | None) -> None:
        """Say why not; None once what it was about has changed."""
        self._problem.clear()
        if error is None:
            return
        with self._problem:
            Tag("span", "", i18n.explain(error), symbol="circle-alert")
            if way := way_on(error, self._user):
                link(*way, look="link")

    async def _go(self) -> None:
        if self._busy:
            return
        self._busy = True  # until the page has gone on to what was made
        try:
            await self._press()
        except Exception as error:
            self._busy = False
            release(self._button, disabled=False)
            if not isinstance(error, AdsVideoError):
                raise
            self.complain(error)
