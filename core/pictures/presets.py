"""The sample pictures that come with AdsVideo."""

import asyncio
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.errors import NotFound
from core.phrase import Phrase

PRESETS = Path(__file__).with_name("shipped")


@dataclass(frozen=True)
class Preset:
    """A sample picture with a prompt that suits it, in English and Chinese. `color` is its mean colour."""

    name: str
    title: dict[str, str]
    alt: str
    prompt: str
    prompt_zh: str
    color: str


@lru_cache
def presets() -> tuple[Preset, ...]:
    """The preset pictures in the order of the carousel."""
    return tuple(Preset(**entry) for entry in json.loads((PRESETS / "presets.json").read_text()))


def check_preset(name: str) -> None:
    """Raises NotFound if there is no preset of that name."""
    if name not in {preset.name for preset in presets()}:
        raise NotFound(Phrase("picture"))


async def preset_content(name: str) -> bytes:
    """A preset as JPEG. Raises NotFound."""
    check_preset(name)
    return await asyncio.to_thread((PRESETS / f"{name}.jpg").read_bytes)
