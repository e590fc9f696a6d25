"""Prompt templates: choose one, fill its blanks, take the prompt; and the user's own."""

from collections.abc import Callable
from functools import partial

from markupsafe import Markup
from nicegui import events

from core.database.session import reading, session
from core.errors import AdsVideoError
from core.models import User
from core.prompts import templates
from core.prompts.beyond import beyond

from ... import i18n, theme
from ...i18n import _
from ...kit.dialog import Dialog
from ...kit.elements import Tag, button, icon_button
from ...kit.toast import toast
from .blanks import BlankFields

LOOP = Markup('<video src="{}" poster="{}" autoplay muted loop playsinline tabindex="-1" aria-hidden="true"></video>')
STILL = Markup('<img src="{}" alt="" width="640" height="427" loading="lazy" decoding="async">')


def _view(sample: templates.Sample) -> Markup:
    """What the camera makes of the template (made by static/samples/make.py); its picture where no camera can do it."""
    if sample.full_turn:
        return STILL.format(theme.asset(f"presets/{sample.picture}-640.webp"))
    loop = f"prompt-templates/{sample.name}"
    return LOOP.format(theme.asset(f"{loop}.mp4"), theme.asset(f"{loop}.webp"))


def _titles() -> dict[str, str]:
    return {
        "showcase": _("Product showcase"),
        "turntable": _("Full turn"),
        "reveal": _("Out of the dark"),
        "floating": _("Floating"),
        "macro": _("Macro"),
        "pour": _("Pour and splash"),
        "mechanism": _("How it works"),
        "lifestyle": _("Lifestyle"),
        "in-use": _("In use"),
        "outdoors": _("Outdoors"),
        "season": _("Season"),
        "unboxing": _("Unboxing"),
        "gift": _("A gift"),
        "transformation": _("Before and after"),
    }


def _categories() -> dict[str, str]:
    return {
        "show": _("Showcase"),
        "detail": _("Details"),
        "scene": _("Scenes"),
        "story": _("Stories"),
        "own": _("Mine"),
    }


class TemplateDialog(Dialog):
    """Gives the finished prompt to `take`. `still`: the chosen model has nothing but the picture."""

    def __init__(self, user: User | None, prompt: str, take: Callable[[str], None], *, still: bool = False) -> None:
        super().__init__(_("Templates"))
        self.classes("dialog-wide")
        self._user, self._prompt, self._take = user, prompt.strip(), take
        self._category, self._still = "show", still

    async def fill(self) -> None:
        """The templates of a category, as cards."""
        self.body.clear()
        with self.body:
            with Tag("div", "segments template-tabs", role="group", aria_label=_("Category"), data_roving="choose"):
                for name, title in _categories().items():
                    if name != "own" or self._user:
                        chosen = name == self._category
                        tab = Tag("button", "segment", title, type="button", aria_pressed=chosen, data_rove=True,
                                  tabindex="0" if chosen else "-1")  # fmt: skip
                        tab.on_click(partial(self._show, name))
            with Tag("div", "template-list", role="list"):
                if self._category == "own":
                    await self._own()
                else:
                    self._samples()

    async def _show(self, category: str) -> None:
        if category != self._category:
            self._category = category
            await self.fill()

    def _samples(self) -> None:
        titles = _titles()
        for sample in templates.SAMPLES:
            if sample.category == self._category and not (sample.full_turn and self._still):
                text = sample.text_zh if i18n.language() == "zh" else sample.text
                self._card(titles[sample.name], text, sample=sample)

    def _card(self, title: str, text: str, own_id: int = 0, sample: templates.Sample | None = None) -> None:
        with Tag("div", "template", role="listitem"):
            with Tag("button", "template-choose", type="button").on_click(partial(self._blanks, title, text)):
                if sample:
                    Tag("span", "template-view", inner=_view(sample))
                Tag("span", "template-title", title)
                Tag("span", "template-text", templates.fill(text, {}))
                if beyond(templates.fill(text, {})):
                    Tag("span", "template-note", _("For video models: more than a still picture can show"))
            if own_id:
                icon_button("trash-2", _("Delete this template"), partial(self._delete, own_id), look="small")

    def _blanks(self, title: str, text: str) -> None:
        """One field for each blank, with the prompt as it becomes below."""
        if not templates.blanks(text):
            self._done(text)
            return
        self.body.clear()
        with self.body:
            Tag("h3", "template-title", title)
            fields = BlankFields(text)
            with Tag("div", "dialog-actions"):
                button(_("Back"), self.fill, look="quiet")
                button(_("Use it"), lambda: self._done(fields.prompt), look="accent")
        fields.focus()

    def _done(self, prompt: str) -> None:
        self.close()
        self._take(prompt)

    async def _own(self) -> None:
        assert self._user is not None
        async with reading() as db:
            mine = await templates.own(db, self._user.id)
        for template in mine:
            self._card(template.title, template.text, template.id)
        if not mine:
            Tag("p", "dialog-text", _("Nothing saved yet. Words in [brackets] become blanks to fill."),
                role="listitem")
        if self._prompt:
            with Tag("div", "template template-new", role="listitem"):
                Tag("p", "template-text", self._prompt)
                with Tag("div", "share-link"):
                    name = _("Name of the template")
                    self._name = Tag("input", "input", type="text", maxlength=str(templates.MAX_TITLE),
                                     placeholder=name, aria_label=name)  # fmt: skip
                    keep = button(_("Save this prompt"), look="accent")
                    keep.on("click", self._save, js_handler=f"() => emit(getHtmlElement({self._name.id}).value)")

    async def _save(self, event: events.GenericEventArguments) -> None:
        assert self._user is not None
        try:
            async with session() as db:
                await templates.save(db, self._user.id, str(event.args or ""), self._prompt)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
            return
        await self.fill()

    async def _delete(self, template_id: int) -> None:
        assert self._user is not None
        try:
            async with session() as db:
                await templates.delete(db, self._user.id, template_id)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
        await self.fill()
