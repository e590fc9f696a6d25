"""The field for the prompt: what is typed always wins over what the server writes into it."""

import json
from collections.abc import Callable

from markupsafe import escape
from nicegui import events

from ..i18n import _
from .tags import Tag

MAX_LENGTH = 2000  # what the browser lets in; the limit of a prompt is told in words


class PromptInput(Tag):
    """A growing text field. `value` is what is in it, as far as the server knows."""

    def __init__(self, value: str, typed: Callable[[str], None]) -> None:
        super().__init__(
            "textarea", "prompt-input", inner=escape(value), maxlength=MAX_LENGTH, aria_label=_("Prompt"),
            placeholder=_("What should happen? “Slow push-in, warm light glides over the glass.”"),
        )  # fmt: skip
        self.mark("prompt")
        self.value = value
        self._told = typed
        self.on("input", self._typed, js_handler="(e) => emit(e.target.value)")

    def _typed(self, event: events.GenericEventArguments) -> None:
        self.value = str(event.args)[:MAX_LENGTH]
        self._told(self.value)

    def write(self, value: str) -> None:
        """Put another text into the field, unless somebody has typed since: that is on its way here, and newer."""
        before, self.value = self.value, value
        words = json.dumps([before, value])
        self.client.run_javascript(f"adsvideo.write(getHtmlElement({self.id}), ...{words})")

    def select(self, start: int, end: int) -> None:
        """Mark these characters, ready to be written over."""
        at, to = (len(self.value[:n].encode("utf-16-le")) // 2 for n in (start, end))  # as a browser counts
        self.client.run_javascript(f"adsvideo.select(getHtmlElement({self.id}), {at}, {to})")
