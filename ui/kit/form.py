"""Labelled native fields, and `do`, which runs a change and shows its outcome."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import events
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.session import session
from core.errors import AdsVideoError, WrongInput
from core.phrase import Phrase

from .. import i18n
from ..i18n import _
from .elements import Tag
from .toast import toast

Changed = Callable[[], Awaitable[None]]
Deed = Callable[[AsyncSession], Awaitable[object]]


class Line(Tag):
    """A text field, or a select if there are `options`, under its label. `value` is its current value."""

    def __init__(self, name: str, label: str, value: str, options: dict[str, str] | None, **attributes: Any) -> None:
        super().__init__(name, "input", aria_label=label, **attributes)
        self.value = value
        if options is None:
            self.props["^value"] = value  # the attribute, not the property: typed text survives updates of the page
        else:
            with self:
                for key, word in options.items():
                    option = Tag("option", "", word)
                    option.props["^value"] = key
                    if key == value:
                        option.props["^selected"] = ""
        self.on("input", self._keep, js_handler="(e) => emit(e.target.value)")

    def _keep(self, event: events.GenericEventArguments) -> None:
        self.value = str(event.args)[:1000]


def field(label: str, value: str = "", *, hint: str = "", number: bool = False) -> Line:
    """A labelled text field."""
    with Tag("label", "field-line"):
        Tag("span", "field-name", label)
        return Line(
            "input", label, value, None, placeholder=hint, autocomplete="off", inputmode="numeric" if number else None
        )


def choice(label: str, options: dict[str, str], value: str, *, disabled: bool = False) -> Line:
    """A labelled select."""
    with Tag("label", "field-line"):
        Tag("span", "field-name", label)
        return Line("select", label, value, options, disabled=disabled)


def whole_number(text: str | None) -> int | None:
    """The typed text as a number; None if empty. Raises WrongInput."""
    text = (text or "").replace(",", "").replace(" ", "").strip()
    if not text:
        return None
    if not text.lstrip("+-").isascii() or not text.lstrip("+-").isdigit() or len(text) > 12:
        raise WrongInput(Phrase("Please enter a whole number."))
    return int(text)


async def do(deed: Deed, done: str = "") -> bool:
    """Run `deed` in one transaction and show a toast with `done` or the error; True if done."""
    try:
        async with session() as db:
            await deed(db)
    except AdsVideoError as error:
        toast(i18n.explain(error), "bad")
        return False
    toast(done or _("Saved."), "good")
    return True
