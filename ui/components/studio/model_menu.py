"""The model: one line with name, state, price and length that opens the whole menu; lengths and ratios follow it."""

from markupsafe import Markup
from nicegui import ui

from core.catalog.availability import Offer
from core.catalog.entries import Model
from core.catalog.size import Size

from ... import formats, i18n
from ...i18n import _
from ...kit.block import Actions, Block, html
from ..site.model_state import state_look, state_word
from ..video.words import localized
from .camera_controls import SWITCH
from .draft import Draft


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


class ModelMenu(Block):
    """Choosing a model, a length or a ratio puts it into the draft."""

    def __init__(self, draft: Draft) -> None:
        actions: Actions = {
            "open": self._open,
            "seconds": lambda value: draft.update(seconds=int(value)),
            "ratio": self._choose_ratio,
            "lines": self._choose_lines,
            "sound": lambda: draft.update(audio=not draft.choices.audio),
        }
        super().__init__("field", actions, role="region", aria_label=_("Model"))
        self._draft = draft
        self._list: ModelList | None = None
        draft.changed.subscribe(self._draw)
        self._draw()

    def _open(self) -> None:
        """Make the list, which opens; after that the browser itself opens and closes it."""
        if self._list is None:
            self._list = ModelList(self._draft)
            self._list.on_value_change(self._draw)
            self._draw()

    def _draw(self) -> None:
        if offer := self._draft.offer:
            options = (self._lengths(offer.model), *self._sizes(offer.model), self._sound(offer.model))
            self.show(html("h2", "sr-only", _("Model")), self._line(offer), html("div", "options", *options))

    def _line(self, offer: Offer) -> Markup:
        name = html("span", "model-name", localized(offer.model.label))
        state = html("span", state_look(offer.state), state_word(offer.state))
        cost = f"{i18n.credits(self._draft.price)} · {formats.seconds(self._draft.choices.seconds)}"
        summary = html("span", "model-summary", name, html("span", "model-facts", state, html("span", "", cost)))
        is_open = bool(self._list.value) if self._list else None
        return html("button", "model-line", summary, symbol="chevron-down", type="button", aria_haspopup="listbox",
                    aria_expanded=is_open, data_do="open")  # fmt: skip

    def _lengths(self, model: Model) -> Markup:
        lengths = [_length(seconds) for seconds in sorted(model.seconds)]
        return _segments(_("Length"), str(self._draft.choices.seconds), lengths)

    def _sizes(self, model: Model) -> tuple[Markup, Markup]:
        """The ratios; beside them a switch for each of the larger sizes of the chosen one."""
        now, by_ratio = self._draft.size, _by_ratio(model)
        ratios = _segments(_("Ratio"), now.ratio, [_ratio(ratio, sizes) for ratio, sizes in by_ratio.items()])
        larger = [_switch(size, is_on=size == now) for size in by_ratio.get(now.ratio, [])[1:]]
        group = html("div", "segments", *larger, role="group", aria_label=_("Resolution"))
        return ratios, group if larger else Markup()

    def _sound(self, model: Model) -> Markup:
        if "audio" not in model.options:
            return Markup()
        about, on = _("The model makes sound as well"), self._draft.choices.audio
        inner = SWITCH.format(_("Sound"))
        switch = html("button", "camera-effect", inner, type="button", title=about, aria_pressed=on, data_do="sound")
        return html("div", "camera-effects", switch, role="group", aria_label=_("Sound"))

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


