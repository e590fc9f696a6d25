"""What an MP4 says of how it was made, and what is believed of it."""

import json

import pytest

from core.catalog.size import Size
from core.models import Picture, Video
from core.videos import recipe
from core.videos.recipe import Recipe

MADE = Video(
    id=1, user_id=1, picture_id=1, prompt="Café 咖啡 😀", model="camera", label="Camera", seconds=6,
    size="720x1280", framing={"mode": "pad-color", "color": "#ff0000"}, cost_credits=10,
)  # fmt: skip
PRESET = Picture(id=1, user_id=1, sha256="a" * 64, key="k", width=1, height=1, bytes=1, preset="watch")
OWN = Picture(id=2, user_id=1, sha256="b" * 64, key="k", width=1, height=1, bytes=1)


def told(**fields: object) -> str:
    """The text in a file that says so."""
    return json.dumps({"adsvideo": 1, **fields})


def test_what_is_written_is_read_back() -> None:
    for picture in (PRESET, OWN):
        text = recipe.write(Recipe.portable(MADE, picture))
        assert text.isascii()
        assert text.startswith(recipe.MARK)
        found = recipe.read(text + "\x00\x00moov and whatever follows")
        assert found is not None
        assert found.whole
        assert found.recipe == Recipe.portable(MADE, picture)
        assert (found.recipe.prompt, found.recipe.seconds, found.recipe.size) == (MADE.prompt, 6, Size(720, 1280))
        assert found.recipe.framing_fields == MADE.framing
        source = (found.recipe.preset, found.recipe.picture_sha256)
        assert source == (("watch", "") if picture is PRESET else ("", OWN.sha256))


def test_the_longest_prompt_fits() -> None:
    longest = MADE.model_copy(update={"prompt": "😀" * 500})
    found = recipe.read(recipe.write(Recipe.portable(longest, OWN)))
    assert found is not None
    assert found.recipe.prompt == "😀" * 500


@pytest.mark.parametrize(
    "text",
    [
        None,
        17,
        "",
        "{",
        '{"adsvideo": 2, "prompt": "x"}',
        '{"adsvideo": 1, "prompt": "cut o',
        '{"adsvideo": 1' + "[" * 7000,
    ],
    ids=repr,
)
def test_what_is_no_settings_is_none(text: object) -> None:
    assert recipe.read(text) is None


@pytest.mark.parametrize(
    "field",
    [
        {"prompt": "x" * 501},
        {"prompt": ["x"]},
        {"seconds": "6"},
        {"seconds": 1e9},
        {"seconds": True},
        {"size": "9" * 99},
        {"size": "0x0"},
        {"framing": "crop"},
        {"framing": {"mode": "crop", "zoom": 1e9}},
        {"framing": {"mode": "../../etc/passwd"}},
        {"picture": "../secret"},
        {"model": {"$ne": 1}},
        {"something": "new"},
    ],
    ids=str,
)
def test_a_field_that_makes_no_sense_is_left_out_alone(field: dict[str, object]) -> None:
    found = recipe.read(told(**{"prompt": "good", "seconds": 4, **field}))
    assert found is not None
    assert not found.whole
    assert found.recipe == Recipe(**{k: v for k, v in {"prompt": "good", "seconds": 4}.items() if k not in field})  # type: ignore[arg-type]
