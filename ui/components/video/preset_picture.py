"""A preset as a picture, in the formats and widths a browser may choose from."""

from typing import Any

from markupsafe import Markup

from core.pictures import presets
from core.pictures.presets import Preset

from ... import theme
from ...i18n import language
from ...kit.block import html

THUMBNAIL = Markup(
    '<img src="{}" alt="" width="192" height="128" loading="lazy" decoding="async" draggable="false" '
    'style="background-color: {}">'
)


def thumbnail(preset: Preset) -> Markup:
    """A preset, small, as decoration: one picture, so WebP alone."""
    return THUMBNAIL.format(theme.asset(f"presets/{preset.name}-192.webp"), preset.color)


def preset_picture(preset: Preset, *, classes: str = "", **options: Any) -> Markup:
    """A preset as `<picture>`, with the options of its sources."""
    return html("picture", classes, preset_sources(preset, **options))


def preset_sources(preset: Preset, *, width: int, alt: str, lazy: bool = True) -> Markup:
    """What is in a preset's `<picture>`, up to that width: 640 for cards, 1280 for the screen's width."""
    widths = [w for w in (640, 1280) if w <= width]

    def source(kind: str) -> Markup:
        files = ", ".join(f"{theme.asset(f'presets/{preset.name}-{w}.{kind}')} {w}w" for w in widths)
        return html("source", type=f"image/{kind}", srcset=files, sizes=f"{theme.SCREENS['phone']} 100vw, 740px")

    image = html(
        "img",
        src=theme.asset(f"presets/{preset.name}-640.webp"),
        alt=alt,
        width=widths[-1],
        height=round(widths[-1] * 2 / 3),
        loading="lazy" if lazy else "eager",
        decoding="async",
        draggable="false",
        style=f"background-color: {preset.color}",
    )
    return source("avif") + source("webp") + image


def preset_title(preset: Preset) -> str:
    """What it is called, in the visitor's language."""
    return preset.title.get(language(), preset.title["en"])


def preset_prompt(preset: Preset) -> str:
    """The prompt that suits it, in the visitor's language."""
    return preset.prompt_zh if language() == "zh" else preset.prompt


def find_preset(name: str | None) -> presets.Preset | None:
    """The preset of that name."""
    return next((preset for preset in presets.presets() if preset.name == name), None)
