"""A field for longer text: what the visitor types always wins over what the server writes."""

import json
from collections.abc import Callable
from typing import Any

from markupsafe import escape
from nicegui import events

from .elements import Tag


class TextArea(Tag):
    """A text field that grows with its text. `value` is what is in it, as far as the server knows.

    `typed` is called with the text after each change in the browser, which lets in `max_length` characters.
    """

    def __init__(
        self, value: str, typed: Callable[[str], None], *, label: str, max_length: int, **more: Any
    ) -> None:
        super().__init__(
            "textarea", "text-area", inner=escape(value), maxlength=max_length, aria_label=label, **more
        )
        self.value = value
        self._call = typed
        self._max_length = max_length
        self.on("input", self._typed, js_handler="(e) => emit(e.target.value)")

    def free(self) -> None:
        """Let go of what holds the rest of a page that is closed."""
        self._call = lambda _text: None

    def _typed(self, event: events.GenericEventArguments) -> None:
        self.value = str(event.args)[: self._max_length]
        self._call(self.value)

    def write(self, value: str) -> None:
        """Replace the text, unless the visitor has typed since: that text is newer and on its way here."""
        before, self.value = self.value, value
        words = json.dumps([before, value])
        self.client.run_javascript(f"adsvideo.write(getHtmlElement({self.id}), ...{words})")

    def select(self, start: int, end: int) -> None:
        """Select these characters, ready to be typed over."""
        at, to = (len(self.value[:n].encode("utf-16-le")) // 2 for n in (start, end))  # as a browser counts
        self.client.run_javascript(f"adsvideo.select(getHtmlElement({self.id}), {at}, {to})")
