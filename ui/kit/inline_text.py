"""A line of text that is edited where it stands: Enter or leaving it keeps it, Escape takes the typing back."""

import json
from collections.abc import Awaitable, Callable

from nicegui import events

from .elements import Tag

LEFT = "(e) => emit(e.target.value)"


class InlineText(Tag):
    """`keep` is called with the text whenever the field is left; `hint` is what stands there without a text."""

    def __init__(
        self, value: str, keep: Callable[[str], Awaitable[None]], *, label: str, hint: str, longest: int
    ) -> None:
        super().__init__("label", "inline-text", symbol="pencil", title=label)
        self._keep, self._longest = keep, longest
        with self:
            self._field = Tag("input", "inline-text-field", maxlength=longest, placeholder=hint, aria_label=label,
                              autocomplete="off", data_inline=True)  # fmt: skip
        self._field.props["^value"] = value  # the attribute, not the property: typed text survives updates of the page
        self._field.on("blur", self._left, js_handler=LEFT)

    async def _left(self, event: events.GenericEventArguments) -> None:
        text = event.args if isinstance(event.args, str) else ""
        await self._keep(" ".join(text.split())[: self._longest])

    def show(self, text: str) -> None:
        """Show a text from elsewhere, unless somebody types here."""
        self._field.props["^value"] = text
        self.client.run_javascript(f"adsvideo.retype(getHtmlElement({self._field.id}), {json.dumps(text)})")

    def begin(self) -> None:
        """Put the cursor into it, with all of it marked."""
        self.client.run_javascript(f"adsvideo.edit(getHtmlElement({self._field.id}))")
