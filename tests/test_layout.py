"""What must stay true of the code as a whole: imports go one way, every setting is documented."""

import ast
import re
from pathlib import Path

import pytest

from core.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "core": ["workers", "ui", "main", "nicegui", "openai", "runwayml", "av", "arq.worker"],
    "workers": ["ui", "main", "nicegui"],
    "ui": ["workers", "main", "openai", "runwayml", "av"],
    "ui/components": ["ui.pages", "ui.api", "ui.routes"],
    "ui/kit": ["ui.pages", "ui.api", "ui.routes", "ui.components", "ui.layout", "ui.session", "ui.live"],
    "ui/api": ["ui.pages", "ui.components"],
    "ui/routes": ["ui.pages", "ui.components"],
}
ENGINES_MAY = {"core.errors", "core.settings", "core.catalog", "core.size", "workers.engines"}


def imports(path: Path) -> list[str]:
    """Every module that the file imports, in full."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return found


def files(folder: str) -> list[Path]:
    """The Python files of a folder, without the scripts that make static files."""
    return [p for p in (ROOT / folder).rglob("*.py") if "static" not in p.parts]


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_go_one_way(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in files(folder)
        for module in imports(path)
        for banned in FORBIDDEN[folder]
        if module == banned or module.startswith(f"{banned}.")
    ]
    assert wrong == []


def test_an_engine_knows_no_database_and_no_money() -> None:
    wrong = [
        f"{path.name}: {module}"
        for path in files("workers/engines")
        for module in imports(path)
        if re.match(r"(core|workers|ui)(\.|$)", module)
        and module not in ("core", "workers")
        and not any(module == ours or module.startswith(f"{ours}.") for ours in ENGINES_MAY)
    ]
    assert wrong == []


@pytest.mark.parametrize("document", [".env.example", "docs/configuration.md"])
def test_every_setting_is_documented(document: str) -> None:
    text = (ROOT / document).read_text()
    assert [name for name in Settings.model_fields if not re.search(rf"\b{name.upper()}\b", text)] == []


def test_every_python_file_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for folder in ("core", "workers", "ui", "bench", "tests")
        for path in files(folder)
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_a_page_imports_no_page_and_a_component_no_frame() -> None:
    pages = [path for path in files("ui/pages") if path.name != "__init__.py"]
    wrong = [
        f"{path.relative_to(ROOT)}: {module}"
        for path, banned in [*((p, "ui.pages") for p in pages), *((c, "ui.layout") for c in files("ui/components"))]
        for module in imports(path)
        if module.startswith(f"{banned}.") or (module == banned and banned == "ui.layout")
    ]
    assert wrong == []
