"""The words for an ad's life."""

from core.ads.ad import Status

from ...i18n import _


def status_word(status: Status) -> tuple[str, str]:
    """A word and the icon beside it."""
    words = {
        "processing": (_("Being made"), "loader-circle"),
        "attention": (_("Needs you: a shot has failed"), "circle-alert"),
        "completed": (_("Ready"), "circle-check"),
        "failed": (_("Failed"), "circle-alert"),
        "canceled": (_("Canceled"), "ban"),
    }
    return words[status]
