"""An edit is checked field by field; what is wrong is said in words and in brackets, all at once."""

from typing import Any

import pytest

from core.edits import letters, timeline
from core.errors import BadEdit
from core.phrase import Phrase

FULL: dict[str, Any] = {
    "clips": [
        {"video_id": 1, "start": 1.0, "end": 3.0, "speed": 2.0},
        {"image_id": 2, "seconds": 4.0, "transition": "dissolve", "framing": {"mode": "pad-color", "color": "#ff0000"}},
    ],
    "size": "1080x1920",
    "captions": {"lines": [{"start": 0.0, "end": 1.0, "text": "琥珀"}], "style": "box", "language": "zh"},
    "texts": [{"text": "49 €", "role": "price", "start": 1.0, "end": 2.0, "x": 0.5, "y": 0.25, "color": "#ff6a3d"}],
    "logo": {"image_id": 3, "corner": "top-left", "width": 0.2, "opacity": 0.5},
    "end_card": {"seconds": 2.0, "title": "Amber", "button": "Shop now", "image_id": 2},
    "music": {"track": "good-day", "volume": 0.5, "fade_out": 2.0, "duck": True},
    "lock": {"mode": "end"},
}


def places(refused: pytest.ExceptionInfo[BadEdit]) -> list[str]:
    """Where something is wrong: what stands in the brackets of each sentence."""
    return [str(phrase.values["where"]) for phrase in refused.value.values.values() if isinstance(phrase, Phrase)]


def paths(body: object) -> list[str]:
    """Where something is wrong in this edit."""
    with pytest.raises(BadEdit) as refused:
        timeline.read(body)
    assert all(f"({place})" in refused.value.message for place in places(refused))
    return places(refused)


