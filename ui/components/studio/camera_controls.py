"""What may be chosen about a clip of the studio camera, and what it can't do of what the prompt asks for."""

from markupsafe import Markup
from nicegui import events

from core.pictures.network import weights
from core.prompts.beyond import Thing, beyond
from core.prompts.camera_moves import MOVES, find_move

from ...i18n import _
from ...kit.block import Actions, Block, html, html_button
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


class CameraControls(Block):
    """Shown with the studio camera; whatever is chosen goes into the draft."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        actions: Actions = {"switch": self._switch, "other": self._use_other}
        super().__init__("field camera", actions, role="region", aria_label=_("Studio camera"))
        self.on("input", self._strengthened, js_handler="(e) => emit(e.target.value)")
        draft.changed.subscribe(self._draw)
        self._draw()

    def _strengthened(self, event: events.GenericEventArguments) -> None:
        number = str(event.args)
        if number in ("0", "1", "2"):
            self._draft.update(strength=STRENGTHS[int(number)])

    def _switch(self, name: str) -> None:
        self._draft.update(**{name: not getattr(self._draft.choices, name)})

    def _use_other(self) -> None:
        if other := self._other():
            self._draft.update(model=other)

    def _other(self) -> str | None:
        """A video model that could be used now."""
        ready = (o.model.id for o in self._draft.offers if o.state.name == "ready" and not o.model.server.local)
        return next(ready, None)

    def _draw(self) -> None:
        model = self._draft.model
        is_shown = model is not None and model.server.local
        self.put("hidden", not is_shown)
        if is_shown:
            self.show(self._line(), self._effects(), self._plain(), self._honest())

    def _line(self) -> Markup:
        """The move as it will be, and how strong."""
        choices = self._draft.choices
        strength = choices.strength or "normal"
        word = {"subtle": _("subtle"), "normal": _("normal"), "strong": _("strong")}[strength]
        move = choices.move or next((m.name for m in MOVES if find_move(choices.prompt, m)), "push-in")
        value = STRENGTHS.index(strength)
        return html(
            "div", "camera-line",
            html("span", "camera-view", VIEW.format(move), data_strength=strength),
            html(
                "label", "camera-strength",
                html("span", "camera-label", _("Strength")),
                html("input", "camera-slider", type="range", min=0, max=2, step=1, value=value, aria_valuetext=word),
            ),
            html("span", "camera-word", word),
        )  # fmt: skip

    def _effects(self) -> Markup:
        switches = (
            html(
                "button", "camera-effect", SWITCH.format(word), type="button", title=about, data_do=f"switch {name}",
                aria_pressed=bool(getattr(self._draft.choices, name)),
            )
            for name, (word, about) in _switches().items()
        )  # fmt: skip
        return html("div", "camera-effects", *switches, role="group", aria_label=_("Effects"))

    def _plain(self) -> str:
        words = _("Plain moves only: products can't be cut out on this machine.")
        return html("p", "camera-note", words) if weights() is None else ""

    def _honest(self) -> Markup:
        """What of the prompt a still picture can't show; screen readers know the line before it says anything."""
        things = [_things()[thing] for thing in beyond(self._draft.choices.prompt)]
        words = _("A still picture can't show {things}.", things=", ".join(things)) if things else ""
        way_on = html_button(_("Use a video model"), "other", look="link") if words and self._other() else ""
        return html("p", "camera-note", html("span", "", words), way_on, role="status", hidden=not words)
