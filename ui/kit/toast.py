"""A short message at the bottom right, one at a time."""

from typing import Any

from nicegui import ui

from core.errors import AdsVideoError

from ..i18n import explain


def toast(message: str, look: str = "") -> None:
    """Show the message for four seconds; `look` is `good` or `bad`."""
    options: dict[str, Any] = {"classes": f"toast toast-{look}", "group": "toast", "badgeClass": "hidden"}
    options |= {"color": "ours", "textColor": "ours"}  # classes without a rule, else Quasar insists on white on dark
    ui.notify(message, position="bottom-right", timeout=4000, **options)


def say_refusal(error: Exception) -> None:
    """Say why something was refused, if it is an error of ours; a programming error is for the log."""
    if isinstance(error, AdsVideoError):
        toast(explain(error), "bad")
