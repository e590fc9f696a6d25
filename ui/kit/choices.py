"""A group of buttons of which some are chosen: one element on the server for all of them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

from markupsafe import Markup
from nicegui import events

from .elements import Tag

OPTION = Markup('<button type="button" class="{}" data-key="{}"{}>{}</button>')


def option(classes: str, key: str, inner: str | Markup, **attributes: str) -> Markup:
    """One of the buttons, with its attributes written as `Tag` takes them."""
    pairs = (Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), text) for name, text in attributes.items())
    return OPTION.format(classes, key, Markup().join(pairs), inner)


class Choices(Tag):
    """Buttons by their keys, which hold no space. `ads-choices` in choices.js marks the chosen and tells of a click."""

    def __init__(
        self,
        classes: str,
        state: Literal["aria-checked", "aria-pressed"],
        choose: Callable[[str], Awaitable[None] | None],
        **attributes: Any,
    ) -> None:
        super().__init__("ads-choices", classes, state=state, **attributes)
        self._choose = choose
        self._keys: frozenset[str] = frozenset()
        self.on("choose", self._chosen, ["detail"])

    def free(self) -> None:
        """Let go of what holds the rest of a page that is closed."""
        self._choose = lambda _key: None

    def show(self, options: Mapping[str, Markup]) -> None:
        """Show these buttons."""
        self._keys = frozenset(options)
        self.put("innerHTML", str(Markup().join(options.values())))

    def mark_chosen(self, *keys: str) -> None:
        """Mark these keys as chosen; a key without a button marks none."""
        self.put("chosen", " ".join(keys))

    def _chosen(self, event: events.GenericEventArguments) -> Awaitable[None] | None:
        key = event.args.get("detail") if isinstance(event.args, dict) else None
        return self._choose(key) if isinstance(key, str) and key in self._keys else None
