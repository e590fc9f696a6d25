"""What may be chosen about a clip of the studio camera; what is None is left to the words of the prompt."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Move = Literal["push-in", "pull-out", "pan-left", "pan-right", "tilt-up", "tilt-down", "orbit", "drift", "still"]
Strength = Literal["subtle", "normal", "strong"]


class Options(BaseModel):
    """For the studio camera; other models do not look at them.

    `layers`: product and ground move apart. `focus`: the ground goes soft. `light`: a light passes over the product.
    `loop`: the clip ends where it began.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    move: Move | None = None
    strength: Strength | None = None
    layers: bool | None = Field(None, strict=True)
    focus: bool | None = Field(None, strict=True)
    light: bool | None = Field(None, strict=True)
    loop: bool | None = Field(None, strict=True)

    def chosen(self) -> dict[str, Any]:
        """Only what was chosen."""
        return self.model_dump(exclude_none=True)
