"""Collects every sentence a visitor can read into adsvideo.pot and the catalogues: `uv run python -m ui.locale.update`.

A string is found by what it is, wherever its file lies: the literal in `_()`, `n_()` and `Phrase()`, a class's
`template = "..."`, and the `alt` of a preset.
"""

import ast
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "ui" / "locale"
TEMPLATE = LOCALE / "adsvideo.pot"
LANGUAGES = {"zh": "zh_Hans_CN"}
DATE = datetime(2026, 11, 24, tzinfo=UTC)
KEYWORDS = {"_": None, "n_": (1, 2), "Phrase": None}
METHODS = [("**.py", f"{__package__}.update:sentences"), ("**/presets.json", f"{__package__}.update:alt_texts")]
NOT_SAID = {"tests", "bench", "docs", "deploy", "uploads"}
"""Folders at the top that hold nothing a visitor reads."""

Extracted = tuple[Any, ...]
"""(line, function name, message, comments for translators), as Babel expects it from an extractor."""


def sentences(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Extracted]:
    """The messages of a Python file: marked calls and the templates of classes."""
    yield from extract_python(file, keywords, comment_tags, options)
    file.seek(0)
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.ClassDef):
            yield from ((line, None, text, []) for line, text in _templates(node) if _differs(text))


def alt_texts(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Extracted]:
    """The alt texts of the preset pictures."""
    yield from ((0, None, preset["alt"], []) for preset in json.load(file))


def _templates(node: ast.ClassDef) -> Iterator[tuple[int, str]]:
    """`template = "..."`, also as `code, template = "...", "..."`."""
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                pairs = list(zip(names, values, strict=True))
            case ast.Assign(targets=[name], value=value) | ast.AnnAssign(target=name, value=ast.expr() as value):
                pairs = [(name, value)]
            case _:
                continue
        for pair in pairs:
            match pair:
                case (ast.Name(id="template"), ast.Constant(value=str(text), lineno=line)):
                    yield line, text


def _differs(text: str) -> bool:
    """Whether another language may write it otherwise: besides placeholders there are letters or marks."""
    return any(one.isalpha() or one in ".,:;()" for one in re.sub(r"\{\w+\}", "", text))


def _new(locale: str | None = None) -> Catalog:
    """An empty catalogue whose headers have no current date, so that a run without new messages changes no file."""
    return Catalog(
        locale=locale,
        project="AdsVideo",
        version="1",
        header_comment="# AdsVideo. Brought up to date by `uv run python -m ui.locale.update`.",
        creation_date=DATE,
        revision_date=DATE,
        last_translator="AdsVideo",
        language_team="AdsVideo",
        msgid_bugs_address="the project's issues",
        charset="utf-8",
        fuzzy=False,
    )


def collect(root: Path = ROOT) -> Catalog:
    """The template catalogue of the sources under `root`; messages of `ui` come first."""

    def may_speak(folder: str) -> bool:
        path = Path(folder)
        return not path.name.startswith((".", "_")) and not (path.parent == root and path.name in NOT_SAID)

    catalog = _new()
    extracted = extract_from_dir(
        str(root), METHODS, keywords=KEYWORDS, comment_tags=("i18n:",), directory_filter=may_speak
    )
    for file, _line, text, comments, _context in sorted(
        extracted, key=lambda one: (not one[0].startswith("ui/"), one[0], one[1])
    ):
        if _differs(text if isinstance(text, str) else text[0]):
            catalog.add(text, locations=[(file, 0)], auto_comments=comments)
    return catalog


def main() -> None:
    """Write the template and update each catalogue; new messages are left untranslated."""
    template = collect()
    with TEMPLATE.open("wb") as out:
        write_po(out, template, include_lineno=False, sort_output=False)
    for language, locale in LANGUAGES.items():
        path = LOCALE / language / "LC_MESSAGES" / "adsvideo.po"
        catalog = _new(locale)
        if path.is_file():
            with path.open("rb") as source:
                for message in read_po(source, locale=locale):
                    if message.id:
                        catalog[message.id] = message
        catalog.update(template, no_fuzzy_matching=True)
        with path.open("wb") as out:
            write_po(out, catalog, include_lineno=False, ignore_obsolete=True)


if __name__ == "__main__":
    main()
