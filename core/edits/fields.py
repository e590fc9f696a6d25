"""What an edit is made of, field by field, each with its limits. Nothing here looks at anything but the edit itself."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from core.edits.captions import MAX_CUES
from core.ids import MAX_ID
from core.phrase import Phrase
from core.pictures.fit import Framing, FramingIn

MAX_SECONDS = 60.0
MAX_CLIPS = 20
TRANSITION_SECONDS = 0.5
LOCK_SECONDS = 1.2
PICTURE_SECONDS = 3.0
SIZES = ("1280x720", "720x1280", "1080x1080", "1920x1080", "1080x1920")

Size = Literal["1280x720", "720x1280", "1080x1080", "1920x1080", "1080x1920"]
Transition = Literal["cut", "dissolve", "fade", "slide"]
Id = Annotated[int, Field(ge=1, le=MAX_ID, strict=True)]
Number = Annotated[float, Field(strict=True)]
Moment = Annotated[float, Field(ge=0, le=36_000, strict=True)]
Color = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Font = Literal["inter", "noto-sans-sc"]
Share = Annotated[float, Field(ge=0, le=1, strict=True)]


def problem(complaint: Phrase) -> PydanticCustomError:
    """What a field's own check raises."""
    return PydanticCustomError("edit", "{template}", {"template": complaint.template, **complaint.values})


def _after_start(end: float | None, info: ValidationInfo) -> float | None:
    start = info.data.get("start", 0.0)
    if end is not None and end <= start:
        raise problem(Phrase("must come after the start ({start} s)", start=start))
    return end


class Part(BaseModel):
    """Whatever an edit is made of: frozen, and refusing what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_strip_whitespace=True)


class Clip(Part):
    """A part of a video of yours, or a still picture. `start` and `end` are seconds of the video itself.

    `transition` says how it comes in; of the first clip it is ignored. `anew`: a clip of the studio camera is
    rendered in the edit's own shape instead of being cut to it; of other clips it is ignored.
    """

    video_id: Id | None = None
    image_id: Id | None = None
    start: Moment = 0.0
    end: Moment | None = None
    seconds: Number | None = Field(None, ge=0.2, le=MAX_SECONDS)
    speed: Number = Field(1.0, ge=0.25, le=4)
    framing: FramingIn | None = None
    transition: Transition = "cut"
    mute: StrictBool = False
    anew: StrictBool = False

    _end = field_validator("end")(_after_start)

    @field_validator("start", "end", "speed", "mute", "anew")
    @classmethod
    def _of_videos(cls, value: Any, info: ValidationInfo) -> Any:
        usual = {"start": 0.0, "end": None, "speed": 1.0, "mute": False, "anew": False}[info.field_name or ""]
        if info.data.get("image_id") is not None and value != usual:
            raise problem(Phrase("is only for a video; a picture has `seconds`"))
        return value

    @field_validator("seconds")
    @classmethod
    def _of_pictures(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and info.data.get("video_id") is not None:
            raise problem(Phrase("is only for a picture; a video has `start` and `end`"))
        return value

    @field_validator("image_id")
    @classmethod
    def _one_source(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("video_id") is not None:
            raise problem(Phrase("can't be given together with `video_id`"))
        return value

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        if self.video_id is None and self.image_id is None:
            raise problem(Phrase("needs a `video_id` or an `image_id`"))
        return self


class Line(Part):
    """One caption, in seconds of the finished video."""

    start: Moment
    end: Moment
    text: str = Field(min_length=1, max_length=500)

    _end = field_validator("end")(_after_start)


class Captions(Part):
    """Typed lines, or the text of an .srt or .vtt file; burnt in, as a soft track, or both."""

    lines: tuple[Line, ...] | None = Field(None, min_length=1, max_length=MAX_CUES)
    file: str | None = Field(None, min_length=1, max_length=2_000_000)
    burn: StrictBool = True
    track: StrictBool = True
    style: Literal["clean", "box", "bold"] = "clean"
    position: Literal["bottom", "middle", "top"] = "bottom"
    language: str = Field("en", pattern=r"^[a-z]{2,3}$")

    @field_validator("file")
    @classmethod
    def _one_source(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("lines") is not None:
            raise problem(Phrase("can't be given together with `lines`"))
        return value

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        if self.lines is None and self.file is None:
            raise problem(Phrase("need `lines` or a `file`"))
        return self


class Text(Part):
    """A title, a price or a note. `x` and `y` are its centre, as shares of width and height.

    With `align` left, `x` is its left edge. `width` is the most that it takes of the video's; a `bar` in that colour
    stands above it. `adapts`: whatever its `color`, it is light or dark as what is behind it asks for, with no more
    shade than it needs there.
    """

    text: str = Field(min_length=1, max_length=200)
    role: Literal["title", "price", "note"] = "title"
    start: Moment = 0.0
    end: Moment | None = None
    x: Share = 0.5
    y: Share = 0.5
    color: Color = "#ffffff"
    align: Literal["center", "left"] = "center"
    width: Number | None = Field(None, ge=0.1, le=1)
    bar: Color | None = None
    adapts: StrictBool = False

    _end = field_validator("end")(_after_start)


class Logo(Part):
    """A picture in a corner; `width` is a share of the video's."""

    image_id: Id
    corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"] = "top-right"
    width: Number = Field(0.15, ge=0.05, le=0.4)
    opacity: Number = Field(1.0, ge=0.05, le=1)
    start: Moment = 0.0
    end: Moment | None = None

    _end = field_validator("end")(_after_start)


class EndCard(Part):
    """What the video ends with: a picture or a colour, and words. `accent` is the colour of the button.

    With a `framing` the picture fills its half of the card, up to the edges, and goes over into its colour.
    """

    seconds: Number = Field(2.0, ge=1, le=5)
    title: str = Field(min_length=1, max_length=80)
    subtitle: str = Field("", max_length=120)
    price: str = Field("", max_length=40)
    button: str = Field("", max_length=40)
    image_id: Id | None = None
    color: Color = "#15171c"
    accent: Color = "#ff6a3d"
    framing: Framing | None = None


class Music(Part):
    """A track of ours or a file of yours. `start` is where in the track it begins; `volume` 1 is as it is."""

    track: str | None = Field(None, min_length=1, max_length=50)
    audio_id: Id | None = None
    start: Number = Field(0.0, ge=0, le=600)
    volume: Number = Field(1.0, ge=0, le=2)
    fade_out: Number = Field(1.0, ge=0, le=10)
    duck: StrictBool = False

    @field_validator("audio_id")
    @classmethod
    def _one_source(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("track") is not None:
            raise problem(Phrase("can't be given together with `track`"))
        return value

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        if self.track is None and self.audio_id is None:
            raise problem(Phrase("needs a `track` or an `audio_id`"))
        return self


class Lock(Part):
    """The true picture of the product keeps its pixels: at the end, or over the product all the time."""

    mode: Literal["end", "overlay"] = "end"
