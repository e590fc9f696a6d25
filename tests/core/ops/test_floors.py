"""What is installed below a floor of pyproject.toml is named, and the floors are above the advisories."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from core.ops import floors
from core.settings import ROOT


def _asking_for(folder: Path, *dependencies: str) -> Path:
    project = folder / "pyproject.toml"
    project.write_text(f"[project]\ndependencies = {list(dependencies)!r}\n")
    return project


def test_what_is_installed_below_its_floor_is_named(tmp_path: Path) -> None:
    project = _asking_for(
        tmp_path, "pillow>=999", "authlib>=1.6.9", "av>=999; python_version < '3'", "no-such-thing>=1"
    )
    assert floors.below(project) == [
        f"pillow {version('pillow')} (needs >=999)",
        "no-such-thing is missing (needs >=1)",
    ]


def test_what_is_installed_here_is_above_every_floor() -> None:
    assert floors.below() == []


@pytest.mark.parametrize(("name", "vulnerable"), [("authlib", "1.6.8"), ("pillow", "12.2.0"), ("av", "18.0.0")])
def test_no_version_with_an_advisory_may_be_installed(name: str, vulnerable: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (wanted,) = [one for one in map(Requirement, project["dependencies"]) if one.name == name]
    assert not wanted.specifier.contains(vulnerable)
