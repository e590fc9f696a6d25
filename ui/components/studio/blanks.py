"""The blanks of a prompt: a field for each, in a template's dialog and before a prompt with blanks is paid for."""

from collections.abc import Awaitable, Callable
from functools import partial

from nicegui import events

from core.prompts import templates

from ...i18n import _
from ...kit.dialog import Dialog
from ...kit.elements import Tag, button
from ...kit.paid import on_paid_click


def _names() -> dict[str, str]:
    return {
        "product": _("product"),
        "surface": _("surface"),
        "light": _("light"),
        "backdrop": _("backdrop"),
        "elements": _("elements"),
        "detail": _("detail"),
        "liquid": _("liquid"),
        "part": _("part"),
        "place": _("place"),
        "time": _("time of day"),
        "action": _("action"),
        "season": _("season"),
        "box": _("box"),
        "before": _("before"),
    }


class BlankFields(Tag):
    """A field for each blank of the text, and the prompt as it becomes below: `prompt`."""

    def __init__(self, text: str) -> None:
        super().__init__("div", "blank-fields")
        self._template = text
        self._values: dict[str, str] = {}
        words = _names()
        with self:
            with Tag("div", "template-fields"):
                for blank in templates.blanks(text):
                    with Tag("label", "template-field"):
                        Tag("span", "", words.get(blank.name, blank.name))
                        field = Tag("input", "input", type="text", placeholder=blank.words, maxlength="120")
                        field.on("input", partial(self._put, blank.name), js_handler="(e) => emit(e.target.value)")
            self._preview = Tag("p", "template-preview", self.prompt, aria_live="polite")

    @property
    def prompt(self) -> str:
        """The text with the blanks as they are filled."""
        return templates.fill(self._template, self._values)

    def _put(self, name: str, event: events.GenericEventArguments) -> None:
        self._values[name] = str(event.args or "")[:120]
        self._preview.text = self.prompt

    def focus(self) -> None:
        """Put the cursor into the first one."""
        self.client.run_javascript(f"getHtmlElement({self.id})?.querySelector('input')?.focus()")


class BlanksDialog(Dialog):
    """Asks about blanks that are left in a prompt: `fill` takes the filled prompt, `go` generates with them."""

    def __init__(self, prompt: str, fill: Callable[[str], None], go: Callable[[], Awaitable[None]]) -> None:
        super().__init__(_("Fill the blanks first?"))

        def filled() -> None:
            self.close()
            fill(fields.prompt)

        async def as_it_is() -> None:
            self.close()
            await go()

        with self.body:
            Tag("p", "dialog-text", _("Your prompt has words in [brackets]. The model would read them as they stand."))
            fields = BlankFields(prompt)
            with Tag("div", "dialog-actions"):
                on_paid_click(button(_("Generate as it is"), look="quiet"), as_it_is)
                button(_("Fill in"), filled, look="accent")
        fields.focus()
