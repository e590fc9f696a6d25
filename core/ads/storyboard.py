"""A storyboard: all that an ad is made of, shot by shot, from what was asked for and its template."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.ads import templates
from core.ads.templates import USUAL, Language, Place, Role, Template, TemplateShot, filled
from core.edits import letters
from core.edits.fields import MAX_SECONDS, SIZES, Color, Font, Id, Music, Number, Size, Transition
from core.edits.timeline import Problem, problems_of
from core.errors import BadAd, NotFound
from core.phrase import Phrase
from core.pictures.fit import Framing
from core.videos.options import Move, Strength

MAX_PICTURES = 8
MAX_SHOTS = 12
MAX_WORDS = 120
MAX_FORMATS = len(SIZES)
USUAL_SIZES: tuple[Size, ...] = ("720x1280",)
SHORTEST_SHOT = 0.5
LONGEST_SHOT = 10.0
DARK, LIGHT = "#15171c", "#ffffff"
ACCENT = "#ff6a3d"


class Part(BaseModel):
    """Refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_strip_whitespace=True)


class ShotIn(Part):
    """A shot as it was changed; what is left out is the template's."""

    image_id: Id | None = None
    model: str | None = Field(None, max_length=100)
    prompt: str | None = Field(None, min_length=1, max_length=500)
    move: Move | None = None
    strength: Strength | None = None
    words: str | None = Field(None, max_length=MAX_WORDS)
    role: Role | None = None
    place: Place | None = None
    bar: bool | None = None
    seconds: Annotated[Number, Field(ge=SHORTEST_SHOT, le=LONGEST_SHOT)] | None = None
    transition: Transition | None = None
    zoom: Annotated[Number, Field(ge=1, le=4)] | None = None
    y: Annotated[Number, Field(ge=0, le=1)] | None = None
    framing: Framing | None = None


class AdIn(Part):
    """What is asked for. `seconds` is the whole length; `shots`, if given, are all shots in their order."""

    template: str = Field(max_length=50)
    image_ids: tuple[Id, ...] = Field(min_length=1, max_length=MAX_PICTURES)
    fields: dict[str, str] = Field(default_factory=dict)
    model: str | None = Field(None, max_length=100)
    sizes: tuple[Size, ...] | None = Field(None, min_length=1, max_length=MAX_FORMATS)
    seconds: Literal[6, 10, 15] | None = None
    music: Music | None = None
    brand_id: Id | None = None
    shots: tuple[ShotIn, ...] | None = Field(None, min_length=1, max_length=MAX_SHOTS)


class Shot(Part):
    """A shot that can be made. `seconds` is how long it is seen until the next one begins to come in.

    Without a `framing` of its own it is `zoom` times nearer than the whole picture, at height `y`: layout.py.
    """

    image_id: int
    model: str | None
    prompt: str
    move: Move | None
    strength: Strength | None
    words: str
    role: Role
    place: Place
    bar: bool
    seconds: float
    transition: Transition
    zoom: float
    y: float
    framing: Framing | None


class Look(Part):
    """What a brand gives an ad. `colors` are the end card's and that of bars and of its button."""

    logo_id: int | None = None
    colors: tuple[Color, Color] = (DARK, ACCENT)
    font: Font = "inter"
    call_to_action: str = ""
    end_card_text: str = ""