def test_a_full_edit_is_read_and_can_be_posted_again() -> None:
    edit = timeline.read(FULL)
    assert edit.body() == FULL
    assert timeline.read(edit.body()) == edit
    assert edit.seconds([10.0, None]) == pytest.approx(1.0 + 4.0 - 0.5 + 2.0 - 0.5)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"clips": []}, ["clips"]),
        ({"clips": [{}]}, ["clips[0]"]),
        ({"clips": [{"video_id": 1, "image_id": 2}]}, ["clips[0].image_id"]),
        ({"clips": [{"video_id": 1}] * 21}, ["clips"]),
        ({"clips": [{"video_id": 1}, {"video_id": 1, "start": 2, "end": 1}]}, ["clips[1].end"]),
        ({"clips": [{"video_id": 1, "start": 2, "end": 2}]}, ["clips[0].end"]),
        ({"clips": [{"video_id": 1, "start": -1}]}, ["clips[0].start"]),
        ({"clips": [{"video_id": 1, "end": float("nan")}]}, ["clips[0].end"]),
        ({"clips": [{"video_id": 1, "end": float("inf")}]}, ["clips[0].end"]),
        ({"clips": [{"video_id": 1, "end": "3"}]}, ["clips[0].end"]),
        ({"clips": [{"video_id": True}]}, ["clips[0].video_id"]),
        ({"clips": [{"video_id": 2**31}]}, ["clips[0].video_id"]),
        ({"clips": [{"video_id": 1, "seconds": 3}]}, ["clips[0].seconds"]),
        ({"clips": [{"image_id": 1, "speed": 2}]}, ["clips[0].speed"]),
        ({"clips": [{"video_id": 1, "speed": 5}]}, ["clips[0].speed"]),
        ({"clips": [{"video_id": 1, "transition": "wipe"}]}, ["clips[0].transition"]),
        ({"clips": [{"video_id": 1, "framing": {"mode": "bend"}}]}, ["clips[0].framing.mode"]),
        ({"size": "640x480"}, ["size"]),
        ({"captions": {}}, ["captions"]),
        ({"captions": {"lines": []}}, ["captions.lines"]),
        ({"captions": {"lines": [{"start": 2, "end": 1, "text": "x"}]}}, ["captions.lines[0].end"]),
        ({"captions": {"lines": [{"start": 0, "end": 1, "text": " "}]}}, ["captions.lines[0].text"]),
        ({"captions": {"file": "nothing"}}, ["captions.file"]),
        ({"captions": {"file": "1\n00:00:01,000 --> 00:00:02,000\n😀"}}, ["captions.file"]),
        ({"captions": {"lines": [{"start": 0, "end": 1, "text": "x"}], "language": "English"}}, ["captions.language"]),
        ({"texts": [{"text": "x", "x": 1.5}]}, ["texts[0].x"]),
        ({"texts": [{"text": "x", "color": "red"}]}, ["texts[0].color"]),
        ({"texts": [{"text": "ok"}, {"text": "😀"}]}, ["texts[1].text"]),
        ({"logo": {"image_id": 1, "width": 0.5}}, ["logo.width"]),
        ({"end_card": {"title": "x", "seconds": 9}}, ["end_card.seconds"]),
        ({"end_card": {}}, ["end_card.title"]),
        ({"music": {}}, ["music"]),
        ({"music": {"track": "x", "audio_id": 1}}, ["music.audio_id"]),
        ({"music": {"track": "x", "volume": 3}}, ["music.volume"]),
        ({"lock": {"mode": "always"}}, ["lock.mode"]),
        ({"sparkle": True}, ["sparkle"]),
        (
            {"clips": [{"video_id": 0}], "size": "x", "texts": [{"text": "😀", "y": 2}]},
            ["clips[0].video_id", "size", "texts[0].y", "texts[0].text"],
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_place(change: dict[str, Any], where: list[str]) -> None:
    assert paths({"clips": [{"video_id": 1}]} | change) == where


@pytest.mark.parametrize("body", [None, 3, "x", [], [FULL], {}])
def test_what_is_no_edit_at_all_is_refused(body: object) -> None:
    with pytest.raises(BadEdit, match=r"must be an object|is missing"):
        timeline.read(body)


def test_a_problem_is_said_in_words_and_in_brackets() -> None:
    with pytest.raises(BadEdit) as refused:
        timeline.read({"clips": [{"video_id": 1}, {"video_id": 1, "start": 2, "end": 1.5}]})
    assert refused.value.message == "Clip 2, end (clips[1].end) must come after the start (2.0 s)."
    with pytest.raises(BadEdit, match=r"Text 1, words \(texts\[0\].text\) has characters that our fonts lack: 😀ภ"):
        timeline.read({"clips": [{"video_id": 1}], "texts": [{"text": "A😀ภ😀"}]})


def test_captions_that_are_not_drawn_may_have_any_character() -> None:
    timeline.read(
        {"clips": [{"video_id": 1}], "captions": {"lines": [{"start": 0, "end": 1, "text": "😀"}], "burn": False}}
    )


@pytest.mark.parametrize(
    ("change", "durations", "where"),
    [
        ({"clips": [{"video_id": 1, "start": 4}]}, [4.0], "clips[0].start"),
        ({"clips": [{"video_id": 1, "end": 4.2}]}, [4.0], "clips[0].end"),
        ({"clips": [{"video_id": 1, "speed": 0.25}]}, [16.0], "clips"),
        ({"texts": [{"text": "x", "start": 4.0}]}, [4.0], "texts[0].start"),
        ({"captions": {"lines": [{"start": 4, "end": 5, "text": "x"}]}}, [4.0], "captions.lines[0].start"),
        ({"captions": {"file": "1\n00:00:09,000 --> 00:00:10,000\nx"}}, [4.0], "captions.file"),
        ({"logo": {"image_id": 1, "start": 5}}, [4.0], "logo.start"),
        ({"music": {"track": "x", "start": 30}}, [4.0], "music.start"),
        ({"clips": [{"image_id": 1}], "lock": {}}, [None], "lock"),
    ],
)
def test_times_outside_are_named(change: dict[str, Any], durations: list[float | None], where: str) -> None:
    edit = timeline.read({"clips": [{"video_id": 1}]} | change)
    with pytest.raises(BadEdit) as refused:
        timeline.check_times(edit, durations, music_seconds=30.0)
    assert places(refused) == [where]


def test_times_that_just_fit_are_good() -> None:
    edit = timeline.read(
        {"clips": [{"video_id": 1, "end": 4.05}, {"video_id": 1}], "texts": [{"text": "x", "start": 7.9}]}
    )
    timeline.check_times(edit, [4.0, 4.0])


def test_the_fonts_have_what_is_promised() -> None:
    assert letters.missing("Größe, naïve, Łódź, Ελλάδα, Москва, 琥珀香水，限时 49 €！½ “x” – ★") == ""
    assert letters.missing("e\u0301 \u200d\ufe0f\n\t") == "", "accents are joined, what draws nothing is left out"
    assert letters.missing("a😀b😀ภ") == "😀ภ"
    assert sum(path.stat().st_size for path in letters.FONTS.iterdir() if path.suffix in (".ttf", ".otf")) < 4_000_000
    assert (letters.FONTS / "OFL.txt").exists()
