"""A prompt that shows nothing is empty; one that shows anything keeps its joiners."""

import pytest

from core.errors import NoPrompt
from core.videos.request import check_prompt


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        " \n\t",
        "\u200b",
        "\u200b \u200d\u2060\ufeff",
        "\u00ad\u200e\u202e",
        "\ufe0f\u034f\U000e0101",
        "\u3164\u2800\u115f\uffa0",
        "\ud800",
        "\x00\x1b",
        "\u3000\u2028",
    ],
)
def test_what_shows_nothing_is_empty(prompt: str) -> None:
    with pytest.raises(NoPrompt):
        check_prompt(prompt)


@pytest.mark.parametrize(
    ("prompt", "kept"),
    [
        ("  a shoe ", "a shoe"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("a\ud800b", "ab"),
        ("鞋", "鞋"),
    ],
)
def test_what_shows_something_is_kept(prompt: str, kept: str) -> None:
    assert check_prompt(prompt) == kept
