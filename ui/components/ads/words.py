"""Step 2: the few words of the ad, and the brand that it is made in."""

from functools import partial

from nicegui import events

from core.ads import brand as brands
from core.ads.brand import BrandIn
from core.ads.storyboard import ACCENT, DARK
from core.ads.templates import Field
from core.database.session import reading, session
from core.edits.fields import Font
from core.errors import AdsVideoError
from core.models import User

from ... import i18n
from ...i18n import _, explain, language
from ...kit.dialog import Dialog
from ...kit.elements import Tag, button
from ...kit.form import Line, choice, field
from ...kit.toast import toast
from ..pictures.strip import PictureStrip
from .draft import AdDraft

TYPED = "(e) => { const f = e.target; clearTimeout(f.wait); f.wait = setTimeout(() => emit(f.value), 250); }"


class Words(Tag):
    """The fields that the chosen template asks for; what has been typed stays when the template changes."""

    def __init__(self, user: User, draft: AdDraft) -> None:
        super().__init__("section", "ad-step", aria_label=_("Words and brand"))
        self._user, self._draft = user, draft
        self._shown: tuple[object, ...] = ()
        with self:
            Tag("h2", "ad-step-title", _("2. Words and brand"))
            self._fields = Tag("div", "ad-fields")
            with Tag("div", "ad-brand"):
                self._brands = Tag("div", "ad-brand-choice")
                button(_("New brand"), self._edit, symbol="sparkles", look="small", aria_haspopup="dialog")
        draft.changed.subscribe(self._draw)

    def _draw(self) -> None:
        asked, values = self._draft.template.fields, self._draft.choices.fields
        shown = (self._draft.template.id, tuple(self._draft.brands), self._draft.choices.brand_id)
        typed = tuple(values.get(one.name, "") for one in asked)
        if (*shown, typed) == self._shown:
            return
        self._shown = (*shown, typed)
        self._fields.clear()
        with self._fields:
            for one in asked:
                self._field(one, values.get(one.name, ""))
        self._brands.clear()
        with self._brands:
            names = {"0": _("No brand"), **{str(number): brand.name for number, brand in self._draft.brands.items()}}
            line = choice(_("Brand"), names, str(self._draft.choices.brand_id))
            line.on("input", self._choose_brand, js_handler="(e) => emit(e.target.value)")

    def _field(self, one: Field, value: str) -> None:
        label = one.label[language()] if language() in one.label else one.label["en"]
        is_required = one.name in self._draft.template.required
        with Tag("label", "field-line"):
            Tag("span", "field-name", label if is_required else _("{label} (optional)", label=label))
            line = Tag("input", "input", type="text", maxlength=one.max_length, autocomplete="off", aria_label=label)
            line.props["^value"] = value
            line.mark(f"ad-{one.name}").on("input", partial(self._typed, one.name), js_handler=TYPED)

    def _typed(self, name: str, event: events.GenericEventArguments) -> None:
        fields = {**self._draft.choices.fields, name: str(event.args)[:200]}
        asked = self._draft.template.fields
        self._shown = (*self._shown[:3], tuple(fields.get(one.name, "") for one in asked))  # the field shows it already
        self._draft.update(fields=fields)

    def _choose_brand(self, event: events.GenericEventArguments) -> None:
        text = str(event.args)
        self._draft.update(brand_id=int(text) if text.isdigit() and int(text) in self._draft.brands else 0)

    async def _edit(self) -> None:
        dialog = Dialog(_("New brand"))
        with dialog.body:
            Tag("p", "dialog-text", _("Logo, colours and call to action of all your ads."))
            name = field(_("Name"))
            with Tag("div", "form-pair"):
                card = _color(_("End card"), DARK)
                accent = _color(_("Bars and button"), ACCENT)
            warning = Tag("p", "brand-warning", symbol="circle-alert", role="status", hidden=True).mark("brand-warning")
            for line in (card, accent):
                line.on("input", partial(_warn, card, accent, warning), js_handler="() => emit()")
            font = choice(_("Font"), {"inter": "Inter", "noto-sans-sc": "Noto Sans SC"}, "inter")
            call = field(_("Call to action"))
            text = field(_("Line on the end card"))
            Tag("span", "field-name", _("Logo"))
            logo = PictureStrip(self._user, 1, lambda: None)
            with Tag("div", "dialog-actions"):
                button(
                    _("Save brand"),
                    partial(self._save, dialog, (name, card, accent, font, call, text), logo),
                    look="accent",
                )
        await logo.load()

    async def _save(self, dialog: Dialog, lines: tuple[Line, ...], logo: PictureStrip) -> None:
        name, card, accent, font, call, text = (line.value.strip() for line in lines)
        kind: Font = "noto-sans-sc" if font == "noto-sans-sc" else "inter"
        try:
            wanted = BrandIn(name=name, colors=(card, accent), font=kind, call_to_action=call, end_card_text=text,
                             logo_id=logo.chosen[0] if logo.chosen else None)  # fmt: skip
        except ValueError:
            toast(_("A brand needs a name, and texts that our fonts can draw."), "bad")
            return
        try:
            async with session() as db:
                made = await brands.make(db, self._user, wanted)
        except AdsVideoError as error:
            toast(explain(error), "bad")
            return
        dialog.close()
        async with reading() as db:
            self._draft.brands = {one.id: one for one in await brands.of_user(db, self._user)}
        self._draft.update(brand_id=made.id)


def _warn(card: Line, accent: Line, warning: Tag) -> None:
    """Say what is poor about the two colours, while they are chosen."""
    said = " ".join(i18n.phrase(one) for one in brands.complaints((card.value, accent.value)))
    warning.text = said
    warning.put("hidden", not said)


def _color(label: str, value: str) -> Line:
    with Tag("label", "field-line"):
        Tag("span", "field-name", label)
        return Line("input", label, value, None, type="color")
