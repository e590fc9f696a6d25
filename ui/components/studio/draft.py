"""The contents of the form."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from nicegui import Event
from pydantic import ValidationError

from core.catalog.availability import Offer
from core.catalog.entries import Model
from core.catalog.size import Size
from core.errors import BadSize, ModelUnavailable
from core.models import Picture
from core.pictures import presets
from core.pictures.fit import Framing
from core.videos.options import Options
from core.videos.recipe import Recipe

from ..video.preset_picture import find_preset

Mode = Literal["crop", "pad-blur", "pad-white", "pad-color"]
MODES: tuple[Mode, ...] = ("crop", "pad-blur", "pad-white", "pad-color")
STRENGTHS = ("subtle", "normal", "strong")
CENTRED = {"x": 0.5, "y": 0.5, "zoom": 1.0}


@dataclass
class Choices:
    """The part of a draft that is kept; `picture_id` is a picture of the user's own, `preset` one of ours.

    `mode` to `color` are the framing, as core.pictures.Framing has it. What follows are the options of a model: the
    studio camera has all but `audio`, and leaves to the words of the prompt what is as usual.
    """

    preset: str = ""
    picture_id: int = 0
    prompt: str = ""
    model: str = ""
    seconds: int = 0
    size: str = ""
    mode: Mode = "crop"
    x: float = 0.5
    y: float = 0.5
    zoom: float = 1.0
    color: str = "#e9e4dc"
    move: str = ""
    strength: str = ""
    layers: bool = True
    focus: bool = True
    light: bool = True
    loop: bool = False
    audio: bool = True


OFFERED = tuple(one.name for one in fields(Choices) if one.name in Options.model_fields)
"""The options that the form offers."""


@dataclass
class Draft:
    """The form's contents. `changed` tells every part of the page; `edited` is set by the visitor's first change.

    `awaited` is a picture that is kept for whoever was signed in, until they are again or another one is chosen.
    """

    choices: Choices = field(default_factory=Choices)
    offers: list[Offer] = field(default_factory=list)
    own: dict[int, Picture] = field(default_factory=dict)
    outlined: set[int] = field(default_factory=set)
    """Pictures of the visitor's own whose product is seen and outlined."""
    changed: Event[[]] = field(default_factory=Event)
    edited: bool = False
    awaited: int = 0

    def update(self, **values: Any) -> None:
        """Change choices and emit `changed`; length and size are fitted to the model, a new picture is centred.

        A new picture with transparency is shown whole: filling the frame would cut its product.
        """
        self.edited = True
        if "picture_id" in values and "zoom" not in values:
            values |= CENTRED
            was, now = (self._is_clear(picture) for picture in (self.choices.picture_id, values["picture_id"]))
            if was != now and "mode" not in values and self.choices.mode == ("crop" if now else "pad-blur"):
                values["mode"] = "pad-blur" if now else "crop"
        for name, value in values.items():
            setattr(self.choices, name, value)
        self._fit()
        self.changed.emit()

    def _is_clear(self, picture_id: int) -> bool:
        """Whether that picture of the visitor's has transparency."""
        return picture_id in self.own and self.own[picture_id].alpha_key is not None

    def set_offers(self, offers: list[Offer]) -> None:
        """Set the menu; its default is chosen until the visitor chooses."""
        if offers == self.offers:
            return
        self.offers = offers
        if self.offer is None or not self.edited:
            self.choices.model = next((offer.model.id for offer in offers if offer.default), offers[0].model.id)
        self._fit()
        self.changed.emit()

    def _fit(self) -> None:
        if model := self.model:
            if self.choices.seconds not in model.seconds:
                self.choices.seconds = model.seconds[0]
            self.choices.size = _fitting(self.choices.size, model)

    @property
    def offer(self) -> Offer | None:
        """The chosen line of the menu."""
        return next((offer for offer in self.offers if offer.model.id == self.choices.model), None)

    @property
    def model(self) -> Model | None:
        """The chosen model."""
        return self.offer.model if self.offer else None

    @property
    def blocked(self) -> ModelUnavailable | None:
        """Why the chosen model can't be used now; None if it can."""
        offer = self.offer
        if offer is None or offer.state.name == "ready":
            return None
        return ModelUnavailable(offer.model.label, offer.state.reason)

    @property
    def fallback(self) -> Model | None:
        """A model that can be used now: our own one if it can, else the first of the menu."""
        ready = [offer.model for offer in self.offers if offer.state.name == "ready"]
        return next((model for model in ready if model.server.local), next(iter(ready), None))

    @property
    def cut_out(self) -> int:
        """The picture whose product would move by itself, if one is seen in it; else 0."""
        choices, model = self.choices, self.model
        is_cut = model and model.server.local and choices.layers and not choices.preset
        return choices.picture_id if is_cut else 0

    @property
    def price(self) -> int:
        """Credits for what is chosen now."""
        return self.model.price(self.choices.seconds) if self.model else 0

    @property
    def preset(self) -> presets.Preset | None:
        """The chosen preset."""
        return find_preset(self.choices.preset)

    @property
    def size(self) -> Size:
        """The size of the video to be."""
        return Size.parse(self.choices.size) if self.choices.size else Size(1280, 720)

    @property
    def framing(self) -> dict[str, Any]:
        """The framing as a video keeps it."""
        c = self.choices
        return Framing(mode=c.mode, x=c.x, y=c.y, zoom=c.zoom, color=c.color).brief()

    @property
    def recipe(self) -> Recipe:
        """What is in the form."""
        c = self.choices
        return Recipe(
            picture_id=None if c.preset else c.picture_id or None,
            preset=c.preset,
            prompt=c.prompt,
            model=c.model or None,
            seconds=c.seconds or None,
            size=self.size if c.size else None,
            framing=Framing(**self.framing) if self.framing else None,
            options=self.options,
        )

    @property
    def options(self) -> Options | None:
        """What the chosen model offers to choose, if anything is not as usual."""
        if not self.model:
            return None
        usual = Choices()
        names = (name for name in self.model.options if getattr(self.choices, name) != getattr(usual, name))
        chosen = {name: getattr(self.choices, name) for name in names}
        return Options(**chosen) if chosen else None

    def set_framing(self, values: Any) -> None:
        """Set a framing from outside; an invalid one becomes the default."""
        self.update(**_framing(values))

    def offers_model(self, model: str | None) -> bool:
        """Whether the model is in the menu."""
        return any(offer.model.id == model for offer in self.offers)

    def fill(self, recipe: Recipe, picture: Picture | None) -> None:
        """Fill the form from a recipe. Open values stay, and so does the picture without `picture` or a preset."""
        chosen: dict[str, Any] = {}
        if picture and not picture.preset:
            self.own.setdefault(picture.id, picture)
            chosen = {"preset": "", "picture_id": picture.id}
        elif preset := (picture.preset if picture else recipe.preset):
            chosen = {"preset": preset, "picture_id": 0}
        self.update(
            **chosen,
            prompt=recipe.prompt or self.choices.prompt,
            model=recipe.model if self.offers_model(recipe.model) else self.choices.model,
            seconds=recipe.seconds or self.choices.seconds,
            size=str(recipe.size) if recipe.size else self.choices.size,
            **_framing(recipe.framing_fields),
            **_camera(recipe.option_fields),
        )

    def to_json(self) -> str:
        """The choices as JSON, as the browser stores them."""
        c = self.choices
        return json.dumps({**asdict(c), "picture_id": c.picture_id or (0 if c.preset else self.awaited)})

    @staticmethod
    def picture_id_in(text: str) -> int:
        """The picture id in the browser's JSON, to be checked before `restore`; 0 if there is none."""
        try:
            picture_id = json.loads(text)["picture_id"]
        except (ValueError, TypeError, KeyError):
            return 0
        return picture_id if isinstance(picture_id, int) else 0

    def restore(self, text: object) -> None:
        """Restore the browser's JSON. It may have been tampered with; invalid values are ignored."""
        try:
            values = json.loads(str(text))
            choices = Choices(**{k: v for k, v in values.items() if type(v) is type(getattr(Choices(), k))})
        except (ValueError, TypeError, AttributeError):
            return
        self.update(
            preset=choices.preset if find_preset(choices.preset) else "",
            picture_id=choices.picture_id if choices.picture_id in self.own else 0,
            prompt=choices.prompt[:2000],
            model=choices.model if self.offers_model(choices.model) else self.choices.model,
            seconds=choices.seconds,
            size=choices.size,
            **_framing({name: getattr(choices, name) for name in Framing.model_fields}),
            **_camera({name: value for name in OFFERED if (value := getattr(choices, name)) != ""}),
        )


def _framing(values: Any) -> dict[str, Any]:
    """The choices for a framing from outside; the default framing if it is invalid."""
    try:
        framing = Framing.model_validate(values)
    except ValidationError:
        return {"mode": "crop", **CENTRED}
    color = {"color": framing.color} if framing.mode == "pad-color" else {}
    return {"mode": framing.mode, "x": framing.x, "y": framing.y, "zoom": framing.zoom, **color}


def _camera(values: dict[str, Any]) -> dict[str, Any]:
    """The choices for options that come from outside; what they leave open is as usual."""
    try:
        chosen = Options(**values).chosen()
    except ValidationError:
        chosen = {}
    return {name: chosen.get(name, getattr(Choices(), name)) for name in OFFERED}


def _fitting(size: str, model: Model) -> str:
    """The size if the model offers it, else one with the same ratio, else the model's default."""
    try:
        wanted = Size.parse(size)
    except BadSize:
        return str(model.sizes[0])
    return str(wanted if wanted in model.sizes else wanted.closest(model.sizes))
