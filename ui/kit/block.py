"""A part of a page that is drawn as a whole: one element on the server, however much is in it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from markupsafe import Markup, escape
from nicegui import events

from .elements import Tag, button_classes, html_attribute, icon_class

Actions = Mapping[str, Callable[..., object]]
EMPTY = ("img", "input", "source", "track")


def html(name: str, classes: str = "", *content: str | Markup, symbol: str = "", **attributes: Any) -> Markup:
    """An element as HTML; `symbol` and attributes as `Tag` takes them. Text is escaped, HTML stays."""
    pairs = [("class", icon_class(classes, symbol) or None), *(html_attribute(*pair) for pair in attributes.items())]
    written = "".join(
        f' {key}="{"" if value is True else escape(value)}"' for key, value in pairs if value is not None
    )
    end = "" if name in EMPTY else f"{''.join(map(escape, content))}</{name}>"
    return Markup(f"<{name}{written}>{end}")  # noqa: S704 - escaped


def html_button(text: str, do: str = "", *, look: str = "", symbol: str = "", **attributes: Any) -> Markup:
    """A button in our style that runs the action `do` of its block."""
    classes = button_classes("button", look)
    return html("button", classes, text, symbol=symbol, type="button", data_do=do or None, **attributes)


def html_icon_button(
    name: str, label: str, do: str, *, look: str = "", classes: str = "", **attributes: Any
) -> Markup:
    """A square button with an icon and a name for screen readers, which runs the action `do` of its block."""
    more = {"type": "button", "aria_label": label, "title": label, "data_do": do, **attributes}
    return html("button", f"{button_classes('icon-button', look)} {classes}", symbol=name, **more)


class Block(Tag):
    """What is in it is HTML, by `show`; `ads-block` in block.js changes of it only what differs from before.

    So focus, scrolling and what the browser itself has changed stay. Elements with another `data_key` are new ones. A
    click on what has `data_do="name"` calls the action of that name as long as it is shown; after `"name key"` with the
    key.
    """

    def __init__(self, classes: str = "", actions: Actions | None = None, **attributes: Any) -> None:
        super().__init__("ads-block", classes, **attributes)
        self._actions = actions or {}
        if actions:
            self.on("do", self._do, ["detail"])

    def show(self, *content: str | Markup) -> None:
        """Show this, and nothing else."""
        self.put("html", "".join(map(escape, content)))

    def free(self) -> None:
        """Let go of what holds the rest of a page that is closed."""
        self._actions = {}

    def _do(self, event: events.GenericEventArguments) -> object:
        done = event.args.get("detail") if isinstance(event.args, dict) else None
        if not isinstance(done, str) or f'data-do="{escape(done)}"' not in self.props.get("html", ""):
            return None
        name, *keys = done.split(" ", 1)
        return self._act(partial(self._actions[name], *keys))
