"""What may be chosen about a clip of the studio camera, and what it can't do of what the prompt asks for."""

from markupsafe import Markup
from nicegui import events

from core.pictures.network import weights
from core.prompts.beyond import Thing, beyond
from core.prompts.camera_moves import MOVES, find_move

from ...i18n import _
from ...kit.choices import Choices, option
from ...kit.elements import Tag, button
from .draft import STRENGTHS, Draft

SWITCH = Markup('<span class="switch" aria-hidden="true"></span>{}')
VIEW = Markup('<i class="move-view move-large move-{}" aria-hidden="true"></i>')


def _switches() -> dict[str, tuple[str, str]]:
    return {
        "layers": (_("Depth"), _("The product comes forward, away from what is behind it")),
        "focus": (_("Soft background"), _("What is behind the product goes out of focus")),
        "light": (_("Light"), _("A light passes over the product once")),
        "loop": (_("Loop"), _("The video ends where it began")),
    }


def _things() -> dict[Thing, str]:
    return {
        "flames": _("flames and steam"),
        "liquids": _("liquids"),
        "people": _("hands and people"),
        "turn": _("a full turn"),
        "change": _("things that open or change"),
        "motion": _("things that move by themselves"),
    }


class CameraControls(Tag):
    """Shown with the studio camera; whatever is chosen goes into the draft."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("section", "field camera", aria_label=_("Studio camera"))
        self._draft = draft
        with self:
            with Tag("div", "camera-line"):
                self._view = Tag("span", "camera-view")
                with Tag("label", "camera-strength"):
                    Tag("span", "camera-label", _("Strength"))
                    self._slider = Tag("input", "camera-slider", type="range", min="0", max="2", step="1")
                    self._slider.on("input", self._strengthened, js_handler="(e) => emit(e.target.value)")
                self._word = Tag("span", "camera-word")
            switches = _switches()
            group = {"role": "group", "aria_label": _("Effects")}
            self._effects = Choices("camera-effects", "aria-pressed", self._switched, **group)
            self._effects.show(
                {name: option("camera-effect", name, SWITCH.format(word), title=about)
                 for name, (word, about) in switches.items()}
            )  # fmt: skip
            if weights() is None:
                Tag("p", "camera-note", _("Plain moves only: products can't be cut out on this machine."))
            with Tag("p", "camera-note", role="status") as self._honest:
                self._beyond = Tag("span")
                self._better = button(_("Use a video model"), self._use_other, look="link")
        draft.changed.subscribe(self._draw)
        self._draw()

    def _strengthened(self, event: events.GenericEventArguments) -> None:
        number = str(event.args)
        if number in ("0", "1", "2"):
            self._draft.update(strength=STRENGTHS[int(number)])

    def _switched(self, name: str) -> None:
        self._draft.update(**{name: not getattr(self._draft.choices, name)})

    def _use_other(self) -> None:
        if other := self._other():
            self._draft.update(model=other)

    def _other(self) -> str | None:
        """A video model that could be used now."""
        ready = (o.model.id for o in self._draft.offers if o.state.name == "ready" and not o.model.server.local)
        return next(ready, None)

    def _draw(self) -> None:
        choices, model = self._draft.choices, self._draft.model
        self.put("hidden", not (model and model.server.local))
        if not model or not model.server.local:
            return
        strength = choices.strength or "normal"
        self._slider.put("value", str(STRENGTHS.index(strength)))
        words = {"subtle": _("subtle"), "normal": _("normal"), "strong": _("strong")}
        self._word.text = words[strength]
        self._slider.put("aria_valuetext", words[strength])
        move = choices.move or next((m.name for m in MOVES if find_move(choices.prompt, m)), "push-in")
        self._view.put("innerHTML", str(VIEW.format(move)))
        self._view.put("data_strength", strength)
        on = {name for name in _switches() if getattr(choices, name)}
        self._effects.mark_chosen(*sorted(on))
        things = [_things()[thing] for thing in beyond(choices.prompt)]
        self._beyond.text = _("A still picture can't show {things}.", things=", ".join(things)) if things else ""
        self._honest.put("hidden", not things)
        self._better.put("hidden", self._other() is None)
