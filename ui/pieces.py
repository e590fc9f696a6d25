"""The stylesheet and the script of every page, joined from the pieces that lie beside the Python that uses them.

A piece is named like its Python file: `kit/choices.py`, `kit/choices.css`, `kit/choices.js`. A new file needs no
registration; the browser still gets one stylesheet and one script.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

UI = Path(__file__).parent
ROOMS = ("kit", "components", "pages", "plain")


def paths(suffix: str) -> list[Path]:
    """`base` first, then the frame of the page, our own elements, components and pages: later rules win."""
    base = UI / f"base{suffix}"
    beside = sorted(path for path in UI.glob(f"*{suffix}") if path != base)
    return [base, *beside, *(path for room in ROOMS for path in sorted((UI / room).rglob(f"*{suffix}")))]


def stylesheet() -> str:
    """All rules, without comments and without the spaces that only people need."""
    rules = "\n".join(path.read_text() for path in paths(".css"))
    rules = re.sub(r"/\*.*?\*/", "", rules, flags=re.DOTALL)
    rules = re.sub(r"\s*([{};,])\s*|(:)[ \n]+", r"\1\2", " ".join(rules.split()))
    return rules.replace(";}", "}").replace("}", "}\n")


def script(shared: Mapping[str, object]) -> str:
    """All scripts, as one module that begins with `shared` as SHARED.

    What base.js names is seen by every piece; what a piece names, by that piece alone. Indentation goes, and lines that
    are comments, so no piece may hold a string over several lines.
    """
    base, *others = (_lines(path) for path in paths(".js"))
    return "\n".join([f"const SHARED = {json.dumps(shared)};", base, *("{\n" + piece + "\n}" for piece in others), ""])


def _lines(path: Path) -> str:
    lines = (line.strip() for line in path.read_text().splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
