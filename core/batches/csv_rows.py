"""Tables of rows, as spreadsheets write them: read into rows, and written so that no spreadsheet runs a cell."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from core.batches.rows import bad
from core.catalog import entries
from core.edits.timeline import Problem
from core.errors import NotRows
from core.phrase import Phrase
from core.pictures import presets
from core.settings import settings

COLUMNS = ("picture", "prompt", "model", "seconds", "size")
CHINESE = ("图片", "提示词", "模型", "时长", "尺寸")
_NAMED = {**{name: name for name in COLUMNS}, **dict(zip(CHINESE, COLUMNS, strict=True))}
DELIMITERS = ",;\t"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""
_RATIO = re.compile(r"(\d{1,2})\s*[:：]\s*(\d{1,2})")


@dataclass
class Table:
    """`rows` as core/batches/rows.py takes them, what is wrong with cells, and columns that were left out.

    `names` are what the pictures are called, by their id.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)


def decoded(content: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or GB18030. Raises NotRows."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif (start := content[:400]).count(0):  # UTF-16 without its mark: its separators are half zeros
        encodings = ["utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotRows(Phrase("its characters are neither UTF-8 nor UTF-16 nor GB18030."))


def read(content: bytes, pictures: Mapping[str, int] | None = None) -> Table:
    """The rows of a CSV file. Blocking. `pictures` are ids of the user's pictures by their file's name.

    What is wrong with single cells is in `problems`. Raises NotRows if the file is no table with the columns we need.
    """
    text = decoded(content).lstrip("\ufeff")
    if written := re.match(r"sep=.(\r\n|\r|\n)", text):  # a line that Excel writes and reads
        text = text[written.end() :]
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    lines = _lines(text, max(DELIMITERS, key=lambda sign: _matches(first, sign)))
    columns, unknown = _columns(next(lines, []))
    table, by_name = Table(unknown=unknown), _by_name(pictures or {})
    limit = settings().batch_max_rows
    for cells in lines:
        if not any(cells):
            continue
        if len(table.rows) > limit:  # one more than may be: the count is refused
            break
        position = len(table.rows)
        values = {name: cells[at] if at < len(cells) else "" for at, name in columns.items()}
        table.rows.append(dict(_fields(table, position, values, by_name)))
    if not table.rows:
        raise NotRows(Phrase("it has no rows."))
    return table


def _lines(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            line = Phrase("line {line} has quotes that do not close, or a cell that is too long.", line=reader.line_num)
            raise NotRows(line) from None
        yield [_plain(cell) for cell in cells]


def _plain(cell: str) -> str:
    cell = cell.replace("\x00", "").strip().strip("\ufeff")
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


def _matches(header: str, delimiter: str) -> int:
    try:
        cells = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return 0
    return sum(_name(cell) in _NAMED for cell in cells)


def _name(cell: str) -> str:
    return _plain(cell).lower()


def _columns(header: Sequence[str]) -> tuple[dict[int, str], list[str]]:
    """Which column is what, and the names of those that are left out. Raises NotRows."""
    columns: dict[int, str] = {}
    unknown: list[str] = []
    for at, cell in enumerate(header):
        name = _NAMED.get(_name(cell))
        if name in columns.values():
            raise NotRows(Phrase("it has the column “{name}” twice.", name=name))
        if name:
            columns[at] = name
        elif cell:
            unknown.append(cell[:40])
    for name in ("picture", "prompt"):
        if name not in columns.values():
            needed = ", ".join(COLUMNS)
            raise NotRows(
                Phrase("it has no column “{name}”. Its first line must be: {needed}", name=name, needed=needed)
            )
    return columns, unknown


def _by_name(pictures: Mapping[str, int]) -> dict[str, int | str]:
    """The user's pictures and ours by every name that they go by, in small letters."""
    names: dict[str, int | str] = {}
    for preset in presets.presets():
        for name in (preset.name, f"{preset.name}.jpg", *preset.title.values()):
            names[name.lower()] = preset.name
    for name, number in pictures.items():
        names.setdefault(PurePosixPath(name).stem.lower(), number)
    names |= {name.lower(): number for name, number in pictures.items()}
    return names


def _fields(
    table: Table, position: int, values: Mapping[str, str], by_name: Mapping[str, int | str]
) -> Iterator[tuple[str, Any]]:
    picture = values.get("picture", "")
    found = by_name.get(picture.lower())
    if isinstance(found, int):
        table.names[found] = PurePosixPath(picture).stem
        yield "image_id", found
    elif found:
        yield "preset", found
    elif "://" in picture:
        yield "image_url", picture
    elif picture.isascii() and picture.isdigit():
        yield "image_id", int(picture[:12])
    elif picture:
        complaint = Phrase("is neither a picture that you have added, nor one of ours, nor a web address")
        table.problems.append(bad(position, "picture", complaint))
    yield "prompt", values.get("prompt", "")
    model = values.get("model", "")
    if model:
        labels = {one.label.lower(): one.id for one in entries.models().values()}
        yield "model", labels.get(model.lower(), model)
    if seconds := values.get("seconds", ""):
        match = re.fullmatch(r"(\d{1,4})(?:[.,]0*)?\s*(?:s|秒)?", seconds, re.IGNORECASE)
        if match:
            yield "seconds", int(match[1])
        else:
            table.problems.append(bad(position, "seconds", Phrase("must be a whole number")))
    if size := values.get("size", ""):
        yield "size", _size(size, model)


def _size(text: str, model: str) -> str:
    """`1280x720` as it is; of a ratio (`9:16`) the first size that the model has."""
    if ratio := _RATIO.fullmatch(text):
        wanted = f"{ratio[1]}:{ratio[2]}"
        offered = entries.models().get(model) or next(iter(entries.models().values()))
        sizes = [*offered.sizes, *entries.sizes()]
        return next((str(size) for size in sizes if size.ratio == wanted), text)
    return text.replace("×", "x").replace("*", "x").replace("X", "x").replace(" ", "")


def write(lines: Iterable[Sequence[object]]) -> str:
    """Lines as CSV for spreadsheets, with the mark that tells Excel of UTF-8; cells that look like formulas quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([_quoted(str("" if cell is None else cell)) for cell in line] for line in lines)
    return "\ufeff" + out.getvalue()


def _quoted(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def of_rows(rows: Iterable[Mapping[str, Any]], names: Mapping[int, str]) -> str:
    """Rows as a batch takes them, as the table that would make them. `names` are the files' names of pictures."""
    lines = []
    for row in rows:
        number = row.get("image_id")
        own = names.get(number, number) if isinstance(number, int) else None
        lines.append([own or row.get("preset") or row.get("image_url"), *(row.get(name) for name in COLUMNS[1:])])
    return write([COLUMNS, *lines])


def template() -> str:
    """A table to fill in, with an example of each kind of picture."""
    examples = [
        ("perfume", "Slow push in, warm light", "camera", 6, "1080x1920"),
        ("watch.jpg", "Slow orbit around the watch", "camera", 6, "1280x720"),
        ("https://example.com/shoe.jpg", "The camera glides past the shoe", "", "", ""),
    ]
    return write([COLUMNS, *examples])
