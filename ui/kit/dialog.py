"""A dialog in our looks: it traps the focus, closes on Escape, and says what it is about."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from ..i18n import _
from .elements import Tag, button, icon_button


class Dialog(ui.dialog):
    """Fill it with `with dialog.body:`; it opens at once and is gone when it is closed."""

    def __init__(self, title: str) -> None:
        super().__init__(value=True)
        self.props["aria-label"] = title
        self.classes("dialog")
        with self, Tag("div", "dialog-card"):
            with Tag("div", "dialog-head"):
                Tag("h2", "dialog-title", title)
                icon_button("x", _("Close"), self.close, look="small")
            self.body = Tag("div", "dialog-body")
        self.on("hide", self.delete, [])


def confirm(title: str, text: str, word: str, action: Callable[[], Awaitable[None]]) -> None:
    """Ask before something that can't be undone."""
    asked = Dialog(title)

    async def go() -> None:
        asked.close()
        await action()

    with asked.body:
        Tag("p", "dialog-text", text)
        with Tag("div", "dialog-actions"):
            button(_("Keep it"), asked.close)
            button(word, go, look="danger")