class Storyboard(Part):
    """All that the videos of an ad are made of; `card_seconds` is how long the end card is seen.

    `card_framings` has its picture's framing for each format, where the product has been seen in it.
    """

    template: str
    language: Language
    fields: dict[str, str]
    shots: tuple[Shot, ...]
    sizes: tuple[Size, ...]
    music: Music
    look: Look
    hero_id: int
    card_seconds: float
    card_framings: dict[str, Framing] = Field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long the ad becomes."""
        return sum(shot.seconds for shot in self.shots) + self.card_seconds

    def starts(self) -> list[float]:
        """When each shot begins, and at last when the card does."""
        at, starts = 0.0, [0.0]
        for shot in self.shots:
            at += shot.seconds
            starts.append(at)
        return starts


def language_of(fields: Mapping[str, str]) -> Language:
    """Chinese if there is any Chinese in them."""
    return "zh" if any("\u3400" <= sign <= "\u9fff" for text in fields.values() for sign in text) else "en"


def read(body: object) -> AdIn:
    """What was asked for. Raises BadAd with all that is wrong in it, and NotFound for a template there is not."""
    try:
        asked = AdIn.model_validate(body)
    except ValidationError as error:
        raise BadAd([problem.phrase for problem in list(problems_of(error))[:50]]) from None
    template = templates.get(asked.template)
    problems = [*_fields(asked, template), *_pictures(asked, template), *_sizes(asked)]
    if problems:
        raise BadAd([problem.phrase for problem in problems])
    return asked


def _fields(asked: AdIn, template: Template) -> Iterator[Problem]:
    offered = {field.name: field for field in template.fields}
    for name, text in asked.fields.items():
        if name not in offered:
            yield Problem(("fields", name), Phrase("is no field here"))
        elif len(text) > offered[name].max_length:
            most = Phrase("may have at most {max_length} characters", max_length=offered[name].max_length)
            yield Problem(("fields", name), most)
        elif missing := letters.missing(text):
            lacking = Phrase("has characters that our fonts lack: {characters}", characters=missing[:20])
            yield Problem(("fields", name), lacking)
    for name in offered:
        if name in template.required and not asked.fields.get(name, "").strip():
            yield Problem(("fields", name), Phrase("must not be empty"))


def _pictures(asked: AdIn, template: Template) -> Iterator[Problem]:
    least, most = template.pictures
    if len(asked.image_ids) < least:
        yield Problem(("image_ids",), Phrase("needs at least {least} pictures for this template", least=least))
    elif len(asked.image_ids) > MAX_PICTURES:
        yield Problem(("image_ids",), Phrase("may have at most {max_length} entries", max_length=most))


def _sizes(asked: AdIn) -> Iterator[Problem]:
    if asked.sizes and len(set(asked.sizes)) < len(asked.sizes):
        yield Problem(("sizes",), Phrase("has a format twice"))


def make(asked: AdIn, look: Look | None = None) -> Storyboard:
    """The whole storyboard. Raises BadAd for words that our fonts lack, and where it all becomes too long."""
    template = templates.get(asked.template)
    length = asked.seconds or USUAL
    look = look or Look()
    fields = {name: text.strip() for name, text in asked.fields.items() if text.strip()}
    if look.call_to_action and any(field.name == "call_to_action" for field in template.fields):
        fields.setdefault("call_to_action", look.call_to_action)
    language = language_of(fields)
    usual = template.shots(length)
    given: Sequence[ShotIn] = asked.shots or [ShotIn() for _ in usual]
    shots = [
        _shot(one, *usual[min(number, len(usual) - 1)], asked=asked, fields=fields, language=language)
        for number, one in enumerate(given)
    ]
    storyboard = Storyboard(
        template=template.id,
        language=language,
        fields=fields,
        shots=tuple(shots),
        sizes=asked.sizes or USUAL_SIZES,
        music=asked.music or Music(track=template.music, duck=True),
        look=look,
        hero_id=asked.image_ids[0],
        card_seconds=template.card_seconds(length),
    )
    problems = list(_wrong(storyboard))
    if problems:
        raise BadAd([problem.phrase for problem in problems])
    return storyboard


def _shot(
    given: ShotIn, usual: TemplateShot, seconds: float, *, asked: AdIn, fields: Mapping[str, str], language: Language
) -> Shot:
    ids = asked.image_ids
    named = {"name": "the product", **fields}
    prompt = filled(usual.prompt, named)[:500]
    return Shot(
        image_id=given.image_id or ids[(usual.picture - 1) % len(ids)],
        model=given.model or asked.model,
        prompt=given.prompt or prompt,
        move=given.move or usual.move,
        strength=given.strength or usual.strength,
        words=filled(usual.words[language], fields) if given.words is None else given.words,
        role=given.role or usual.role,
        place=given.place or usual.place,
        bar=usual.bar if given.bar is None else given.bar,
        seconds=given.seconds or seconds,
        transition=given.transition or usual.transition,
        zoom=given.zoom or usual.zoom,
        y=usual.y if given.y is None else given.y,
        framing=given.framing,
    )


def _wrong(storyboard: Storyboard) -> Iterator[Problem]:
    for number, shot in enumerate(storyboard.shots):
        if missing := letters.missing(shot.words):
            lacking = Phrase("has characters that our fonts lack: {characters}", characters=missing[:20])
            yield Problem(("shots", number, "words"), lacking)
    if storyboard.seconds > MAX_SECONDS:
        values = {"seconds": round(storyboard.seconds, 1), "limit": int(MAX_SECONDS)}
        yield Problem(("shots",), Phrase("make {seconds} s together; at most {limit} s are possible", **values))


def picture_ids(asked: AdIn) -> dict[int, str]:
    """Every picture that is named, and where."""
    places = {number: f"image_ids[{n}]" for n, number in enumerate(asked.image_ids)}
    for n, shot in enumerate(asked.shots or ()):
        if shot.image_id:
            places.setdefault(shot.image_id, f"shots[{n}].image_id")
    return places


def no_picture(where: str) -> NotFound:
    """A picture that is not there, or is somebody else's."""
    return NotFound(Phrase("{thing} ({where})", thing=Phrase("picture"), where=where))


def stored(values: Mapping[str, Any]) -> Storyboard:
    """A storyboard as the database keeps it."""
    return Storyboard.model_validate(values)
