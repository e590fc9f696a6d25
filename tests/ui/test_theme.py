"""The tokens: text can be read in both themes, and no colour hides outside of ui/theme.py."""

import re
from itertools import product

import pytest

from core.pictures.presets import presets
from ui import pieces, theme
from ui.theme import COLORS, ON_MEDIA, STATIC, Mode

GROUNDS = ("background", "surface", "raised")
TEXTS = ("text", "secondary", "faint", "accent", "good", "warn", "bad")
MODES: tuple[Mode, ...] = ("dark", "light")
Rgb = tuple[float, float, float]


def rgb(color: str) -> Rgb:
    """`#RRGGBB` as numbers."""
    return (int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16))


def veiled(veil: str, below: Rgb) -> Rgb:
    """What `rgb(r g b / a%)` makes of the colour below it."""
    red, green, blue, alpha = (float(n) for n in re.findall(r"[\d.]+", veil))
    share = alpha / 100
    mixed = [over * share + under * (1 - share) for over, under in zip((red, green, blue), below, strict=True)]
    return (mixed[0], mixed[1], mixed[2])


def contrast(one: Rgb, other: Rgb) -> float:
    """As WCAG 2 defines it."""

    def luminance(color: Rgb) -> float:
        parts = [c / 255 for c in color]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("mode", "text", "ground"), list(product(MODES, TEXTS, GROUNDS)))
def test_text_can_be_read(mode: Mode, text: str, ground: str) -> None:
    assert contrast(rgb(theme.color(text, mode)), rgb(theme.color(ground, mode))) >= 4.5


@pytest.mark.parametrize(("mode", "ground"), list(product(MODES, ("accent", "accent-hover"))))
def test_a_button_can_be_read(mode: Mode, ground: str) -> None:
    assert contrast(rgb(theme.color("on-accent", mode)), rgb(theme.color(ground, mode))) >= 4.5


@pytest.mark.parametrize("mode", MODES)
def test_a_dangerous_button_can_be_read(mode: Mode) -> None:
    assert contrast(rgb(theme.color("background", mode)), rgb(theme.color("bad", mode))) >= 4.5


@pytest.mark.parametrize(("text", "veil"), [("on-media", "veil"), ("on-media-soft", "veil-strong")])
def test_words_on_a_white_picture_can_be_read(text: str, veil: str) -> None:
    assert contrast(rgb(ON_MEDIA[text]), veiled(ON_MEDIA[veil], (255, 255, 255))) >= 4.5


def test_the_reason_of_a_failure_can_be_read_on_a_white_picture() -> None:
    assert contrast(rgb(ON_MEDIA["on-media-bad"]), veiled(ON_MEDIA["veil-strong"], (255, 255, 255))) >= 4.5


def test_the_rules_use_nothing_but_tokens() -> None:
    rules = pieces.stylesheet()
    own = set(re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\([^)]*\)|\bhsl\([^)]*\)", rules))
    assert own <= {"#000", "#fff"}  # a mask's opacity; the white of a picture that is padded with white
    used = set(re.findall(r"var\(--([\w-]+)", rules))
    icons = {f"icon-{path.stem}" for path in (STATIC / "icons").glob("*.svg")}
    local = {"font", "icon", "done", "ratio", "move", "width", "height", "w", "h", "x", "y", "zoom", "fit"}
    defined = {*COLORS, *ON_MEDIA, *theme.SIZES, *theme.WEIGHTS, *icons, *local}
    assert used - defined == set()


def test_the_stylesheet_is_whole() -> None:
    sheet = theme.stylesheet()
    assert sheet.count("{") == sheet.count("}")
    assert ".icon-upload{" in sheet
    assert "url(fonts/" not in sheet


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.name)
def test_every_preset_has_its_variants(preset: object) -> None:
    name = getattr(preset, "name", "")
    for width, kind in product((192, 640, 1280), ("avif", "webp")):
        assert (STATIC / "presets" / f"{name}-{width}.{kind}").stat().st_size < 90_000
    assert getattr(preset, "title", {}).keys() == {"en", "zh"}
