"""What is in the form of an ad, and the storyboard that it makes."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from nicegui import Event
from pydantic import ValidationError

from core.ads import ask, layout, storyboard, templates
from core.ads.sight import Sight
from core.ads.storyboard import AdIn, Storyboard
from core.ads.templates import LENGTHS, USUAL, Template
from core.catalog.availability import Offer
from core.catalog.entries import Model
from core.edits import music
from core.errors import AdsVideoError
from core.models import Ad, Brand

SIZES = {"9:16": ("720x1280", "1080x1920"), "1:1": ("1080x1080", "1080x1080"), "16:9": ("1280x720", "1920x1080")}
"""A ratio as usual and as large."""


@dataclass
class AdChoices:
    """The part of a draft that is kept. `shots` are changes to the template's shots, or all of them."""

    template: str = field(default="launch")
    pictures: list[int] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    model: str = ""
    ratios: list[str] = field(default_factory=lambda: ["9:16"])
    large: bool = False
    seconds: int = USUAL
    brand_id: int = 0
    track: str = ""
    shots: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class AdDraft:
    """`changed` tells every part of the page. `sights` is what has been seen in the pictures so far."""

    choices: AdChoices = field(default_factory=AdChoices)
    offers: Sequence[Offer] = ()
    brands: dict[int, Brand] = field(default_factory=dict)
    sights: dict[int, Sight] = field(default_factory=dict)
    changed: Event[[]] = field(default_factory=Event)
    edited: bool = False

    def update(self, **values: Any) -> None:
        """Change choices and emit `changed`. Another template or length begins with its own shots."""
        self.edited = True
        if any(name in values and values[name] != getattr(self.choices, name) for name in ("template", "seconds")):
            values.setdefault("shots", [])
        for name, value in values.items():
            setattr(self.choices, name, value)
        self.changed.emit()

    @property
    def template(self) -> Template:
        """The chosen template."""
        return templates.templates().get(self.choices.template) or next(iter(templates.templates().values()))

    @property
    def sizes(self) -> list[str]:
        """The formats, by their sizes."""
        return [SIZES[ratio][self.choices.large] for ratio in SIZES if ratio in self.choices.ratios]

    @property
    def body(self) -> dict[str, Any]:
        """What the API would be posted."""
        c, asked = self.choices, {one.name for one in self.template.fields}
        body: dict[str, Any] = {
            "template": self.template.id,
            "image_ids": c.pictures[: storyboard.MAX_PICTURES],
            "fields": {name: text for name, text in c.fields.items() if name in asked and text.strip()},
            "sizes": self.sizes,
            "seconds": c.seconds,
        }
        if c.model:
            body["model"] = c.model
        if c.brand_id in self.brands:
            body["brand_id"] = c.brand_id
        if c.track:
            body["music"] = {"track": c.track, "duck": True}
        if c.shots:
            body["shots"] = c.shots
        return body

    def board(self) -> Storyboard | None:
        """The storyboard as it is now; None where there is none to show yet."""
        if not self.choices.pictures or not self.sizes:
            return None
        brand = self.brands.get(self.choices.brand_id)
        look = None
        if brand:
            look = storyboard.Look(logo_id=brand.logo_id, colors=(brand.colors[0], brand.colors[1]),
                                   call_to_action=brand.call_to_action,
                                   end_card_text=brand.end_card_text, font=brand.font)  # fmt: skip
        try:
            board = storyboard.make(AdIn.model_validate(self.body), look)
        except (AdsVideoError, ValidationError):
            return None
        return layout.dressed(board, self.sights, branded=brand is not None)

    @property
    def models(self) -> dict[str | None, Model]:
        """Every model by its id; the default under None."""
        models: dict[str | None, Model] = {offer.model.id: offer.model for offer in self.offers}
        models[None] = next((offer.model for offer in self.offers if offer.default), self.offers[0].model)
        return models

    def price(self, board: Storyboard) -> int:
        """Credits for all shots in all formats."""
        return ask.price(board, self.models)

    def change_shot(self, position: int, **values: Any) -> None:
        """Change one shot; the others stay as the template has them."""
        board = self.board()
        if board is None or not 0 <= position < len(board.shots):
            return
        shots = [dict(one) for one in self.choices.shots] or [{} for _ in board.shots]
        shots[position] |= values
        self.update(shots=shots)

    def move_shot(self, position: int, to: int | None) -> None:
        """Put a shot somewhere else, or take it out with None; from then on all shots are the visitor's own."""
        board = self.board()
        if board is None or not 0 <= position < len(board.shots):
            return
        shots = [shot.model_dump(mode="json", exclude_none=True) for shot in board.shots]
        shot = shots.pop(position)
        if to is not None:
            shots.insert(max(0, min(to, len(shots))), shot)
        if shots:
            self.update(shots=shots)

    def like(self, ad: Ad, vary: str) -> None:
        """Begin with what an earlier ad was made of; `vary` is what is to be different: template, music or words."""
        board = storyboard.stored(ad.storyboard)
        pictures = list(dict.fromkeys([board.hero_id, *(shot.image_id for shot in board.shots)]))
        ratios = [ratio for ratio, sizes in SIZES.items() if set(sizes) & set(ad.sizes)]
        values: dict[str, Any] = {"template": ad.template, "pictures": pictures, "fields": dict(board.fields)}
        values |= {"ratios": ratios or ["9:16"], "shots": [], "track": board.music.track or ""}
        values["large"] = any(size in ("1080x1920", "1920x1080") for size in ad.sizes)
        values["seconds"] = min(LENGTHS, key=lambda one: abs(one - board.seconds))
        if vary == "template":
            names = [name for name, one in templates.templates().items() if one.pictures[0] <= len(pictures)]
            values["template"] = (
                names[(names.index(ad.template) + 1) % len(names)] if ad.template in names else names[0]
            )
        elif vary == "music":
            tracks = [track.id for track in music.TRACKS]
            values["track"] = (
                tracks[(tracks.index(values["track"]) + 1) % len(tracks)] if values["track"] else tracks[0]
            )
        else:
            values["shots"] = [shot.model_dump(mode="json", exclude_none=True) for shot in board.shots]
        self.update(**values)

    def to_json(self) -> str:
        """The choices as JSON, as the browser keeps them."""
        return json.dumps(asdict(self.choices))

    def restore(self, text: str) -> None:
        """The browser's JSON. It may have been tampered with; what is not of the right kind is left out."""
        try:
            values = json.loads(text)
            usual = AdChoices()
            kept = {k: v for k, v in values.items() if hasattr(usual, k) and type(v) is type(getattr(usual, k))}
            AdIn.model_validate({"template": "x", "image_ids": kept.get("pictures") or [1],
                                 "fields": kept.get("fields", {}), "shots": kept.get("shots") or None})  # fmt: skip
        except (ValueError, TypeError, AttributeError):
            return
        kept["ratios"] = [ratio for ratio in kept.get("ratios", []) if ratio in SIZES] or ["9:16"]
        if kept.get("template") not in templates.templates():
            kept.pop("template", None)
        if kept.get("seconds") not in LENGTHS:
            kept.pop("seconds", None)
        self.update(**kept)
