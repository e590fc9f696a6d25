"""What a still picture can't show is recognised, in English and Chinese, and nothing else is."""

import pytest

from core.pictures.presets import presets
from core.prompts.beyond import beyond


@pytest.mark.parametrize(
    ("prompt", "things"),
    [
        ("The candle's flame flickers, slow push in", ["flames"]),
        ("Milk pours into the cup and splashes", ["liquids"]),
        ("A hand picks up the bottle", ["people"]),
        ("The watch spins on a turntable, full turn", ["turn"]),
        ("The box opens slowly and the chair morphs into a sofa", ["change"]),
        ("Leaves sway in the wind", ["motion"]),
        ("火焰跳动，一只手拿起香水", ["flames", "people"]),
        ("牛奶倒入杯中", ["liquids"]),
    ],
)
def test_it_is_named(prompt: str, things: list[str]) -> None:
    assert beyond(prompt) == things


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "Slow push-in on the perfume bottle; warm sunlight glides across the facets",
        "Orbit around the chair, shallow depth of field, a glint runs over the metal",
        "Pan left, handmade candle, handheld feel",
        "Tilt up, no hands, no people",
        "Slow orbit around the watch; the second hand glides, the hands of the watch shine",
        "镜头缓慢推近，背景虚化，光线扫过瓶身",
    ],
)
def test_what_the_camera_can_do_is_not(prompt: str) -> None:
    assert beyond(prompt) == []


def test_the_prompts_of_the_presets_ask_for_nothing_that_a_still_picture_can_not_show() -> None:
    assert {preset.name: beyond(preset.prompt) for preset in presets() if beyond(preset.prompt)} == {}
