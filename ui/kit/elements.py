"""The smallest pieces: a plain HTML element, a button, a link, a menu and its rows."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from markupsafe import Markup
from nicegui import ui

from ..compat import PlainElement

Click = Callable[[], Awaitable[None] | None]


class Tag(PlainElement):
    """A plain HTML element with our classes.

    Attributes are written with `_` for `-`, and with a trailing `_` where they are Python keywords. `symbol` draws
    an icon of static/icons before the text by CSS, which saves an element (0.2 ms on the server). Content that never
    changes can be `inner`, escaped by Markup, instead of elements.
    """

    def __init__(
        self,
        name: str,
        classes: str = "",
        text: str = "",
        *,
        symbol: str = "",
        inner: Markup | None = None,
        **attributes: Any,
    ) -> None:
        pairs = (html_attribute(key, value) for key, value in attributes.items())
        props = {key: value for key, value in pairs if value is not None}
        if inner is not None:
            props["innerHTML"] = str(inner)
        super().__init__(name, icon_class(classes, symbol).split(), text, props)

    def put(self, attribute: str, value: Any) -> None:
        """Set an attribute; None removes it."""
        key, value = html_attribute(attribute, value)
        if self.props.get(key) != value:
            self.props.set_optional(key, value)

    def on_click(self, action: Click) -> "Tag":
        """Call when clicked, without sending the event's details over the wire.

        The action runs in the page, not where the element is: it may delete the element and go on.
        """
        self.on("click", lambda _: self._act(action), [])
        return self

    def _act(self, action: Callable[[], object]) -> Coroutine[Any, Any, None] | None:
        page = self.client.content
        with page:
            begun = action()
        if not asyncio.iscoroutine(begun):  # `dialog.close` gives the dialog, and to wait for that would open it
            return None

        async def go_on() -> None:
            with page:
                await begun

        return go_on()


def html_attribute(name: str, value: Any) -> tuple[str, Any]:
    """The attribute as HTML writes it: `aria-*` booleans as text; any other False removes it."""
    key = name.rstrip("_").replace("_", "-")
    if isinstance(value, bool) and key.startswith("aria-"):
        return key, str(value).lower()
    return key, None if value is False else value


def icon_class(classes: str, symbol: str) -> str:
    """The classes with those that draw an icon before the text."""
    return f"{classes} has-icon icon-{symbol}".strip() if symbol else classes


def page_head(title: str, note: str = "") -> Tag:
    """The title of a page and what it is for; what is put into it stands at the right."""
    with Tag("div", "page-head") as made, Tag("div"):
        Tag("h1", "page-title", title)
        if note:
            Tag("p", "page-note", note)
    return made


def button_classes(kind: str, look: str) -> str:
    """The classes of a button that looks so."""
    return f"{kind} {kind}-{look}" if look else kind


def button(text: str, action: Click | None = None, *, look: str = "", symbol: str = "", **attributes: Any) -> Tag:
    """A button in our style: `""`, `accent`, `quiet`, `danger`, `media` (on a picture)."""
    element = Tag("button", button_classes("button", look), text, symbol=symbol, type="button", **attributes)
    return element.on_click(action) if action else element


def icon_button(name: str, label: str, action: Click | None = None, *, look: str = "", **attributes: Any) -> Tag:
    """A square button with an icon and a name for screen readers."""
    classes = button_classes("icon-button", look)
    element = Tag("button", classes, symbol=name, type="button", aria_label=label, title=label, **attributes)
    return element.on_click(action) if action else element


def link(text: str, target: str, *, look: str = "", symbol: str = "", **attributes: Any) -> Tag:
    """A link that looks like a button."""
    return Tag("a", button_classes("button", look), text, symbol=symbol, href=target, **attributes)


class Menu(ui.menu):
    """A menu that opens below, at the right edge of the button it is in; its rows are built when it opens.

    With a `target`, the selector of a button, it opens at once: a page has no menus that nobody has asked for.
    """

    def __init__(self, rows: Callable[[], object], target: str = "") -> None:
        super().__init__(value=bool(target))
        self._rows = rows
        self.props('anchor="bottom right" self="top right" :offset="[0, 8]" auto-close').classes("menu")
        if target:
            self.props["target"] = target
        self.on_value_change(self._fill)
        self._fill()

    def _fill(self) -> None:
        if self.value:
            self.clear()
            with self, Tag("div", "menu-list", data_roving="move"):
                self._rows()


def menu_row(text: str, *, symbol: str = "", **attributes: Any) -> Tag:
    """A line of a menu: a link if it has an address, else a button."""
    name = "a" if "href" in attributes else "button"
    kind: dict[str, Any] = {} if name == "a" else {"type": "button"}
    return Tag(name, "menu-item", text, symbol=symbol, role="menuitem", data_rove=True, **kind, **attributes)


def menu_line() -> Tag:
    """A line between groups of rows."""
    return Tag("div", "menu-line", role="separator")
