"""What was done can be taken back: a sentence with Undo at the bottom right, for some seconds."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from ..i18n import _
from .elements import Tag, button

SECONDS = 12.0


class Undo(Tag):
    """One at a time: the next one takes the place of the one before."""

    def __init__(self) -> None:
        super().__init__("div", "undo", role="status")
        self._timer: ui.timer | None = None

    def offer(self, sentence: str, take_back: Callable[[], Awaitable[None]]) -> None:
        """Say what was done; the focus goes to Undo, because what had it is gone."""
        self.withdraw()

        async def go() -> None:
            self.withdraw()
            await take_back()

        with self:
            with Tag("div", "undo-box"):
                Tag("span", "", sentence)
                undo = button(_("Undo"), go, look="link")
            self._timer = ui.timer(SECONDS, self.withdraw, once=True, immediate=False)
        undo.run_method("focus", {"preventScroll": True})

    def withdraw(self) -> None:
        """It is too late, or done."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self.clear()
