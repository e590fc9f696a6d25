"""Makes what our pages load of NiceGUI: runtime.js and runtime.css, what they need of Vue, Quasar and the styles, and
client.js, NiceGUI's own script and its socket in one.

    uv run python ui/static/nicegui/make.py

Needs npm. tests/ui/test_lean.py says when they have to be made anew: for another version of NiceGUI, an element of
NiceGUI's that no page has had before, or a class of Quasar's.
"""

import json
import re
import subprocess
import tempfile
from pathlib import Path

import nicegui

HERE = Path(__file__).resolve().parent
UI = HERE.parents[1]
THEIRS = Path(nicegui.__file__).parent
STYLES = {"quasar": "quasar.unimportant.prod", "quasar_importants": "quasar.important.prod", "nicegui": "nicegui"}
"""Layer: the file."""
FLAGS = (
    *(f"__QUASAR_SSR{end}__=false" for end in ("", "_SERVER", "_CLIENT", "_PWA")),
    "__VUE_OPTIONS_API__=true",
    "__VUE_PROD_DEVTOOLS__=false",
    "__VUE_PROD_HYDRATION_MISMATCH_DETAILS__=false",
    'process.env.NODE_ENV="production"',
)
NAMES = (
    "^q-(anchor|avatar|badge|body|btn|checkbox|dialog|focus|icon|layout|link|loading|menu|no|notifications?|page|portal"
    "|position|ripple|scroll|spinner|toggle|transition)",
    "^(text|bg)-(primary|secondary|accent|dark|dark-page|positive|negative|info|warning|white|black)$",
    "^(items|justify|body-|platform|screen)-",
)
"""Of classes that Quasar's scripts put together, which are no words in them."""
PURGE = """
import { PurgeCSS } from "purgecss";
const { css, content, names } = JSON.parse(process.argv[2]);
const standard = names.map((name) => new RegExp(name));
const made = await new PurgeCSS().purge({ css, content, safelist: { standard }, keyframes: true, fontFace: true });
process.stdout.write(JSON.stringify(made.map((each) => each.css)));
"""


def version(file: str, name: str) -> str:
    """Which version of a library NiceGUI has."""
    found = re.search(rf"{name} v([\d.]+)", (THEIRS / "static" / file).read_text()[:300])
    assert found, name
    return found[1]


def run(folder: Path, *command: str) -> str:
    """What the command prints."""
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def make_script(folder: Path, quasar: str) -> str:
    """The script: only what entry.js leads to."""
    for source in (HERE / "entry.js", THEIRS / "elements/dialog.js", THEIRS / "elements/timer.js"):
        (folder / source.name).write_bytes(source.read_bytes())
    defined = [f"--define:{flag}" for flag in (*FLAGS, f'__QUASAR_VERSION__="{quasar}"')]
    made = ["--bundle", "--minify", "--format=esm", "--target=es2020", "--legal-comments=none", "--outfile=out.js"]
    alias = "--alias:vue=vue/dist/vue.runtime.esm-bundler.js"
    run(folder, "npx", "esbuild", "entry.js", *made, alias, *defined)
    return (folder / "out.js").read_text()


def make_client(folder: Path) -> str:
    """Both scripts. NiceGUI's evaluates code that uses its names, so that only comments and spaces go."""
    (folder / "nicegui.js").write_bytes((THEIRS / "static/nicegui.js").read_bytes())
    socket = re.sub(r"//# sourceMappingURL.*", "", (THEIRS / "static/socket.io.min.js").read_text())
    return socket + run(folder, "npx", "esbuild", "nicegui.js", "--minify-whitespace", "--legal-comments=none")


def make_styles(folder: Path) -> str:
    """The styles: only rules whose names are a word in what draws our pages, each file in its layer."""
    ours = [file for file in UI.rglob("*.*") if file.suffix in {".py", ".js"} and "static" not in file.parts]
    elements = [f"elements/{name}.py" for name in ("dialog", "menu", "skip_link", "switch", "timer")]
    theirs = ["client.py", "element.py", *elements, "functions/notify.py", "static/nicegui.js", "templates/index.html"]
    content = [HERE / "runtime.js", *(THEIRS / name for name in theirs)]
    content += [file for file in ours if file != UI / "pages/kit.py"]
    css = [str(THEIRS / "static" / f"{name}.css") for name in STYLES.values()]
    (folder / "purge.mjs").write_text(PURGE)
    asked = {"css": css, "content": [str(file) for file in content], "names": NAMES}
    kept = json.loads(run(folder, "node", "purge.mjs", json.dumps(asked)))
    return "\n".join(f"@layer {layer}{{{rules}}}" for layer, rules in zip(STYLES, kept, strict=True))


def main() -> None:
    """Make the three files."""
    quasar, vue = version("quasar.umd.prod.js", "Quasar Framework"), version("vue.esm-browser.prod.js", "vue")
    made_of = f"/*! Made by make.py of NiceGUI {nicegui.__version__}, Vue {vue} and Quasar {quasar}, MIT licensed */\n"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(folder, "npm", "install", f"quasar@{quasar}", f"vue@{vue}", "esbuild@0.28", "purgecss@8")
        (HERE / "runtime.js").write_text(made_of + make_script(folder, quasar))
        (HERE / "client.js").write_text(made_of + make_client(folder))
        (HERE / "runtime.css").write_text(made_of + make_styles(folder))


if __name__ == "__main__":
    main()
