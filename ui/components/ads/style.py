"""Step 3: the template, how long, in which formats, with which model and music."""

from markupsafe import Markup
from nicegui import events

from core.ads import templates
from core.ads.templates import LENGTHS, Template
from core.edits import music

from ... import formats, theme
from ...i18n import _, language
from ...kit.choices import Choices, option
from ...kit.elements import Tag
from ...kit.form import choice
from ..video.words import localized
from .draft import SIZES, AdDraft

CARD = Markup(
    '<video class="ad-card-view" data-src="{video}" poster="{poster}" muted loop playsinline preload="none" '
    'tabindex="-1"></video>'
    '<span class="ad-card-name">{title}</span><span class="ad-card-about">{about}</span>'
)


def _words(words: object) -> str:
    assert isinstance(words, dict)
    return str(words.get(language(), words["en"]))


class Style(Tag):
    """What is chosen goes into the draft."""

    def __init__(self, draft: AdDraft) -> None:
        super().__init__("section", "ad-step", aria_label=_("Style"))
        self._draft = draft
        self._model: Tag | None = None
        with self:
            Tag("h2", "ad-step-title", _("3. Style"))
            group = {"role": "group", "aria_label": _("Template"), "data_roving": "move"}
            self._templates = Choices("ad-cards", "aria-pressed", lambda key: draft.update(template=key), **group)
            self._templates.mark("ad-templates")
            self._templates.show({name: _card(one) for name, one in templates.templates().items()})
            with Tag("div", "ad-options"):
                self._lengths = self._segments(_("Length"), lambda key: draft.update(seconds=int(key)))
                self._lengths.show({str(n): option("segment", str(n), formats.seconds(n)) for n in LENGTHS})
                self._ratios = self._segments(_("Formats"), self._switch)
                self._ratios.mark("ad-formats")
                words = {**{ratio: ratio for ratio in SIZES}, "hd": _("Full HD")}
                self._ratios.show({key: option("segment", key, word) for key, word in words.items()})
            with Tag("div", "form-pair"):
                self._models = Tag("div")
                tracks = {
                    "": _("The template’s"),
                    **{one.id: f"{one.title} · {_mood(one.mood)}" for one in music.TRACKS},
                }
                self._track = choice(_("Music"), tracks, draft.choices.track)
                self._track.on("input", self._choose_track, js_handler="(e) => emit(e.target.value)")
        draft.changed.subscribe(self._draw)

    def _segments(self, label: str, choose: object) -> Choices:
        return Choices("segments", "aria-pressed", choose, role="group", aria_label=label)  # type: ignore[arg-type]

    def _switch(self, key: str) -> None:
        choices = self._draft.choices
        if key == "hd":
            self._draft.update(large=not choices.large)
        else:
            ratios = [ratio for ratio in SIZES if (ratio in choices.ratios) != (ratio == key)]
            self._draft.update(ratios=ratios or [key])

    def _choose_track(self, event: events.GenericEventArguments) -> None:
        text = str(event.args)
        self._draft.update(track=text if text in {one.id for one in music.TRACKS} else "")

    def _choose_model(self, event: events.GenericEventArguments) -> None:
        text = str(event.args)
        self._draft.update(model=text if text in {offer.model.id for offer in self._draft.offers} else "")

    def _draw(self) -> None:
        choices = self._draft.choices
        self._templates.mark_chosen(self._draft.template.id)
        self._lengths.mark_chosen(str(choices.seconds))
        self._ratios.mark_chosen(*choices.ratios, *(["hd"] if choices.large else []))
        if self._model is None and self._draft.offers:
            ready = [offer for offer in self._draft.offers if offer.state.name == "ready"]
            chosen = choices.model or next((offer.model.id for offer in ready if offer.default), "")
            with self._models:
                self._model = choice(_("Model"), {o.model.id: localized(o.model.label) for o in ready}, chosen)
                self._model.on("input", self._choose_model, js_handler="(e) => emit(e.target.value)")


def _card(one: Template) -> Markup:
    """With its preview in the visitor's language, which ui/static/ad-templates/make.py makes."""
    preview = f"ad-templates/{one.id}" + ("-zh" if language() == "zh" else "")
    inner = CARD.format(
        video=theme.asset(f"{preview}.mp4"),
        poster=theme.asset(f"{preview}.webp"),
        title=_words(one.title),
        about=_words(one.about),
    )
    return option("ad-card", one.id, inner, data_rove="", data_plays="", title=_words(one.about))


def _mood(mood: str) -> str:
    words = {
        "calm": _("calm"),
        "energetic": _("energetic"),
        "happy": _("happy"),
        "nostalgic": _("nostalgic"),
        "tender": _("tender"),
    }
    return words.get(mood, mood)
