"""A size: from `WIDTHxHEIGHT` and back, its ratio, and what a model offers that is like it."""

import pytest
from pydantic import BaseModel, ValidationError

from core.catalog.size import Size
from core.errors import BadSize


@pytest.mark.parametrize(
    ("text", "ratio", "shape", "is_portrait"),
    [
        ("1280x720", "16:9", "landscape", False),
        ("720x1280", "9:16", "portrait", True),
        ("1080x1080", "1:1", "square", False),
        ("1024x1000", "128:125", "square", False),
        ("1000x1024", "125:128", "square", True),
        ("832x480", "26:15", "landscape", False),
        ("1x99999", "1:99999", "portrait", True),
    ],
)
def test_a_size_is_read_and_written_back(text: str, ratio: str, shape: str, is_portrait: bool) -> None:
    size = Size.parse(text)
    assert (str(size), size.ratio, size.shape, size.is_portrait) == (text, ratio, shape, is_portrait)


@pytest.mark.parametrize(
    "text",
    ["", "x", "1280", "1280x", "x720", "1280X720", " 1280x720", "1280x720\n", "01280x720", "0x720", "-1x2", "1.5x2",
     "1280x720x3", "100000x1", "١٢٨٠x٧٢٠", "large"],
)  # fmt: skip
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadSize, match="is not a size like 1280x720"):
        Size.parse(text)


@pytest.mark.parametrize(
    ("wanted", "offered", "chosen"),
    [
        ("1080x1080", ["1280x720", "960x960"], "960x960"),
        ("1920x1080", ["720x1280", "1280x720"], "1280x720"),
        ("1280x720", ["832x480", "480x832"], "832x480"),
        ("4000x1000", ["720x1280", "1280x720"], "720x1280"),
    ],
)
def test_another_model_is_asked_for_the_same_ratio_or_its_first_size(
    wanted: str, offered: list[str], chosen: str
) -> None:
    assert str(Size.parse(wanted).closest([Size.parse(size) for size in offered])) == chosen


class Shown(BaseModel):
    """Something with a size in it."""

    size: Size


def test_in_json_it_is_its_text() -> None:
    assert Shown(size=Size(1280, 720)).model_dump_json() == '{"size":"1280x720"}'
    assert Shown.model_validate_json('{"size":"1280x720"}').size == Size(1280, 720)
    with pytest.raises(ValidationError, match="is not a size like"):
        Shown.model_validate({"size": "wide"})
