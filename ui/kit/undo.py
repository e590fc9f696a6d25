"""Offers to undo an action: a sentence with an Undo button at the bottom right, for SECONDS."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from ..i18n import _
from .elements import Tag, button

SECONDS = 12.0


class Undo(Tag):
    """One offer at a time: a new one replaces the last."""

    def __init__(self) -> None:
        super().__init__("div", "undo", role="status")
        self._timer: ui.timer | None = None

    def offer(self, sentence: str, take_back: Callable[[], Awaitable[None]]) -> None:
        """Show the sentence and focus Undo, as the element that had the focus is gone."""
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
        """Remove the offer."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self.clear()
