"""The size of a video."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import CoreSchema, core_schema

from core.errors import BadSize

_TEXT = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})", re.ASCII)


@dataclass(frozen=True)
class Size:
    """Width and height in pixels; as text `WIDTHxHEIGHT`. In a pydantic model it is that text in JSON."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> "Size":
        """The size behind a text like `1280x720`, which `str` gives back unchanged. Raises BadSize, a ValueError."""
        if match := _TEXT.fullmatch(text):
            return cls(int(match[1]), int(match[2]))
        raise BadSize(text)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def ratio(self) -> str:
        """`16:9` for 1280x720."""
        divisor = math.gcd(self.width, self.height)
        return f"{self.width // divisor}:{self.height // divisor}"

    @property
    def is_portrait(self) -> bool:
        """Whether height exceeds width."""
        return self.height > self.width

    @property
    def shape(self) -> str:
        """`landscape`, `portrait` or `square` (within 5 %)."""
        aspect = self.width / self.height
        return "landscape" if aspect > 1.05 else "portrait" if aspect < 0.95 else "square"

    def closest(self, offered: Sequence["Size"]) -> "Size":
        """The offered size with the nearest ratio (within 0.05), else the first one offered."""

        def distance(other: Size) -> float:
            return abs(other.width / other.height - self.width / self.height)

        nearest = min(offered, key=distance)
        return nearest if distance(nearest) < 0.05 else offered[0]

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
        text = core_schema.no_info_after_validator_function(cls.parse, core_schema.str_schema())
        return core_schema.json_or_python_schema(
            json_schema=text,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), text]),
            serialization=core_schema.to_string_ser_schema(),
        )
