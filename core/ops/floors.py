"""Tells which installed libraries are older than pyproject.toml allows: its floors are above known advisories."""

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

from core.settings import ROOT


def below(project: Path = ROOT / "pyproject.toml") -> list[str]:
    """`pillow 12.0 (needs >=12.3)` for each installed library that is not as the project's dependencies ask for."""
    wanted = map(Requirement, tomllib.loads(project.read_text())["project"]["dependencies"])
    lines = [_what_is_wrong(one) for one in wanted if one.marker is None or one.marker.evaluate()]
    return [line for line in lines if line]


def _what_is_wrong(wanted: Requirement) -> str:
    try:
        installed = version(wanted.name)
    except PackageNotFoundError:
        return f"{wanted.name} is missing (needs {wanted.specifier})"
    if wanted.specifier.contains(installed, prereleases=True):
        return ""
    return f"{wanted.name} {installed} (needs {wanted.specifier})"
