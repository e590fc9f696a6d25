"""A short message at the bottom right, one at a time."""

from typing import Any

from nicegui import ui


def toast(message: str, look: str = "") -> None:
    """Say it for four seconds; `look` is `good` or `bad`."""
    options: dict[str, Any] = {"classes": f"toast toast-{look}", "group": "toast", "badgeClass": "hidden"}
    options |= {"color": "ours", "textColor": "ours"}  # classes without a rule, else Quasar insists on white on dark
    ui.notify(message, position="bottom-right", timeout=4000, **options)
