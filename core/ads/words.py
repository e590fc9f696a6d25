"""The words of a shot, measured with the very letters that will be drawn."""

from core.ads.storyboard import Shot
from core.catalog.size import Size
from core.edits import letters
from core.edits.fields import Font
from core.edits.typesetting import BAR, LEADING, LINES, SIZES, Setting, fitted, unit

SMALLEST = 0.66
"""Words may become so much smaller than their usual size; what needs more than that is too long."""


def _set(shot: Shot, size: Size, width: float, font: Font) -> tuple[list[str], float]:
    """The lines, and the size of their letters in pixels."""
    usual = unit(size.width, size.height) * SIZES[shot.role]
    setting = Setting(usual, letters.weight_of(font, bold=shot.role != "note"))
    lines, used = fitted(shot.words, setting, width * size.width, LINES[shot.role])
    return lines, used.size


def fits(shot: Shot, size: Size, width: float, font: Font) -> bool:
    """Whether a shot's words can be read well where they are at most `width` (a share) wide."""
    if not shot.words:
        return True
    lines, letter = _set(shot, size, width, font)
    return letter >= unit(size.width, size.height) * SIZES[shot.role] * SMALLEST and len(lines) <= LINES[shot.role]


def height(shot: Shot, size: Size, width: float, font: Font) -> float:
    """How high the words become, in pixels, with the bar above them."""
    lines, letter = _set(shot, size, width, font)
    bar = unit(size.width, size.height) * (BAR[1] + BAR[2]) if shot.bar else 0.0
    return len(lines) * letter * LEADING + bar
