"""What must stay true of the code as a whole: imports go one way, every setting and every room is documented."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from core.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("core", "workers", "ui")
FORBIDDEN = {
    "core": ["workers", "ui", "main", "nicegui", "openai", "runwayml", "av", "mcp", "arq.worker"],
    "workers": ["ui", "main", "nicegui", "workers.main"],
    "ui": ["workers", "main", "openai", "runwayml", "av", "ui.app"],
    "ui/kit": [
        "ui.pages",
        "ui.components",
        "ui.api",
        "ui.routes",
        "ui.middleware",
        "ui.layout",
        "ui.session",
        "ui.live",
        "ui.page_state",
        "ui.poll_cache",
    ],
    "ui/components": ["ui.pages", "ui.api", "ui.routes", "ui.layout"],
    "ui/pages": ["ui.pages", "ui.api"],
    "ui/api": ["ui.pages", "ui.components"],
    "ui/routes": ["ui.pages", "ui.components"],
    "ui/middleware": ["ui.pages", "ui.components", "ui.kit", "ui.api", "ui.routes"],
}
"""What a folder must not import. A page imports no page; the composition roots are imported by nobody."""
COMPOSITION_ROOTS = {"main.py", "ui/app.py", "workers/main.py"}
CORE_LEVELS = (
    ("settings", "errors", "notes", "phrase", "folders", "ids", "models"),
    ("database", "redis", "storage", "catalog", "security"),
    ("ops", "processes"),
    ("accounts", "billing", "pictures", "limits", "at_once", "webhooks", "video_json"),
    ("videos",),
    ("edits", "ads", "batches", "social", "admin", "prompts"),
    ("commands",),
)
"""A room of core imports rooms of its own level and of those before it, never one that comes later."""
ENGINES_MAY = {"core.errors", "core.settings", "core.catalog", "core.processes", "workers.media", "workers.engines"}


def files(folder: str) -> list[Path]:
    """The Python files of a folder, without the scripts that make static files."""
    return [p for p in (ROOT / folder).rglob("*.py") if "static" not in p.parts]


def module_of(path: Path) -> str:
    """`core/videos/ask.py` is `core.videos.ask`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that the file imports, in full, and every name that it takes from one (`core.errors.NotFound`)."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def is_in(module: str, place: str) -> bool:
    """Whether a module (or a name in it) is that place or lies in it."""
    return module == place or module.startswith(f"{place}.")


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_go_one_way(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in files(folder)
        if str(path.relative_to(ROOT)) not in COMPOSITION_ROOTS
        for module in imports(path)
        for banned in FORBIDDEN[folder]
        if is_in(module, banned) and not (folder == "ui/pages" and path.name == "__init__.py")
    ]
    assert wrong == []


def test_nobody_but_the_composition_root_imports_a_page() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in files("ui")
        if str(path.relative_to(ROOT)) not in COMPOSITION_ROOTS | {"ui/pages/__init__.py"}
        for module in imports(path)
        if is_in(module, "ui.pages") and module != "ui.pages"
    ]
    assert wrong == []


def _room(module: str) -> str:
    return module.split(".")[1] if module.count(".") else ""


def test_rooms_of_core_import_no_room_above_them() -> None:
    level = {room: n for n, rooms in enumerate(CORE_LEVELS) for room in rooms}
    wrong = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in files("core")
        if (own := _room(module_of(path)))
        for module in imports(path)
        if module.startswith("core.") and level[_room(module)] > level[own]
    ]
    assert wrong == []