class ModelList(ui.menu):
    """A row for each model, below the line that opens it."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(value=True)
        self._draft = draft
        self._unfolded = False
        self.props('fit anchor="bottom left" self="top left" :offset="[0, 6]" role=listbox target=".model-line"')
        self.props["aria-label"] = _("Model")
        self.classes("menu model-list")
        actions: Actions = {"model": self._choose, "unfold": self._unfold}
        with self:
            self._rows = Block("menu-list", actions, role="presentation", data_roving="move")
        self.on_value_change(self._fold)
        draft.changed.subscribe(self._draw)
        self._draw()

    def _fold(self) -> None:
        self._unfolded = False
        self._draw()

    def _draw(self) -> None:
        if not self.value:
            return
        shown, folded = arranged(self._draft.offers)
        rows = [self._row(offer) for offer in shown]
        if folded and self._unfolded:
            more = map(self._row, folded)
            rows.append(html("div", "model-more", *more, role="group", aria_label=_("More models")))
        elif folded:
            rows.append(_folded_row(folded))
        self._rows.show(*rows)

    def _row(self, offer: Offer) -> Markup:
        model, ready = offer.model, offer.state.name == "ready"
        chosen = model.id == self._draft.choices.model
        state = html("span", state_look(offer.state), state_word(offer.state))
        main = html("span", "model-row-main", html("span", "model-name", localized(model.label)), state)
        return html(
            "button", "model-row", main, html("span", "model-row-note", _note(offer)), symbol="check", type="button",
            role="option", aria_selected=chosen, aria_disabled=None if ready else True, tabindex=0 if chosen else -1,
            data_rove=True, data_model=model.id, data_do=f"model {model.id}" if ready else None,
        )  # fmt: skip

    def _choose(self, model_id: str) -> None:
        self.close()
        self._draft.update(model=model_id)

    def _unfold(self) -> None:
        self._unfolded = True
        self._draw()
        self.client.run_javascript("document.querySelector('.model-more [data-rove]')?.focus()")


def _folded_row(folded: list[Offer]) -> Markup:
    """One row for all models that are not set up; it opens into them."""
    main = html("span", "model-row-main", html("span", "model-name", _("More models")))
    names = ", ".join(localized(offer.model.label) for offer in folded)
    return html(
        "button", "model-row model-fold", main, html("span", "model-row-note", names), symbol="chevron-down",
        type="button", role="option", aria_selected=False, tabindex=-1, data_rove=True, data_do="unfold",
    )  # fmt: skip


def _by_ratio(model: Model) -> dict[str, list[Size]]:
    """The sizes of a model by their ratio, in its order; the smallest of a ratio first."""
    ratios: dict[str, list[Size]] = {}
    for size in model.sizes:
        ratios.setdefault(size.ratio, []).append(size)
    return {ratio: sorted(sizes, key=lambda size: size.width) for ratio, sizes in ratios.items()}


def _lines(size: Size) -> str:
    """`1080p` for 1920x1080 and 1080x1920."""
    return f"{min(size.width, size.height)}p"


def _segments(label: str, chosen: str, options: list[Markup]) -> Markup:
    """A few values side by side, one of them chosen."""
    return html("ads-choices", "segments", *options, state="aria-pressed", chosen=chosen, single=True, role="group",
                aria_label=label, data_roving="choose")  # fmt: skip


def _length(seconds: int) -> Markup:
    return html("button", "segment", formats.seconds(seconds), type="button", title=seconds, data_rove=True,
                data_key=seconds, data_do=f"seconds {seconds}")  # fmt: skip


def _ratio(ratio: str, sizes: list[Size]) -> Markup:
    """The ratio with a small frame of it before the word."""
    size = sizes[0]
    scale = 14 / max(size.width, size.height)
    frame = f"--width:{max(6, round(size.width * scale))}px;--height:{max(6, round(size.height * scale))}px"
    return html("button", "segment segment-ratio", ratio, type="button", title=", ".join(map(str, sizes)), style=frame,
                data_rove=True, data_key=ratio, data_do=f"ratio {ratio}")  # fmt: skip


def _switch(size: Size, *, is_on: bool) -> Markup:
    lines = _lines(size)
    return html("button", "segment", lines, type="button", title=size, aria_pressed=is_on, data_do=f"lines {lines}")
