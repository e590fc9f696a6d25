"""What no test does: import a conftest, or patch what begins with an underscore."""

import ast
from collections.abc import Iterator

import pytest

from core.settings import ROOT

FILES = sorted((ROOT / "tests").rglob("*.py"))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _broken(tree: ast.AST) -> Iterator[str]:
    """What breaks a rule in this code."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module)) if module.endswith("conftest"):
                yield f"line {node.lineno} imports {module}"
            case ast.Call(func=ast.Name("setattr") | ast.Attribute(attr="setattr"), args=[*args]):
                names = [arg.value for arg in args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
                if names and _is_private(names[-1].rpartition(".")[2]):
                    yield f"line {node.lineno} patches {names[-1]}"
            case ast.Attribute(value=ast.Name(owner), attr=attribute, ctx=ast.Store()) if owner not in ("self", "cls"):
                if _is_private(attribute):
                    yield f"line {node.lineno} sets {owner}.{attribute}"
            case ast.Attribute(value=ast.Attribute(), attr=attribute, ctx=ast.Store()) if _is_private(attribute):
                yield f"line {node.lineno} sets {attribute}"


@pytest.mark.parametrize(
    "code",
    [
        "from tests.conftest import ask",
        "monkeypatch.setattr(embedded, '_started', [])",
        "monkeypatch.setattr('core.redis.embedded._started', [])",
        "setattr(engine, '_quiet_until', 0.0)",
        "engine._quiet_until = 0.0",
        "engine._calls._quiet_until = 0.0",
    ],
)
def test_what_breaks_a_rule_is_seen(code: str) -> None:
    assert list(_broken(ast.parse(code)))


def test_no_test_breaks_one() -> None:
    broken = [f"{file.relative_to(ROOT)}: {what}" for file in FILES for what in _broken(ast.parse(file.read_text()))]
    assert not broken, "\n".join(broken)
