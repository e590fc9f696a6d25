"""Every colour and size, light and dark, and the stylesheet and the script of every page."""

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from . import pieces, shared

STATIC = Path(__file__).parent / "static"
Mode = Literal["dark", "light"]

# Name: (dark, light). Tests check that text has a contrast of at least 4.5:1.
COLORS: dict[str, tuple[str, str]] = {
    "background": ("#0D0E11", "#FAFAF8"),
    "surface": ("#15171C", "#FFFFFF"),
    "raised": ("#1D2027", "#F3F3F0"),
    "text": ("#F4F4F2", "#17181B"),
    "secondary": ("#A9ACB4", "#55585F"),
    "faint": ("#8A8E98", "#6B6E76"),
    "accent": ("#FF6A3D", "#C23D16"),
    "accent-hover": ("#FF7D55", "#A93412"),
    "on-accent": ("#1A0B05", "#FFFFFF"),
    "good": ("#4CC38A", "#18794E"),
    "warn": ("#F5A524", "#8F5106"),
    "bad": ("#FF6369", "#C62A2F"),
    "hairline": ("rgb(255 255 255 / 8%)", "rgb(0 0 0 / 8%)"),
    "line": ("rgb(255 255 255 / 16%)", "rgb(0 0 0 / 16%)"),
    "hover": ("rgb(255 255 255 / 6%)", "rgb(0 0 0 / 5%)"),
    "glass": ("rgb(13 14 17 / 78%)", "rgb(250 250 248 / 82%)"),
    "scrim": ("rgb(5 6 8 / 64%)", "rgb(23 24 27 / 48%)"),
    "shadow": ("rgb(0 0 0 / 55%)", "rgb(23 24 27 / 14%)"),
    "empty": ("#121419", "#F0F0EC"),
}

# The same in both themes: what is drawn on a picture or video, darkened by a veil.
ON_MEDIA = {
    "media": "#08090B",
    "on-media": "#FFFFFF",
    "on-media-soft": "#DCDDE0",
    "on-media-bad": "#FF9A9D",
    "on-media-accent": "#FF6A3D",
    "veil": "rgb(8 9 11 / 58%)",
    "veil-strong": "rgb(8 9 11 / 78%)",
    "media-line": "rgb(255 255 255 / 22%)",
}

FONT = '"Inter", system-ui, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei UI", "Noto Sans CJK SC", sans-serif'
SIZES = {
    **{f"font-{n}": f"{px / 16}rem" for n, px in {"s": 13, "m": 15, "l": 17, "xl": 22, "2xl": 32, "3xl": 44}.items()},
    **{f"space-{n}": f"{px}px" for n, px in enumerate((4, 8, 12, 16, 24, 32, 48, 72), start=1)},
    "radius-control": "10px",
    "radius-card": "16px",
    "radius-panel": "24px",
    "header": "64px",
    "page": "1240px",
    "form": "460px",
    "action": "52px",
    "fast": "120ms",
    "slow": "240ms",
    "ease": "cubic-bezier(.2, .7, .2, 1)",
}
SCREENS = {
    "medium": "(max-width: 1160px)",
    "narrow": "(max-width: 920px)",
    "wide": "(min-width: 921px)",
    "phone": "(max-width: 720px)",
    "small": "(max-width: 560px)",
    "short": "(min-width: 921px) and (max-height: 940px)",
    "shortest": "(min-width: 921px) and (max-height: 800px)",
}
WEIGHTS = {"weight-normal": "400", "weight-medium": "550", "weight-bold": "700"}

# Quasar's colour names and ours, so that its elements match. Quasar sets its own on the body.
QUASAR = {"primary": "accent", "dark": "surface", "dark-page": "background", "positive": "good", "negative": "bad"}


def color(name: str, mode: Mode) -> str:
    """The value of a colour in one of the two themes."""
    return COLORS[name][0 if mode == "dark" else 1]


