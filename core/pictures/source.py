"""A picture file made ready to be decoded, with what it says of its colours and of the way it is to be turned."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Points:
    """Colours told by numbers: primaries and white as xy, and how samples become light.

    `curve` is a name of `core.pictures.code_points.CURVES`, or a power.
    """

    primaries: tuple[float, ...]
    curve: str | float


@dataclass(frozen=True)
class Source:
    """What a decoder is given.

    `profile` is an ICC profile, empty if there is none; `points` is what else was said. Of a PNG `kind` is the colour
    type, `depth` the bits of a sample, `clear` the one colour that is transparent, in samples of that depth.
    """

    content: bytes
    profile: bytes = b""
    points: Points | None = None
    orientation: int = 1
    kind: int = -1
    depth: int = 8
    clear: tuple[int, ...] = ()
