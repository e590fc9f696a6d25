"""What pages load of NiceGUI: the lean files do all that our pages ask of the whole ones."""

import ast
import re
from pathlib import Path

import nicegui
import pytest
from nicegui.testing import User as Visitor

from tests.environment import forget_settings
from ui import layout, lean, theme

NICEGUI = Path(nicegui.__file__).parent
LEAN = theme.STATIC / "nicegui"
AGAIN = "run ui/static/nicegui/make.py"
ELEMENTS = {"dialog", "element", "menu", "skip_link", "switch", "timer"}
"""What the lean files can draw, as Python calls it; lean.LEAN as the browser does."""


def _sources(*suffixes: str) -> list[Path]:
    """What draws the lean pages; others may have whatever NiceGUI has."""
    found = [path for path in Path("ui").rglob("*.*") if path.suffix in suffixes and "static" not in path.parts]
    return [path for path in found if path.name != "standard.py" and _paths(path) <= lean.LEAN_PAGES]


def _paths(file: Path) -> set[str]:
    """Of the pages that a file draws."""
    return set(re.findall(r'^@ui\.page\("(.*?)"', file.read_text(), re.MULTILINE)) if file.suffix == ".py" else set()


def _strings(file: Path) -> str:
    """What may have the names of classes in it: all of a script, the strings of a Python file but its docstrings."""
    if file.suffix != ".py":
        return file.read_text()
    nodes = list(ast.walk(ast.parse(file.read_text())))
    docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in docs]
    return " ".join(text for text in texts if isinstance(text, str))


def test_each_lean_page_is_there() -> None:
    assert set().union(*map(_paths, Path("ui/pages").glob("*.py"))) >= lean.LEAN_PAGES


async def test_a_page_of_somebody_else_loads_all(visitor: Visitor) -> None:
    @nicegui.ui.page("/own")
    def own() -> None:
        with layout.frame(None, "Own"):
            nicegui.ui.label("Words").classes("text-h5 q-pa-md")  # no page of ours has these classes

    html = (await visitor.http_client.get("/own")).text
    assert "quasar.umd.prod.js" in html
    assert theme.asset("nicegui/runtime.css") not in html


async def test_what_a_lean_page_can_not_draw_is_said_at_once(visitor: Visitor) -> None:
    await visitor.open("/login")
    with visitor, pytest.raises(RuntimeError, match="LEAN_PAGES"):
        nicegui.ui.select(["a", "b"])


def test_another_version_of_nicegui_is_loaded_whole(caplog: pytest.LogCaptureFixture) -> None:
    before = nicegui.Client.build_response
    lean.serve("3.17.0", "/runtime", "/client", "/styles")
    assert nicegui.Client.build_response is before
    assert "pages load all of it" in caplog.text


async def test_a_page_loads_the_lean_files_alone(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {"vue.esm-browser.prod.js", "quasar.umd.prod.js", "dompurify.mjs", "fonts.css", "nicegui.css"}
    whole |= {"quasar.unimportant.prod.css", "quasar.important.prod.css", "en-US.umd.prod.js"}
    whole |= {"socket.io.min.js", "nicegui.js", "timer.js"}
    html = (await visitor.http_client.get("/")).text
    assert '"nicegui-timer"' in html
    assert {name for name in whole if name in html} == set()
    assert html.count(theme.asset("nicegui/runtime.js")) == 3  # loaded ahead, as Vue, as DOMPurify
    assert html.count(theme.asset("nicegui/client.js")) == 2  # loaded ahead, and run
    assert html.count(theme.asset("nicegui/runtime.css")) == 1
    monkeypatch.setenv("DEV", "1")
    forget_settings()
    kit = (await visitor.http_client.get("/kit")).text
    assert {name for name in whole if name in kit} == whole - {"timer.js"}
    assert theme.asset("nicegui/runtime.js") not in kit


def test_a_changed_page_of_nicegui_is_noticed() -> None:
    source = (NICEGUI / "templates" / "index.html").read_text()
    with pytest.raises(RuntimeError, match="changed"):
        lean.template(source.replace("js_imports_urls", "urls"), "/runtime", "/client", "/styles")


def test_the_lean_files_are_of_this_version_of_nicegui() -> None:
    for name in ("runtime.js", "client.js", "runtime.css"):
        assert lean.made_of(LEAN / name) == nicegui.__version__, AGAIN


def test_the_lean_script_has_what_nicegui_calls() -> None:
    callers = [NICEGUI / "static" / "nicegui.js", NICEGUI / "templates" / "index.html"]
    asked = {name for path in callers for name in re.findall(r"\bVue\.(\w+)", path.read_text())}
    exported = re.findall(r"export\{([^}]+)\}", (LEAN / "runtime.js").read_text())[-1]
    assert asked
    assert asked <= {name.split(" as ")[-1] for name in exported.split(",")}
    dialog = re.search(r"template: `(.*?)`", (NICEGUI / "elements" / "dialog.js").read_text(), re.DOTALL)
    assert dialog
    assert " ".join(dialog[1].split()) in (LEAN / "entry.js").read_text()
    assert "template" not in (NICEGUI / "elements" / "timer.js").read_text()


async def test_a_lean_page_has_its_elements_without_asking(visitor: Visitor) -> None:
    await visitor.open("/login")
    with visitor:
        kinds = [nicegui.ui.dialog.component, nicegui.ui.timer.component]
        assert {kind.tag for kind in kinds if kind} == {tag for tag in lean.LEAN if tag.startswith("nicegui-")}
        assert {kind.name for kind in kinds if kind} <= nicegui.context.client.outbox._loaded_components


def test_no_page_has_an_element_that_the_lean_script_can_not_draw() -> None:
    used: dict[str, Path] = {}
    for path in _sources(".py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ui":
                kind = getattr(nicegui.ui, node.attr, None)
                if isinstance(kind, type) and issubclass(kind, nicegui.ui.element):
                    used[node.attr] = path
            assert not (isinstance(node, ast.Attribute) and node.attr == "add_slot"), f"{path}: a template of Vue's"
    assert set(used) - ELEMENTS == set(), f"add it to entry.js, lean.LEAN and ELEMENTS; {AGAIN}"


def test_no_page_has_a_class_that_the_lean_styles_have_not() -> None:
    def classes(*names: str) -> set[str]:
        """Those that have a rule for themselves."""
        texts = ((NICEGUI / "static" / name).read_text() for name in names)
        return {name for text in texts for name in re.findall(r"[},]\.([\w-]+)(?=[,{])", text)}

    whole = classes("quasar.unimportant.prod.css", "quasar.important.prod.css")
    words = {word for path in _sources(".py", ".js") for word in re.findall(r"[\w-]+", _strings(path))}
    assert len(whole) > 500
    assert words & whole - classes(str(LEAN / "runtime.css")) == set(), AGAIN