def _circle(arrows: dict[str, set[str]]) -> list[str]:
    """Some names that lead back to the first of them; empty where there is no circle."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return []
        for following in sorted(arrows.get(name, ())):
            if circle := walk(following, [*path, name]):
                return circle
        done.add(name)
        return []

    return next((circle for name in sorted(arrows) if (circle := walk(name, []))), [])


def _arrows() -> Iterator[tuple[str, str]]:
    """(module, imported module) for all of ours."""
    ours = {module_of(path): path for layer in LAYERS for path in files(layer)}
    for module, path in ours.items():
        for name in imports(path):
            target = name if name in ours else name.rpartition(".")[0]
            if target in ours and target != module and ours[target].read_text().strip():
                yield module, target


def test_no_modules_import_each_other_in_a_circle() -> None:
    arrows: dict[str, set[str]] = {}
    for module, target in _arrows():
        arrows.setdefault(module, set()).add(target)
    assert _circle(arrows) == []


@pytest.mark.parametrize("place", ["core", "ui.components"])
def test_no_rooms_import_each_other_in_a_circle(place: str) -> None:
    arrows: dict[str, set[str]] = {}
    for module, target in _arrows():
        rooms = [name.removeprefix(f"{place}.").split(".")[0] for name in (module, target) if is_in(name, place)]
        if len(rooms) == 2 and rooms[0] != rooms[1]:
            arrows.setdefault(rooms[0], set()).add(rooms[1])
    assert _circle(arrows) == []


def test_an_engine_knows_no_database_and_no_money() -> None:
    wrong = [
        f"{path.name}: {module}"
        for path in files("workers/engines")
        for module in imports(path)
        if re.match(r"(core|workers|ui)(\.|$)", module)
        and module not in ("core", "workers")
        and not any(is_in(module, ours) for ours in ENGINES_MAY)
    ]
    assert wrong == []


@pytest.mark.parametrize("layer", LAYERS)
def test_nobody_reads_another_layers_files(layer: str) -> None:
    """A path like `"ui" / "static"` or `"ui/static"` in a file of another layer."""
    others = "|".join({*LAYERS, "tests"} - {layer})
    by_path = re.compile(rf"""["']({others})["']\s*[/,)]|["']({others})/""")
    scripts = {ROOT / "ui" / "locale" / "update.py"}  # reads the sources of all layers: it collects their strings
    wrong = [str(p.relative_to(ROOT)) for p in files(layer) if p not in scripts and by_path.search(p.read_text())]
    assert wrong == []


def _distribution_names(requirements: list[str]) -> set[str]:
    """`moto[s3,server]>=5.2` is `moto`."""
    return {re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-") for requirement in requirements}


@pytest.mark.parametrize(
    ("folders", "groups"),
    [(LAYERS, ()), ((*LAYERS, "tests"), ("dev",)), (("bench",), ("dev", "bench"))],
    ids=["the app", "its tests", "the benchmarks"],
)
def test_every_package_that_is_imported_is_declared(folders: tuple[str, ...], groups: tuple[str, ...]) -> None:
    """What comes along with another package may go with its next version. A script with a `# /// script` block
    declares its own."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = _distribution_names(project["project"]["dependencies"])
    for group in groups:
        declared |= _distribution_names(project["dependency-groups"][group])
    ours = {*LAYERS, "tests", "bench", "main"}
    distributions = packages_distributions()
    paths = [ROOT / "main.py", *(path for folder in folders for path in files(folder))]
    missing = {
        f"{package} ({path.relative_to(ROOT)})"
        for path in paths
        if "# /// script" not in path.read_text()
        for package in {module.partition(".")[0] for module in imports(path)} - ours - sys.stdlib_module_names
        if not declared & {name.lower().replace("_", "-") for name in distributions.get(package, [package])}
    }
    assert sorted(missing) == []


@pytest.mark.parametrize("document", [".env.example", "docs/configuration.md"])
def test_every_setting_is_documented(document: str) -> None:
    text = (ROOT / document).read_text()
    assert [name for name in Settings.model_fields if not re.search(rf"\b{name.upper()}\b", text)] == []


def _where_is() -> str:
    """README's table of what lies where."""
    return (ROOT / "README.md").read_text().partition("## Where is ...?")[2]


def test_every_path_in_readmes_table_exists() -> None:
    paths = re.findall(r"`((?:core|workers|ui|tests|bench|deploy|docs)/[\w./-]*)", _where_is())
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_readmes_table_has_every_room() -> None:
    rooms = {
        f"{layer}/{folder.name}/"
        for layer in LAYERS
        for folder in (ROOT / layer).iterdir()
        if folder.is_dir() and folder.name != "__pycache__"
    }
    text = _where_is()
    assert sorted(room for room in rooms if f"`{room}" not in text) == []


def test_every_python_file_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for folder in (*LAYERS, "bench", "tests")
        for path in files(folder)
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_tests_mirror_the_code() -> None:
    """A folder of tests for each room that has tests, named like the room; nothing else beside them."""
    own = {"servers", "e2e", "__pycache__"}
    wrong = [
        str(folder.relative_to(ROOT))
        for folder in (ROOT / "tests").rglob("*")
        if folder.is_dir()
        and not own & set(folder.relative_to(ROOT / "tests").parts)
        and any(folder.glob("test_*.py"))
        and not (ROOT / folder.relative_to(ROOT / "tests")).is_dir()
    ]
    assert wrong == []
