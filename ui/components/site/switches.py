"""The switches of language and theme; both are kept in a cookie, so that the next page comes right from the server."""

from markupsafe import Markup

from ... import i18n
from ...i18n import _
from ...kit.elements import menu_row

SWITCHES = Markup(
    '<button type="button" class="header-button" data-language="{other}" lang="{tag}">{language}</button>'
    '<button type="button" class="icon-button theme-switch has-icon" aria-label="{theme}" title="{theme}" '
    "data-switch-theme></button>"
)


def _other() -> str:
    return "zh" if i18n.language() == "en" else "en"


def switches() -> Markup:
    """Both, for the header: switches.js hears their clicks, so they are no elements of the server's.

    One leads to the other language, in that language's own words. The other is dark or light, and follows the system
    until it is pressed once; the stylesheet knows which sign it has now.
    """
    other = _other()
    return SWITCHES.format(other=other, tag=i18n.TAGS[other], language=i18n.LANGUAGES[other], theme=_("Dark or light"))


def switch_rows() -> None:
    """The same as rows of a menu."""
    other = _other()
    menu_row(i18n.LANGUAGES[other], symbol="languages", data_language=other, lang=i18n.TAGS[other])
    menu_row(_("Dark or light"), data_switch_theme=True).classes("theme-switch has-icon")
