"""How a picture is fitted to a video's shape. Imports little, as the processes that edit do it with each start."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Framing(BaseModel):
    """How a picture is fitted to the output's ratio.

    `crop`: the largest window of that ratio, divided by `zoom`, placed by `x`, `y` (0.5 is the middle).
    Where the window is larger than the picture (`zoom` below 1) or beyond its edge (`x`, `y` outside 0-1), the
    picture's ground goes on: the shots of ads are framed so.
    `pad-*`: the whole picture, with blur, white or `color` (`#rrggbb`) beside it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["crop", "pad-blur", "pad-white", "pad-color"] = "crop"
    color: str = Field("#000000", pattern=r"^#[0-9a-fA-F]{6}$")
    x: float = Field(0.5, ge=-1, le=2)
    y: float = Field(0.5, ge=-1, le=2)
    zoom: float = Field(1.0, ge=0.4, le=4)

    def brief(self) -> dict[str, Any]:
        """The fields that its mode uses and that differ from the default; empty for the centred crop."""
        used = {"crop": {"mode", "x", "y", "zoom"}, "pad-color": {"mode", "color"}}.get(self.mode, {"mode"})
        return self.model_dump(include=used, exclude_defaults=True)


class FramingIn(Framing):
    """How a picture is fitted to the output's ratio.

    `crop`: the largest window of that ratio, divided by `zoom` (1-4), placed by `x`, `y` (0-1, 0.5 is the middle).
    `pad-*`: the whole picture, with blur, white or `color` (`#rrggbb`) beside it.
    """

    x: float = Field(0.5, ge=0, le=1)
    y: float = Field(0.5, ge=0, le=1)
    zoom: float = Field(1.0, ge=1, le=4)
