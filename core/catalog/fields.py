"""What an endpoint calls the things that a video is made of, where every endpoint has names of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

from core.catalog.size import Size

Duration = Literal["text", "number", "seconds"]


@dataclass(frozen=True)
class Fields:
    """`picture` is the field of the picture's address. `duration` is how a length is written: "5", 5 or "5s".

    `resolution` are the classes on offer (`720p`), none if the endpoint follows the picture. `audio` is the field of
    the switch for sound, empty if there is none. `extra` goes along as it is.
    """

    picture: str = "image_url"
    duration: Duration = "text"
    resolution: tuple[str, ...] = ()
    audio: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def with_own(self, own: Mapping[str, Any]) -> "Fields":
        """With the values of a catalogue's entry instead of these. Raises ValueError."""
        unknown = set(own) - {each.name for each in fields(self)}
        if unknown:
            raise ValueError(
                f"fields has no {', '.join(sorted(unknown))}, only {', '.join(f.name for f in fields(self))}"
            )
        if own.get("duration", "text") not in get_args(Duration):
            raise ValueError(f"fields.duration is one of {', '.join(get_args(Duration))}")
        values = {**own, "resolution": tuple(own.get("resolution", self.resolution))}
        if not all(_lines(name) for name in values["resolution"]):
            raise ValueError("fields.resolution is a list such as 480p, 720p")
        return replace(self, **values)

    def length(self, seconds: int) -> str | int:
        """The length as this endpoint wants it written."""
        return seconds if self.duration == "number" else f"{seconds}s" if self.duration == "seconds" else str(seconds)


def nearest_class(size: Size, names: tuple[str, ...]) -> str:
    """The class on offer (`480p`, `720P`, `4k`) that has about as many pixels as `size`; empty if there is none.

    960x960 has as many as 1280x720, so it is 720p.
    """
    lines = (size.width * size.height * 9 / 16) ** 0.5
    return min(names, key=lambda name: abs(_lines(name) - lines), default="")


def _lines(name: str) -> int:
    """The 720 of `720p`; 0 if there is no number in it."""
    digits = name.lower().removesuffix("p")
    return {"2k": 1440, "4k": 2160}.get(digits) or (int(digits) if digits.isdigit() else 0)
