"""Collects every sentence a visitor can read into adsvideo.pot and the catalogues: `uv run python -m ui.locale.update`.

`_()` and `n_()` in ui/, the templates of core/errors.py, the sentences that core gives to them and to model states,
and the alt texts of the presets.
"""

import ast
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "ui" / "locale"
TEMPLATE = LOCALE / "adsvideo.pot"
LANGUAGES = {"zh": "zh_Hans_CN"}
SPEAKERS = {"State", "Conflict", "BadInput", "NotFound", "NotAvailable"}
DATE = datetime(2026, 11, 24, tzinfo=UTC)


def _sentence(node: ast.expr) -> str | None:
    """A string literal, or an f-string with its values as placeholders."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    text = ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            value = part.value
            name = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else "x"
            text += "{" + name.lower().lstrip("_") + "}"
    return text


def _spoken(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that are sentences; both branches of a conditional one."""
    for argument in call.args[1:] if getattr(call.func, "id", "") == "State" else call.args:
        yield from (argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else (argument,)


def core_sentences() -> Iterator[tuple[str, str]]:
    """(file, sentence) for everything core says to people."""
    for path in sorted((ROOT / "core").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            found: list[str | None] = []
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SPEAKERS:
                found = [_sentence(argument) for argument in _spoken(node)]
            elif path.name == "catalog.py" and isinstance(node, ast.Assign) and _is_named(node, "reason"):
                values = (node.value.body, node.value.orelse) if isinstance(node.value, ast.IfExp) else (node.value,)
                found = [_sentence(value) for value in values]
            elif path.name == "errors.py" and isinstance(node, ast.ClassDef):
                found = list(_templates(node))
            yield from ((f"core/{path.name}", text) for text in found if text and text.strip("{}").count(" ") + 1)


def _is_named(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _templates(node: ast.ClassDef) -> Iterator[str]:
    """`template = "..."`, also as `code, template = "...", "..."`, and what a `message` of its own returns."""
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign | ast.Assign):
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = statement.value.elts if isinstance(statement.value, ast.Tuple) else [statement.value]
            for name, value in zip(names, values, strict=False):
                if isinstance(name, ast.Name) and name.id == "template" and value and (text := _sentence(value)):
                    yield text
        elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            defaults = statement.args.defaults
            yield from (text for value in defaults if (text := _sentence(value)))


def _new(locale: str | None = None) -> Catalog:
    """Headers that do not change with the clock, so that a run without news changes no file."""
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


def collect() -> Catalog:
    """The template catalogue as the sources are now."""
    catalog = _new()
    keywords = {"_": None, "n_": (1, 2)}
    options = extract_from_dir(str(ROOT / "ui"), [("**.py", "python")], keywords=keywords, comment_tags=("i18n:",))
    for file, _line, message, comments, _context in sorted(options, key=lambda found: (found[0], found[1])):
        catalog.add(message, locations=[(f"ui/{file}", 0)], auto_comments=comments)
    for file, text in core_sentences():
        if text not in ("{reason}", ""):
            catalog.add(text, locations=[(file, 0)])
    catalog.add("{n} min", locations=[("core/errors.py", 0)])  # a part of RateLimited's sentence, as `{n} s` is
    for preset in json.loads((ROOT / "ui" / "static" / "presets" / "presets.json").read_text()):
        catalog.add(preset["alt"], locations=[("ui/static/presets/presets.json", 0)])
    return catalog


def main() -> None:
    """Write the template and bring each catalogue up to it; what is new there has no translation yet."""
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
