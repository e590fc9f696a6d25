"""What Python, styles and scripts must agree on, because none of them can ask the others."""

import re
from pathlib import Path

import pytest

from ui import pieces, shared, theme

PYTHON = "\n".join(path.read_text() for path in pieces.UI.rglob("*.py"))
SCRIPTS = "\n".join(path.read_text() for path in pieces.paths(".js"))
ALL = [*pieces.paths(".css"), *pieces.paths(".js")]


@pytest.mark.parametrize("path", [path for path in ALL if path.stem != "base"], ids=str)
def test_a_piece_lies_beside_the_python_that_uses_it(path: Path) -> None:
    assert path.with_suffix(".py").is_file()


def test_every_piece_is_in_what_the_browser_gets() -> None:
    everywhere = {path for path in pieces.UI.rglob("*.*") if path.suffix in (".css", ".js")}
    assert {path for path in everywhere if "static" not in path.parts} == set(ALL)
    assert theme.script().count("\n{\n") == len(pieces.paths(".js")) - 1


def test_later_rooms_may_overrule_earlier_ones() -> None:
    rooms = [path.relative_to(pieces.UI).parts[0] for path in pieces.paths(".css")]
    assert rooms[:2] == ["base.css", "layout.css"]
    assert list(dict.fromkeys(rooms[2:])) == list(pieces.ROOMS)


@pytest.mark.parametrize("path", pieces.paths(".js"), ids=str)
def test_no_string_goes_over_several_lines(path: Path) -> None:
    """Joining drops lines that begin as a comment does."""
    assert [line for line in path.read_text().splitlines() if line.count("`") % 2] == []


def test_what_both_must_know_is_written_once() -> None:
    assert set(re.findall(r"SHARED\.(\w+)", SCRIPTS)) == {*shared.values(), "narrow", "icon"}
    for value in ("picture_too_large", "max-width", "min-width", "1024 * 1024;", "/static/"):
        assert value not in SCRIPTS
    rules = pieces.stylesheet()
    attributes = set(re.findall(r"@media \(([^)]*)\)", rules))
    named = {name.removeprefix("--") for name in attributes if name.startswith("--")}
    assert named == set(theme.SCREENS)
    assert {name.partition(":")[0] for name in attributes if not name.startswith("--")} == {
        "hover",
        "prefers-color-scheme",
        "prefers-reduced-motion",
        "scripting",
    }


def test_every_event_that_a_script_tells_is_heard() -> None:
    event_names = set(re.findall(r'(?:CustomEvent|tell)\("(\w+)"', SCRIPTS))
    heard = set(re.findall(r'\.on\("(\w+)"', PYTHON))
    assert {"choose", "uploaded", "moved"} <= event_names
    assert event_names - heard == set()


def test_every_function_that_is_called_is_there() -> None:
    functions = set(re.findall(r"^adsvideo\.(\w+) =", SCRIPTS, re.MULTILINE))
    called = set(re.findall(r"\badsvideo\.(\w+)\??\.?\(", SCRIPTS + PYTHON))
    assert functions == called


def test_every_element_of_ours_is_drawn_and_defined() -> None:
    defined = set(re.findall(r'define\(\s*"(ads-[\w]+)"', SCRIPTS))
    assert defined == set(re.findall(r'["<](ads-\w+)[" ]', PYTHON))


def test_every_attribute_that_a_script_looks_for_is_written() -> None:
    attributes = set(re.findall(r"\[data-([\w-]+)", SCRIPTS))
    written = {name.replace("_", "-") for name in re.findall(r"\bdata[-_]([\w-]+)", PYTHON)}
    by_scripts = set(re.findall(r'setAttribute\("data-([\w-]+)"', SCRIPTS))
    assert attributes - written - by_scripts == set()
