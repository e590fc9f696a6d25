"""Notices for empty lists and error pages, each with one action."""

from markupsafe import Markup
from nicegui import context

from ...i18n import _
from ...kit.elements import Tag, link
from ..video.preset_picture import find_preset, preset_picture


def notice(title: str, text: str, word: str, target: str, *, heading: str = "h2") -> None:
    """What an empty list says, with the one thing to do about it."""
    with Tag("div", "notice"):
        presets = filter(None, map(find_preset, ("soda", "chair", "serum")))
        pictures = Markup().join(preset_picture(preset, width=640, alt="") for preset in presets)
        Tag("div", "notice-picture", inner=pictures, aria_hidden="true")
        Tag(heading, "notice-title", title)
        Tag("p", "notice-text", text)
        link(word, target, look="accent")


def log_in_first(title: str = "", text: str = "", *, heading: str = "h2") -> None:
    """For a page that shows nothing to a stranger; after the login it is opened again."""
    way_in = f"/auth/login?next={context.client.request.url.path}"
    notice(title or _("You are not logged in"), text or _("Please log in first."), _("Login"), way_in, heading=heading)


def message(title: str, text: str, code: str = "") -> None:
    """The middle of an error page."""
    with Tag("div", "notice"):
        if code:
            Tag("p", "notice-code", code, aria_hidden="true")
        Tag("h1", "notice-title", title)
        Tag("p", "notice-text", text)
        link(_("Back to the studio"), "/", look="accent")


def nothing_here(what: str = "") -> None:
    """The page for an address that leads nowhere; `what` is the sentence that says why."""
    message(_("There is nothing here"), what or _("The address is wrong, or what was here is gone."), "404")
