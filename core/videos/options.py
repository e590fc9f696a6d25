"""What may be chosen about a clip; what is None is as usual: by the words of the prompt, or as the model does it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Move = Literal["push-in", "pull-out", "pan-left", "pan-right", "tilt-up", "tilt-down", "orbit", "drift", "still"]
Strength = Literal["subtle", "normal", "strong"]


class Options(BaseModel):
    """A model looks at those that its entry in the catalogue names: the studio camera at all but `audio`.

    `layers`: product and ground move apart. `focus`: the ground goes soft. `light`: a light passes over the product.
    `loop`: the clip ends where it began. `audio`: the model makes sound as well, which is usual where it can.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    move: Move | None = None
    strength: Strength | None = None
    layers: bool | None = Field(None, strict=True)
    focus: bool | None = Field(None, strict=True)
    light: bool | None = Field(None, strict=True)
    loop: bool | None = Field(None, strict=True)
    audio: bool | None = Field(None, strict=True)

    def chosen(self) -> dict[str, Any]:
        """Only what was chosen."""
        return self.model_dump(exclude_none=True)
