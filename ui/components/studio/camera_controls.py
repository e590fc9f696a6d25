"""What may be chosen about a clip of the studio camera, and what it can't do of what the prompt asks for."""

from markupsafe import Markup
from nicegui import events

from core.catalog.size import Size
from core.pictures.network import weights
from core.prompts.beyond import Thing, beyond
from core.prompts.camera_moves import MOVES, find_move

from ...i18n import _
from ...kit.choices import Choices, option
from ...kit.elements import Tag, button
from .draft import STRENGTHS, Draft
from .framing import PRESET_SIZE

SOFT = 0.8
"""A picture with fewer pixels than this share of the video's looks soft."""
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
            with Tag("div", "camera-cutout") as self._cutout:
                self._product = Tag("img", "camera-product", alt="", loading="lazy")
                self._whole = button(_("Use the whole picture instead"), self._use_whole, look="link")
            self._plain = Tag("p", "camera-note")
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

    def _use_whole(self) -> None:
        self._draft.update(layers=False)

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
        own = choices.picture_id if choices.layers and weights() and not choices.preset else 0
        self._cutout.put("hidden", not own)
        self._product.put("src", f"/api/v1/images/{own}/cutout" if own else None)
        self._plain.text = " ".join(self._notes())
        self._plain.put("hidden", not self._plain.text)
        things = [_things()[thing] for thing in beyond(choices.prompt)]
        self._beyond.text = _("A still picture can't show {things}.", things=", ".join(things)) if things else ""
        self._honest.put("hidden", not things)
        self._better.put("hidden", self._other() is None)

    def _notes(self) -> list[str]:
        """What is to be known of this machine and this picture."""
        notes = []
        if weights() is None:
            notes.append(_("Plain moves only: products can't be cut out on this machine."))
        own = self._draft.own.get(self._draft.choices.picture_id)
        picture = Size(own.width, own.height) if own and not self._draft.preset else PRESET_SIZE
        if (own or self._draft.preset) and _shown(picture, self._draft.size, self._draft.choices.zoom) < SOFT:
            notes.append(_("The picture is small for {size}: the video will look soft.", size=str(self._draft.size)))
        return notes


def _shown(picture: Size, video: Size, zoom: float) -> float:
    """Pixels of the picture for each pixel of the video, along a side."""
    return min(picture.width / video.width, picture.height / video.height) / zoom
