"""The model: one line with name, state, price and length that opens the whole menu; lengths and ratios follow it."""

from collections.abc import Callable
from functools import partial

from markupsafe import Markup
from nicegui import ui

from core.catalog.availability import Offer
from core.catalog.entries import Model
from core.catalog.size import Size

from ... import formats, i18n
from ...i18n import _
from ...kit.choices import Choices, option
from ...kit.elements import Tag
from ..site.model_state import state_dot, state_look, state_word
from ..video.words import localized
from .draft import Draft

SUMMARY = Markup(
    '<span class="model-name">{name}</span><span class="model-facts"><span class="{look}">{state}</span>'
    "<span>{facts}</span></span>"
)


def price_text(model: Model) -> str:
    """What a clip of that model costs, and how long it may be."""
    lengths = sorted(model.seconds)
    length = formats.seconds(str(lengths[0]) if len(lengths) == 1 else f"{lengths[0]}–{lengths[-1]}")
    if model.price_per == "second":
        return _("{credits} per second · {length}", credits=i18n.credits(model.price_credits), length=length)
    return f"{i18n.credits(model.price_credits)} · {length}"


class ModelMenu(Tag):
    """Choosing a model, a length or a ratio puts it into the draft."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("section", "field", aria_label=_("Model"))
        self._draft = draft
        self._listed: list[Offer] = []
        with self:
            Tag("h2", "sr-only", _("Model"))
            self._line = Tag("button", "model-line", symbol="chevron-down", type="button", aria_haspopup="listbox")
            with self._line:
                self._summary = Tag("span", "model-summary")
                self._menu = ui.menu().props('fit anchor="bottom left" self="top left" :offset="[0, 6]" role=listbox')
                self._menu.props["aria-label"] = _("Model")
                self._menu.classes("menu model-list").on_value_change(self._opened)
            with Tag("div", "options"):
                self._lengths = _segments(_("Length"), lambda value: draft.update(seconds=int(value)))
                self._ratios = _segments(_("Ratio"), lambda value: draft.update(size=value))
        draft.changed.subscribe(self._draw)
        self._draw()

    def _opened(self) -> None:
        self._line.put("aria_expanded", bool(self._menu.value))
        if self._menu.value:
            self._list()

    def _list(self) -> None:
        """The rows are built when they are first looked at."""
        self._menu.clear()
        with self._menu, Tag("div", "menu-list", role="presentation", data_roving="move"):
            for offer in self._draft.offers:
                self._row(offer)

    def _row(self, offer: Offer) -> None:
        model, ready = offer.model, offer.state.name == "ready"
        chosen = model.id == self._draft.choices.model
        row = Tag("button", "model-row", symbol="check", type="button", role="option", data_rove=True)
        with row:
            row.put("aria_selected", chosen)
            row.put("aria_disabled", None if ready else True)
            row.put("tabindex", "0" if chosen else "-1")
            row.put("data_model", model.id)
            with Tag("span", "model-row-main"):
                Tag("span", "model-name", localized(model.label))
                state_dot(offer.state)
            Tag("span", "model-row-note", i18n.sentence(offer.state.reason) or price_text(model))
        if ready:
            row.on_click(partial(self._choose, model.id))

    def _choose(self, model_id: str) -> None:
        self._menu.close()
        self._draft.update(model=model_id)

    def _draw(self) -> None:
        offer = self._draft.offer
        if offer is None:
            return
        facts = f"{i18n.credits(self._draft.price)} · {formats.seconds(self._draft.choices.seconds)}"
        name, look, word = localized(offer.model.label), state_look(offer.state), state_word(offer.state)
        inner = SUMMARY.format(name=name, look=look, state=word, facts=facts)
        self._summary.put("innerHTML", str(inner))
        self._lengths.show({str(s): _length(s) for s in sorted(offer.model.seconds)})
        self._lengths.mark_chosen(str(self._draft.choices.seconds))
        self._ratios.show({str(size): _ratio(size, offer.model) for size in offer.model.sizes})
        self._ratios.mark_chosen(self._draft.choices.size)
        if self._listed != self._draft.offers:
            self._listed = self._draft.offers
            if self._menu.value:
                self._list()


def _segments(label: str, choose: Callable[[str], None]) -> Choices:
    """A few values side by side, one of them chosen."""
    group = {"role": "group", "aria_label": label, "data_roving": "choose"}
    return Choices("segments", "aria-pressed", choose, single=True, **group)


def _length(seconds: int) -> Markup:
    value = str(seconds)
    return option("segment", value, formats.seconds(seconds), data_rove="", title=value)


def _ratio(size: Size, model: Model) -> Markup:
    """The ratio with a small frame of it before the word; and how large, where another size has the same."""
    value, scale = str(size), 14 / max(size.width, size.height)
    frame = f"--width:{max(6, round(size.width * scale))}px;--height:{max(6, round(size.height * scale))}px"
    first = next(other for other in model.sizes if other.ratio == size.ratio)
    word = size.ratio if size == first else f"{size.ratio} · {min(size.width, size.height)}p"
    return option("segment segment-ratio", value, word, style=frame, data_rove="", title=value)
