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
from .camera_controls import SWITCH
from .draft import Draft

SUMMARY = Markup(
    '<span class="model-name">{name}</span><span class="model-facts"><span class="{look}">{state}</span>'
    "<span>{facts}</span></span>"
)




def arranged(offers: list[Offer]) -> tuple[list[Offer], list[Offer]]:
    """The menu's rows, and those that are folded away: the models of keys that are not set here.

    Of the other models of such keys those that are ready come first.
    """
    plain = [offer for offer in offers if not offer.model.more]
    extra = [offer for offer in offers if offer.model.more and offer.model.server.configured]
    folded = [offer for offer in offers if offer.model.more and not offer.model.server.configured]
    return plain + sorted(extra, key=lambda offer: offer.state.name != "ready"), folded


def _note(offer: Offer) -> str:
    """The line below a model's name: what to set, what is wrong with it, or what it costs."""
    server = offer.model.server
    if offer.model.more and not server.configured:
        return _("Set {variable} to use it · {price}", variable=server.missing, price=price_text(offer.model))
    return i18n.sentence(offer.state.reason) or price_text(offer.model)


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
        self._unfolded = False
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
                self._ratios = _segments(_("Ratio"), self._choose_ratio)
                self._sharper = Choices(
                    "segments", "aria-pressed", self._choose_lines, role="group", aria_label=_("Resolution")
                )
                group = {"role": "group", "aria_label": _("Sound")}
                self._sound = Choices("camera-effects", "aria-pressed", self._switch_sound, **group)
                about = _("The model makes sound as well")
                self._sound.show({"audio": option("camera-effect", "audio", SWITCH.format(_("Sound")), title=about)})
        draft.changed.subscribe(self._draw)
        self._draw()

    def _opened(self) -> None:
        self._line.put("aria_expanded", bool(self._menu.value))
        self._unfolded = False
        if self._menu.value:
            self._list()

    def _list(self) -> None:
        """The rows are built when they are first looked at."""
        self._menu.clear()
        shown, folded = arranged(self._draft.offers)
        with self._menu, Tag("div", "menu-list", role="presentation", data_roving="move"):
            for offer in shown:
                self._row(offer)
            if folded and self._unfolded:
                with Tag("div", "model-more", role="group", aria_label=_("More models")):
                    for offer in folded:
                        self._row(offer)
            elif folded:
                self._fold(folded)

    def _fold(self, folded: list[Offer]) -> None:
        """One row for all models that are not set up; it opens into them."""
        row = Tag("button", "model-row model-fold", symbol="chevron-down", type="button", role="option", data_rove=True)
        row.mark("more-models")
        row.put("aria_selected", False)
        row.put("tabindex", "-1")
        with row:
            with Tag("span", "model-row-main"):
                Tag("span", "model-name", _("More models"))
            names = ", ".join(localized(offer.model.label) for offer in folded)
            Tag("span", "model-row-note", names)
        row.on_click(self._unfold)

    def _unfold(self) -> None:
        self._unfolded = True
        self._list()
        self.client.run_javascript("document.querySelector('.model-more [data-rove]')?.focus()")

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
            Tag("span", "model-row-note", _note(offer))
        if ready:
            row.on_click(partial(self._choose, model.id))

    def _switch_sound(self, _name: str) -> None:
        self._draft.update(audio=not self._draft.choices.audio)

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
        self._draw_sizes(offer.model)
        self._sound.put("hidden", "audio" not in offer.model.options)
        self._sound.mark_chosen(*(["audio"] if self._draft.choices.audio else []))
        if self._listed != self._draft.offers:
            self._listed = self._draft.offers
            if self._menu.value:
                self._list()

    def _draw_sizes(self, model: Model) -> None:
        """The ratios; beside them a switch for each of the larger sizes of the chosen one."""
        now = self._draft.size
        self._ratios.show({ratio: _ratio(sizes) for ratio, sizes in _by_ratio(model).items()})
        self._ratios.mark_chosen(now.ratio)
        larger = _by_ratio(model).get(now.ratio, [])[1:]
        switches = {_lines(size): option("segment", _lines(size), _lines(size), title=str(size)) for size in larger}
        self._sharper.show(switches)
        self._sharper.mark_chosen(_lines(now))
        self._sharper.put("hidden", not larger)

    def _choose_ratio(self, ratio: str) -> None:
        """As sharp as before, if that has been chosen and the model can; a ratio's only size is no choice."""
        if (model := self._draft.model) and (sizes := _by_ratio(model).get(ratio)):
            was = self._draft.size
            chosen = was in _by_ratio(model).get(was.ratio, [])[1:]
            sharp = next((size for size in sizes if chosen and _lines(size) == _lines(was)), sizes[0])
            self._draft.update(size=str(sharp))

    def _choose_lines(self, lines: str) -> None:
        """Switch that size on, or off again if it is on."""
        if (model := self._draft.model) and (sizes := _by_ratio(model).get(self._draft.size.ratio)):
            on = next((size for size in sizes if _lines(size) == lines), sizes[0])
            self._draft.update(size=str(sizes[0] if on == self._draft.size else on))


def _by_ratio(model: Model) -> dict[str, list[Size]]:
    """The sizes of a model by their ratio, in its order; the smallest of a ratio first."""
    ratios: dict[str, list[Size]] = {}
    for size in model.sizes:
        ratios.setdefault(size.ratio, []).append(size)
    return {ratio: sorted(sizes, key=lambda size: size.width) for ratio, sizes in ratios.items()}


def _lines(size: Size) -> str:
    """`1080p` for 1920x1080 and 1080x1920."""
    return f"{min(size.width, size.height)}p"


def _segments(label: str, choose: Callable[[str], None]) -> Choices:
    """A few values side by side, one of them chosen."""
    group = {"role": "group", "aria_label": label, "data_roving": "choose"}
    return Choices("segments", "aria-pressed", choose, single=True, **group)


def _length(seconds: int) -> Markup:
    value = str(seconds)
    return option("segment", value, formats.seconds(seconds), data_rove="", title=value)


def _ratio(sizes: list[Size]) -> Markup:
    """The ratio with a small frame of it before the word."""
    size = sizes[0]
    scale = 14 / max(size.width, size.height)
    frame = f"--width:{max(6, round(size.width * scale))}px;--height:{max(6, round(size.height * scale))}px"
    sharp = ", ".join(map(str, sizes))
    return option("segment segment-ratio", size.ratio, size.ratio, style=frame, data_rove="", title=sharp)
