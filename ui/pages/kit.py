"""`/kit`, with DEV=1 only: our own elements and NiceGUI's side by side, to see whether they are one family."""

from collections.abc import Callable

from nicegui import context, ui

from core.settings import settings

from .. import layout
from ..components.site.notice import nothing_here
from ..i18n import _
from ..kit.choices import Choices, option
from ..kit.dialog import Dialog
from ..kit.elements import Menu, Tag, button, icon_button, menu_row, page_head
from ..kit.form import choice, field
from ..kit.text_area import TextArea
from ..kit.toast import toast
from ..kit.undo import Undo
from ..session import Visitor

LENGTHS = {"4": "4 s", "8": "8 s", "12": "12 s"}
ROWS = [{"who": "Ann", "credits": 120}, {"who": "Bob", "credits": 80}, {"who": "Charlie", "credits": 7}]
LONG = "Slow push-in, warm light glides over the glass."


@ui.page("/kit", response_timeout=layout.BUILD_SECONDS)
async def kit(visitor: Visitor) -> None:
    """A row per kind of element: ours at the left, theirs at the right."""
    if not settings().dev:
        context.client.status_code = 404
        with layout.frame(visitor, _("Not found")):
            nothing_here()
        return
    with layout.frame(visitor, "Kit"):
        page_head("Kit", "Our elements (ui/kit) at the left, NiceGUI's own at the right.")
        _row("Buttons", _our_buttons, _their_buttons)
        _row("Fields", _our_fields, _their_fields)
        _row("Longer text", lambda: TextArea(LONG, _nothing, label="Prompt", max_length=500), _their_text)
        _row("One of several", _our_choices, _their_choices)
        _row("Yes or no", _our_switch, _their_switches)
        _row("Lists", _our_list, _their_table)
        _row("Cards", _our_card, _their_card)
        _row("Menus and dialogs", _our_menu, _their_menu)
        _row("Messages", _our_messages, _their_messages)
        _row("Tabs", _our_tabs, _their_tabs)
        _row("Only theirs", lambda: None, _only_theirs)


def _nothing(*_arguments: object) -> None:
    """What the elements of this page do."""


def _row(title: str, ours: Callable[[], object], theirs: Callable[[], object]) -> None:
    with Tag("section", "kit-row", aria_label=title):
        Tag("h2", "kit-title", title)
        for draw in (ours, theirs):
            with Tag("div", "kit-cell"):
                draw()


def _our_buttons() -> None:
    for word, look in (("Save", "accent"), ("Keep it", ""), ("Later", "quiet"), ("Delete", "danger")):
        button(word, _nothing, look=look)
    button("Disabled", disabled=True)
    icon_button("copy", "Copy", _nothing)


def _their_buttons() -> None:
    ui.button("Save")
    ui.button("Keep it", color=None)
    ui.button("Later", color=None).props("flat")
    ui.button("Delete", color="negative")
    ui.button("Disabled", color=None).disable()


def _our_fields() -> None:
    field("Name", "Ann Example")
    field("Monthly budget", hint="none", number=True)
    choice("Length", LENGTHS, "8")


def _their_fields() -> None:
    ui.input("Name", value="Ann Example")
    ui.input("Monthly budget", placeholder="none", validation={"A whole number, please": str.isdigit})
    ui.select(LENGTHS, value="8", label="Length")
    ui.number("Credits", value=10)


def _their_text() -> None:
    ui.textarea("Prompt", value=LONG)


def _our_choices() -> None:
    choices = Choices("segments", "aria-pressed", _nothing, single=True, role="group", aria_label="Length")
    choices.show({key: option("segment", key, word) for key, word in LENGTHS.items()})
    choices.mark_chosen("8")


def _their_choices() -> None:
    ui.toggle(LENGTHS, value="8")
    ui.radio(LENGTHS, value="8").props("inline")


def _our_switch() -> None:
    Tag("p", "page-note", "We use NiceGUI's own.")


def _their_switches() -> None:
    ui.switch("Show in the gallery", value=True)
    ui.checkbox("Keep the original", value=True)
    ui.checkbox("Tell me when it is done")


def _our_list() -> None:
    with Tag("div", "rows", role="list", aria_label="People"):
        for row in ROWS:
            with Tag("div", "row", role="listitem"):
                Tag("span", "row-main", str(row["who"]))
                Tag("span", "row-amount", str(row["credits"]))


def _their_table() -> None:
    columns = [
        {"name": "who", "label": "Who", "field": "who", "align": "left", "sortable": True},
        {"name": "credits", "label": "Credits", "field": "credits", "sortable": True},
    ]
    ui.table(rows=ROWS, columns=columns, row_key="who")


def _our_card() -> None:
    with Tag("div", "price"):
        Tag("h3", "fact-title", "Sora 2")
        Tag("p", "price-line", "10 credits, 4 to 12 seconds")


def _their_card() -> None:
    with ui.card(), ui.column():
        ui.label("Sora 2")
        with ui.row():
            ui.label("10 credits")
            ui.link("More", "/pricing")


def _our_menu() -> None:
    def ask() -> None:
        with Dialog("Delete this video?").body:
            Tag("p", "dialog-text", "It is gone for good.")

    def rows() -> None:
        menu_row("Reuse", symbol="repeat-2")
        menu_row("Delete", symbol="trash-2").classes("menu-item-danger")

    with button("Menu", aria_haspopup="menu"):
        Menu(rows)
    button("Dialog", ask)


def _their_menu() -> None:
    with ui.button("Menu", color=None), ui.menu():
        ui.menu_item("Reuse")
        ui.menu_item("Delete")
    with ui.dialog() as dialog, ui.card():
        ui.label("Delete this video?")
        with ui.row():
            ui.button("Keep it", on_click=dialog.close, color=None)
            ui.button("Delete", on_click=dialog.close)
    ui.button("Dialog", on_click=dialog.open, color=None)
    with ui.button("Tooltip", color=None):
        ui.tooltip("Leaves you 90 credits")


def _our_messages() -> None:
    undo = Undo()

    async def back() -> None:
        toast("It is back.", "good")

    button("Saved", lambda: toast("Saved.", "good"))
    button("Refused", lambda: toast("Not enough credits.", "bad"))
    button("Undo", lambda: undo.offer("Deleted.", back))


def _their_messages() -> None:
    ui.button("Saved", on_click=lambda: ui.notify("Saved.", type="positive"), color=None)
    ui.button("Refused", on_click=lambda: ui.notify("Not enough credits.", type="negative"), color=None)
    ui.button("Plain", on_click=lambda: ui.notify("A message."), color=None)


def _our_tabs() -> None:
    with Tag("nav", "tabs", aria_label="Parts"):
        for at, word in enumerate(("People", "Groups", "Jobs")):
            Tag("a", "tab", word, href="/kit", aria_current=None if at else "page")


def _their_tabs() -> None:
    with ui.tabs() as tabs:
        for word in ("People", "Groups", "Jobs"):
            ui.tab(word)
    tabs.set_value("People")


def _only_theirs() -> None:
    ui.slider(min=0, max=100, value=40)
    ui.upload(label="A picture", auto_upload=True)
