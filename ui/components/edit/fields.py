"""The fields of the editor's panels: native ones under their labels, which tell what is typed at once."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from markupsafe import escape
from nicegui import events

from ...i18n import _
from ...kit.elements import Tag, button
from ...kit.toast import toast
from . import moments

Typed = Callable[[str], object]
VALUE = "(e) => emit(e.target.value)"


def _heard(element: Tag, event: str, typed: Typed) -> None:
    def hear(args: events.GenericEventArguments) -> None:
        typed(str(args.args)[:2000])

    element.on(event, hear, js_handler=VALUE)


def line(label: str, value: str, typed: Typed, *, most: int, hint: str = "", rows: int = 1) -> Tag:
    """Words, as many characters as `most`."""
    common: dict[str, Any] = {"maxlength": most, "placeholder": hint, "aria_label": label}
    with Tag("label", "field-line"):
        Tag("span", "field-name", label)
        if rows > 1:
            made = Tag("textarea", "input edit-words", inner=escape(value), rows=rows, **common)
        else:
            made = Tag("input", "input", autocomplete="off", **common)
            made.props["^value"] = value  # what is typed survives updates of the page
    _heard(made, "input", typed)
    return made


def moment(label: str, value: float, typed: Callable[[float], object]) -> Tag:
    """A moment as `0:03.12`; told when it has been typed to its end."""
    with Tag("label", "field-line"):
        Tag("span", "field-name", label)
        made = Tag("input", "input edit-moment", aria_label=label, inputmode="decimal", autocomplete="off")
        made.props["^value"] = moments.written(value)

    def read(text: str) -> None:
        seconds = moments.read(text)
        if seconds is None:
            toast(_("Please enter a time like 0:03.12."), "bad")
        else:
            typed(seconds)

    _heard(made, "change", read)
    return made


def slider(
    label: str, value: float, bounds: tuple[float, float, float], typed: Callable[[float], object], show: str = "%"
) -> Tag:
    """A number between the first two of `bounds`, in steps of the third; shown with `show` behind it."""

    def shown(value: float) -> str:
        return f"{value:.0%}" if show == "%" else f"{value:g}{show}"

    with Tag("label", "field-line"):
        with Tag("span", "field-name edit-slider-name"):
            Tag("span", "", label)
            output = Tag("span", "", shown(value), aria_hidden=True)
        low, high, step = bounds
        made = Tag("input", "edit-slider", type="range", min=low, max=high, step=step, aria_label=label)
        made.props["^value"] = value

    def read(text: str) -> None:
        number = min(max(float(text), low), high)
        output.text = shown(number)
        typed(round(number, 3))

    _heard(made, "input", read)
    return made


def pick(label: str, options: Mapping[str, str], value: str, typed: Typed) -> Tag:
    """One of several."""
    with Tag("label", "field-line"):
        Tag("span", "field-name", label)
        with Tag("select", "input", aria_label=label) as made:
            for key, word in options.items():
                option = Tag("option", "", word)
                option.props["^value"] = key
                if key == value:
                    option.props["^selected"] = ""

    def read(text: str) -> None:
        if text in options:
            typed(text)

    _heard(made, "change", read)
    return made


def switch(label: str, value: bool, typed: Callable[[bool], object], note: str = "") -> Tag:
    """Yes or no."""
    with Tag("label", "edit-switch"):
        made = Tag("input", "edit-check", type="checkbox", checked=value, aria_label=label)
        with Tag("span"):
            Tag("span", "", label)
            if note:
                Tag("span", "edit-note", note)
    made.on("change", lambda e: typed(bool(e.args)), js_handler="(e) => emit(e.target.checked)")
    return made


def color(label: str, value: str, typed: Typed) -> Tag:
    """A colour as `#rrggbb`."""
    with Tag("label", "edit-color"):
        made = Tag("input", "edit-swatch", type="color", aria_label=label)
        made.props["^value"] = value
        Tag("span", "", label)
    _heard(made, "input", typed)
    return made


def choices(label: str, options: Mapping[str, str], value: str, chosen: Typed) -> Tag:
    """One of a few, side by side."""
    with Tag("div", "field-line"):
        Tag("span", "field-name", label)
        with Tag("div", "edit-choices", role="radiogroup", aria_label=label, data_roving="choose") as made:
            for key, word in options.items():
                is_on = key == value
                option = Tag("button", "edit-choice", word, type="button", role="radio", aria_checked=is_on,
                             data_rove=True, tabindex="0" if is_on else "-1", data_field=f"{label}.{key}")  # fmt: skip
                option.on_click(partial(_choose, chosen, key))
    return made


def _choose(chosen: Typed, key: str) -> None:
    chosen(key)


def at_playhead(label: str, act: Callable[[float], object], *, symbol: str = "", look: str = "small") -> Tag:
    """A button that acts at the moment under the playhead."""
    made = button(label, symbol=symbol, look=look)

    def hear(args: events.GenericEventArguments) -> None:
        act(float(args.args) if isinstance(args.args, int | float) else 0.0)

    made.on("click", hear, js_handler="() => emit(adsvideo.playhead())")
    return made
