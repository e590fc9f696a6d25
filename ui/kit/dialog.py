"""A dialog in our style: it traps the focus, closes on Escape and is labelled by its title."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from ..i18n import _
from .elements import Tag, button, icon_button


class Dialog(ui.dialog):
    """Fill it with `with dialog.body:`; it opens at once and is deleted when closed."""

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


def confirm(title: str, text: str, word: str, action: Callable[[], Awaitable[None]], *, keep: str = "") -> None:
    """Ask before an `action` that can't be undone; `keep` is the word for leaving it as it is."""
    dialog = Dialog(title)

    async def go() -> None:
        dialog.close()
        await action()

    with dialog.body:
        Tag("p", "dialog-text", text)
        with Tag("div", "dialog-actions"):
            button(keep or _("Keep it"), dialog.close)
            button(word, go, look="danger")
