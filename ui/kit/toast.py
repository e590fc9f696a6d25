"""A short message at the bottom right, one at a time."""

from typing import Any

from markupsafe import Markup
from nicegui import ui

from core.errors import AdsVideoError

from ..i18n import explain

SECONDS, SECONDS_TO_CLICK = 4, 12
LINKED = Markup('{message} <a class="toast-link" href="{target}">{word}</a>')


def toast(message: str, look: str = "", way_on: tuple[str, str] | None = None) -> None:
    """Show the message for four seconds; `look` is `good` or `bad`. `way_on`: a link's word and address, for twelve."""
    options: dict[str, Any] = {"classes": f"toast toast-{look}", "group": "toast", "badgeClass": "hidden"}
    options |= {"color": "ours", "textColor": "ours"}  # classes without a rule, else Quasar insists on white on dark
    seconds = SECONDS
    if way_on:
        message, seconds = str(LINKED.format(message=message, word=way_on[0], target=way_on[1])), SECONDS_TO_CLICK
        options["html"] = True  # of ours alone: Markup has escaped the rest
    ui.notify(message, position="bottom-right", timeout=seconds * 1000, **options)


def say_refusal(error: Exception) -> None:
    """Say why something was refused, if it is an error of ours; a programming error is for the log."""
    if isinstance(error, AdsVideoError):
        toast(explain(error), "bad")
