"""Tables as spreadsheets write them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.batches import csv_rows
from core.batches.csv_rows import read, write
from core.errors import NotRows

ROW = {"preset": "perfume", "prompt": "慢慢推近", "model": "camera", "seconds": 6, "size": "1080x1920"}
ENGLISH = ("picture", "prompt", "model", "seconds", "size")
CHINESE = ("图片", "提示词", "模型", "时长", "尺寸")
CELLS = ("perfume", "慢慢推近", "camera", "6", "1080x1920")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
@pytest.mark.parametrize("header", [ENGLISH, CHINESE])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_every_spelling_of_a_table_is_the_same_row(encoding: str, header: tuple[str, ...], sign: str) -> None:
    text = f"{sign.join(header)}\r\n{sign.join(CELLS)}\r\n{sign * 4}\r\n\r\n"
    table = read(text.encode(encoding))
    assert (table.rows, table.problems, table.unknown) == ([ROW], [], [])


def test_a_picture_is_one_of_ours_by_any_name_one_that_was_added_or_an_address() -> None:
    text = (
        'picture,prompt\nAmber perfume,a\n琥珀香水,b\nPERFUME.jpg,c\nshoe.JPG,d\n"https://x.org/a.jpg",e\n17,f\nx.png,g'
    )
    table = read(text.encode(), {"Shoe.jpg": 5})
    pictures = [{name: row[name] for name in row if name != "prompt"} for row in table.rows]
    ours = {"preset": "perfume"}
    assert pictures == [ours, ours, ours, {"image_id": 5}, {"image_url": "https://x.org/a.jpg"}, {"image_id": 17}, {}]
    assert [problem.where for problem in table.problems] == ["rows[6].picture"]
    assert table.names == {5: "shoe"}


def test_columns_in_any_order_quotes_ratios_and_lengths_as_people_type_them() -> None:
    text = 'Size;Note;Prompt;Picture;Seconds\n9:16;x;"Push in; then ""hold""\nstill";watch;6 s\n1280×720;;b;watch;6,0'
    table = read(text.encode())
    assert [(row["prompt"], row["size"], row["seconds"]) for row in table.rows] == [
        ('Push in; then "hold"\nstill', "720x1280", 6),
        ("b", "1280x720", 6),
    ]
    assert table.unknown == ["Note"]


def test_the_separator_that_excel_writes_down_is_no_header() -> None:
    assert len(read(b"sep=;\r\npicture;prompt\r\nwatch;a\r\n").rows) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no column"),
        (b"picture,prompt\n", "no rows"),
        (b"picture,prompt\n,,\n ,\n", "no rows"),
        (b"image,text\na,b", "Its first line must be: picture, prompt, model, seconds, size"),
        (b"picture,prompt,prompt\na,b,c", "twice"),
        (b'picture,prompt\nwatch,"never closed', "line 2"),
        (b"\xff\xfe\x00\xd8", "neither UTF-8 nor UTF-16 nor GB18030"),
        (b"picture,prompt\nwatch," + b"x" * 200_000, "too long"),
    ],
)
def test_what_is_no_table_says_why(content: bytes, said: str) -> None:
    with pytest.raises(NotRows, match=said):
        read(content)


def test_ten_megabytes_of_rows_are_not_all_read() -> None:
    assert len(read(b"picture,prompt\n" + b"watch,Slow push in\n" * 550_000).rows) == 101


def test_cells_that_a_spreadsheet_would_run_are_quoted_and_come_back_as_they_were() -> None:
    prompt = '=HYPERLINK("http://x")'
    text = write([ENGLISH, ("watch", prompt, "", "", ""), ("watch", "+1", "", "", "")])
    assert '"\'=HYPERLINK(""http://x"")"' in text
    assert "'+1" in text
    assert [row["prompt"] for row in read(text.encode()).rows] == [prompt, "+1"]


def test_the_template_can_be_read() -> None:
    table = read(csv_rows.template().encode(), {"watch.jpg": 3})
    assert (len(table.rows), table.problems) == (3, [])


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: ("图片,提示词\n" + text).encode())))
def test_whatever_is_sent_is_read_or_refused(content: bytes) -> None:
    try:
        assert read(content).rows
    except NotRows as error:
        assert error.message.endswith((".", "size"))


def test_rows_that_are_not_paid_for_can_be_saved_and_brought_back() -> None:
    rows: list[dict[str, Any]] = [
        {"image_id": 5, "prompt": "=1+1", "model": "camera", "size": "1080x1920", "seconds": 6},
        {"preset": "perfume", "prompt": "慢慢推近, “稳”"},
        {"image_url": "https://example.com/a.jpg", "prompt": "-- still", "model": "camera"},
        {"image_id": 7, "prompt": "@home"},
    ]
    saved = csv_rows.of_rows(rows, {5: "+shoe.jpg"})
    assert saved.startswith("\ufeffpicture,prompt,")
    assert "'=1+1" in saved
    assert "'+shoe.jpg" in saved
    assert read(saved.encode(), {"+shoe.jpg": 5}).rows == rows
