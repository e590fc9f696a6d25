"""Caption files as they come: marks, line ends, styles, disorder."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.edits import captions
from core.edits.captions import Cue
from core.errors import BadCaptions

SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello\n\n2\n00:00:03,000 --> 00:00:04,000\nTwo\nlines\n"
CUES = [Cue(1.0, 2.5, "Hello"), Cue(3.0, 4.0, "Two\nlines")]


@pytest.mark.parametrize(
    "text",
    [
        SRT,
        "\ufeff" + SRT,
        SRT.replace("\n", "\r\n"),
        SRT.replace("\n", "\r"),
        SRT.replace(",", "."),
        SRT.replace(" --> ", "-->"),
        SRT.replace("-->", "->"),
        SRT.replace("-->", "–>"),
        SRT.replace("02,500", "02,500 X1:100 X2:200 Y1:5 Y2:20"),
        SRT.replace("Hello", "<font color='#fff'><b>Hel</b>lo</font>"),
        SRT.replace("Hello", "{\\an8}Hello"),
        SRT.replace("lines\n", "lines"),
        SRT.replace("\n\n2\n", "\n\n\n\n2\n"),
        SRT.replace("1\n00", "00").replace("2\n00", "00"),
        SRT.replace("00:00:0", "0:0:"),
        "2\n00:00:03,000 --> 00:00:04,000\nTwo\n\nlines\n\n1\n00:00:01,000 --> 00:00:02,500\nHello\n",
        "WEBVTT\n\nNOTE nothing\nat all\n\nSTYLE\n::cue { color: red }\n\nintro\n"
        "00:01.000 --> 00:02.500 align:start line:0\n"
        "<v Anna>Hello</v>\n\n00:00:03.000 --> 00:00:04.000\n<c.yellow>Two</c>\n<00:00:03.500>lines\n",
    ],
)
def test_a_file_is_read_whatever_its_style(text: str) -> None:
    assert captions.read(text) == CUES


def test_entities_are_read_in_vtt_and_left_in_srt() -> None:
    assert captions.read("WEBVTT\n\n00:01.000 --> 00:02.000\nA &amp; B &lt;3\n")[0].text == "A & B <3"
    assert captions.read("1\n00:00:01,000 --> 00:00:02,000\nA &amp; B <3\n")[0].text == "A &amp; B <3"


def test_what_overlaps_and_what_is_unsorted_all_stays() -> None:
    spans = {"c": "5,000 --> 00:00:06", "a": "1,000 --> 00:00:04", "b": "2,000 --> 00:00:03"}
    text = "\n\n".join(f"7\n00:00:0{span},000\n{word}" for word, span in spans.items())
    cues = [Cue(1.0, 4.0, "a"), Cue(2.0, 3.0, "b"), Cue(5.0, 6.0, "c")]
    assert captions.read(text) == cues
    assert captions.read(captions.write_srt(cues)) == cues
    assert captions.read(captions.write_vtt(cues)) == cues


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a caption file"),
        ("Hello, this is a letter.\n\nBye", "not a caption file"),
        ("WEBVTT\n\nNOTE nothing", "not a caption file"),
        ("[Script Info]\nTitle: x\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Hi", "SubStation"),
        ("1\n00:00:03,000 --> 00:00:02,000\nHi", "line 2 ends before"),
        ("1\n00:00:01,000 --> 00:00:02,000\n" + "x" * 501, "line 2 has more than 500"),
        ("".join(f"{n}\n00:00:01,000 --> 00:00:02,000\nx\n\n" for n in range(10_001)), "more than 10000"),
    ],
)
def test_what_can_not_be_read_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(BadCaptions, match=says):
        captions.read(text)


def test_ten_thousand_are_read() -> None:
    assert len(captions.read("".join(f"{n}\n00:00:01,000 --> 00:00:02,000\nx{n}\n\n" for n in range(10_000)))) == 10_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_the_encoding_is_found_out(encoding: str) -> None:
    assert (
        captions.read(captions.decode("1\n00:00:01,000 --> 00:00:02,000\n琥珀香水\n".encode(encoding)))[0].text
        == "琥珀香水"
    )


words = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20).map(captions.plain).filter(bool)
times = st.integers(0, 3_599_000)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(lambda at, long, text: Cue(at / 1000, (at + long) / 1000, text), times, st.integers(1, 9000), words),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_written_is_read_back(cues: list[Cue]) -> None:
    cues = [cue for cue in cues if not cue.text.isdigit() and "&" not in cue.text] or CUES
    assert captions.read(captions.write_vtt(cues)) == sorted(cues)
    assert captions.read(captions.write_srt(cues)) == sorted(cues)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        captions.read(f"1\n00:00:01,000 --> 00:00:02,000\n{text}")
    except BadCaptions as error:
        assert error.message