def _colors(mode: Mode) -> str:
    return ";".join([f"color-scheme:{mode}", *(f"--{name}:{color(name, mode)}" for name in COLORS)])


def _tokens() -> str:
    fixed = {**ON_MEDIA, **SIZES, **WEIGHTS, "font": FONT}
    return "\n".join(
        [
            ":root{" + ";".join(f"--{name}:{value}" for name, value in fixed.items()) + "}",
            ":root{" + _colors("light") + "}",
            "@media (prefers-color-scheme:dark){:root:not([data-theme=light]){" + _colors("dark") + "}}",
            ":root[data-theme=dark]{" + _colors("dark") + "}",
            "body{" + ";".join(f"--q-{theirs}:var(--{ours})!important" for theirs, ours in QUASAR.items()) + "}",
        ]
    )


def _address(path: str) -> str:
    """A data URI for an SVG, the hashed address for any other file."""
    return _inline(STATIC / path) if path.endswith(".svg") else asset(path)


def _inline(path: Path) -> str:
    svg = re.sub(r"<!--.*?-->|\s*class=\"[^\"]*\"", "", path.read_text(), flags=re.DOTALL)
    svg = " ".join(svg.replace('stroke-width="2"', 'stroke-width="1.75"').replace('"', "'").split())
    return f'"data:image/svg+xml,{quote(svg, safe=chr(39) + " =:/()-.,")}"'


PLAIN_ICONS = {"circle-check", "coins", "copy", "download", "film", "heart", "moon", "play", "share-2", "sun"}
"""What the plain pages draw."""


@lru_cache
def stylesheet(*, plain: bool = False) -> str:
    """`/static/app.css`: the tokens, the icons, and the pieces, which use nothing but tokens. `plain.css`: the same
    for the plain pages alone."""
    paths = [path for path in sorted((STATIC / "icons").glob("*.svg")) if not plain or path.stem in PLAIN_ICONS]
    icons = ":root{" + ";".join(f"--icon-{path.stem}:url({_inline(path)})" for path in paths) + "}\n"
    icons += "\n".join(f".icon-{path.stem}{{--icon:var(--icon-{path.stem})}}" for path in paths)
    rules = pieces.stylesheet(plain=plain)
    rules = re.sub(r"@media \(--([\w-]+)\)", lambda match: f"@media {SCREENS[match[1]]}", rules)
    rules = re.sub(r"url\(([\w./-]+)\)", lambda match: f"url({_address(match[1])})", rules)
    return f"{_tokens()}\n{icons}\n{rules}"


@lru_cache
def script(*, plain: bool = False) -> str:
    """`/static/app.js`: what Python and the browser share, and the pieces. `plain.js`: the same for plain pages."""
    values = {**shared.values(), "narrow": SCREENS["narrow"], "icon": asset("touch-icon.png")}
    return pieces.script(values, plain=plain)


JOINED: dict[str, Callable[[], str]] = {
    "app.css": stylesheet,
    "app.js": script,
    "plain.css": partial(stylesheet, plain=True),
    "plain.js": partial(script, plain=True),
}
"""Files that are not under static/ but joined at the first request."""


@lru_cache
def asset(path: str) -> str:
    """The address of a file under static/ with a hash of its content, so that browsers may cache it for ever."""
    content = JOINED[path]().encode() if path in JOINED else (STATIC / path).read_bytes()
    return f"/static/{path}?v={hashlib.sha256(content).hexdigest()[:10]}"


def head(kind: Literal["app", "plain"] = "app") -> str:
    """The HTML in the head of every page."""
    return "\n".join(
        [
            f'<link rel="preload" href="{asset("fonts/inter.woff2")}" as="font" type="font/woff2" crossorigin>',
            f'<link rel="stylesheet" href="{asset(f"{kind}.css")}">',
            f'<link rel="apple-touch-icon" href="{asset("touch-icon.png")}">',
            f'<script type="module" src="{asset(f"{kind}.js")}"></script>',
        ]
    )
