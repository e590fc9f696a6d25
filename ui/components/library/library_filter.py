"""The library's filter: words in the prompt, state, model, ratio, favourites. It is kept in the page's address."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from nicegui import Event, events, ui

from core.catalog import entries
from core.videos import library
from core.videos.library import Filter, Kind

from ...i18n import _
from ...kit.elements import Tag, button
from ..video.words import localized

MAX_QUERY = 200
TYPED = "(e) => { const f = e.target; clearTimeout(f.wait); f.wait = setTimeout(() => emit(f.value), 200); }"
CHOSEN = "(e) => emit(e.target.value)"
NAMES = {"words": "q", "state": "state", "model": "model", "shape": "ratio", "batch": "batch"}
"""A filter's field and its name in the address."""


def from_address(request: Request) -> Filter:
    """The filter in a page's address; invalid values are left out."""
    query = request.query_params
    values = {field: query.get(name, "").strip()[:MAX_QUERY] for field, name in NAMES.items()}
    if values["state"] not in library.STATES:
        values["state"] = ""
    if values["shape"] not in library.SHAPES:
        values["shape"] = ""
    if not re.fullmatch(r"[1-9][0-9]{0,8}", values["batch"]):
        values["batch"] = ""
    return Filter(**values, favorite=query.get("favorite") == "1")


def address(wanted: Filter) -> str:
    """The library's address with that filter."""
    query = {name: value for field, name in NAMES.items() if (value := getattr(wanted, field))}
    if wanted.favorite:
        query["favorite"] = "1"
    return "/library" + (f"?{urlencode(query)}" if query else "")


class LibraryFilter(Tag):
    """One line of controls. `changed` is emitted after every change; only models and ratios in use are offered."""

    def __init__(self, wanted: Filter, kinds: Sequence[Kind]) -> None:
        super().__init__("search", "filter", aria_label=_("Search and filter"))
        self.wanted = wanted
        self.changed: Event[[]] = Event()
        self._selects: list[Tag] = []
        with self:
            with Tag("label", "filter-search", symbol="search"):
                # ^: the attribute; as a property Vue would overwrite typed text at every update of the page
                self._search = Tag("input", "filter-input", type="search", maxlength=MAX_QUERY,
                                   placeholder=_("Search prompts"), aria_label=_("Search prompts"))  # fmt: skip
            self._search.props["^value"] = wanted.words
            self._search.on("input", self._typed, js_handler=TYPED)
            self._select("state", _("State"), _("All states"), _states())
            self._select("model", _("Model"), _("All models"), _models(kinds))
            one = {wanted.batch: _("Batch {n}", n=wanted.batch)} if wanted.batch else {}
            self._select("batch", _("Batch"), _("All batches"), one)
            self._select("shape", _("Ratio"), _("All ratios"), _shapes(kinds))
            self._favorite = button(_("Favourites"), self._toggle, symbol="heart", look="filter")
            self._clear = button(_("Clear filters"), self.clear_all, look="link")
        self._draw()

    def _select(self, field: str, label: str, every: str, options: dict[str, str]) -> None:
        chosen = getattr(self.wanted, field)
        if len(options) < 2 and not chosen:
            return
        if chosen:
            options.setdefault(chosen, chosen)
        with Tag("label", "filter-select", symbol="chevron-down"):
            with Tag("select", "filter-input", aria_label=label) as select:
                for value, word in {"": every, **options}.items():
                    Tag("option", "", word, value=value, selected=value == chosen)
            select.on("change", lambda e: self._change(**{field: _text(e)}), js_handler=CHOSEN)
        self._selects.append(select)

    def _typed(self, event: events.GenericEventArguments) -> None:
        self._change(words=_text(event).strip()[:MAX_QUERY])

    def _toggle(self) -> None:
        self._change(favorite=not self.wanted.favorite)

    def clear_all(self) -> None:
        """Reset the filter."""
        for control in (self._search, *self._selects):
            ui.run_javascript(f"getHtmlElement({control.id}).value = ''")
        self._search.run_method("focus")
        self.wanted = Filter()
        self._change()

    def _change(self, **values: Any) -> None:
        self.wanted = replace(self.wanted, **values)
        self._draw()
        ui.navigate.history.replace(address(self.wanted))
        self.changed.emit()

    def _draw(self) -> None:
        self._favorite.put("aria_pressed", self.wanted.favorite)
        self._clear.put("hidden", self.wanted == Filter())


def _text(event: events.GenericEventArguments) -> str:
    return event.args if isinstance(event.args, str) else ""


def _states() -> dict[str, str]:
    return {
        "running": _("Being made"),
        "completed": _("Ready"),
        "failed": _("Failed"),
        "canceled": _("Canceled"),
    }


def _models(kinds: Sequence[Kind]) -> dict[str, str]:
    models = entries.models()
    return {kind.model: localized(models[kind.model].label) if kind.model in models else kind.model for kind in kinds}


def _shapes(kinds: Sequence[Kind]) -> dict[str, str]:
    words = {"landscape": _("Landscape"), "portrait": _("Portrait"), "square": _("Square")}
    shapes = {kind.shape for kind in kinds}
    return {name: word for name, word in words.items() if name in shapes}
