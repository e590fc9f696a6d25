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
PLAIN = (
    "base",
    "layout",
    "kit/elements",
    "kit/form",
    "components/shop/wares",
    "components/site",
    "components/social",
    "components/video/video_card",
    "components/video/video_details",
    "components/video/video_panel",
    "pages/errors",
    "pages/pricing",
    "pages/watch",
    "plain",
)
"""What the plain pages need: a file, or all of a room. A stranger has nothing of it yet, and came to see one film."""
SCRIPTS_OF_APP = ("layout", "kit/form", "components/video/video_panel")
"""Of these the scripts are for pages with a socket."""


def paths(suffix: str, *, plain: bool = False) -> list[Path]:
    """`base` first, then the frame of the page, our own elements, components and pages: later rules win."""
    base = UI / f"base{suffix}"
    beside = sorted(path for path in UI.glob(f"*{suffix}") if path != base)
    found = [base, *beside, *(path for room in ROOMS for path in sorted((UI / room).rglob(f"*{suffix}")))]
    return [path for path in found if not plain or _is_plain(path)]


def _is_plain(path: Path) -> bool:
    name = path.relative_to(UI).with_suffix("").as_posix()
    return f"{name}/".startswith(tuple(f"{piece}/" for piece in PLAIN)) and not (
        path.suffix == ".js" and name in SCRIPTS_OF_APP
    )


def stylesheet(*, plain: bool = False) -> str:
    """All rules, without comments and without the spaces that only people need."""
    rules = "\n".join(path.read_text() for path in paths(".css", plain=plain))
    rules = re.sub(r"/\*.*?\*/", "", rules, flags=re.DOTALL)
    rules = re.sub(r"\s*([{};,])\s*|(:)[ \n]+", r"\1\2", " ".join(rules.split()))
    return rules.replace(";}", "}").replace("}", "}\n")


def script(shared: Mapping[str, object], *, plain: bool = False) -> str:
    """All scripts, as one module that begins with `shared` as SHARED.

    What base.js names is seen by every piece; what a piece names, by that piece alone. Indentation goes, and lines that
    are comments, so no piece may hold a string over several lines.
    """
    base, *others = (_lines(path) for path in paths(".js", plain=plain))
    return "\n".join([f"const SHARED = {json.dumps(shared)};", base, *("{\n" + piece + "\n}" for piece in others), ""])


def _lines(path: Path) -> str:
    lines = (line.strip() for line in path.read_text().splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
