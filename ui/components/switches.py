"""The switches of language and theme; both are kept in a cookie, so that the next page comes right from the server."""

from .. import i18n
from ..i18n import _
from .tags import Tag, menu_row


def language_switch(*, in_menu: bool = False) -> None:
    """Leads to the other language, in that language's own words."""
    other = "zh" if i18n.language() == "en" else "en"
    name, tag = i18n.LANGUAGES[other], i18n.TAGS[other]
    if in_menu:
        menu_row(name, symbol="languages", data_language=other, lang=tag)
    else:
        Tag("button", "header-button", name, type="button", data_language=other, lang=tag)


def theme_switch(*, in_menu: bool = False) -> None:
    """Dark or light; follows the system until it is pressed once. The stylesheet knows which sign it has now."""
    name = _("Dark or light")
    if in_menu:
        menu_row(name, data_switch_theme=True).classes("theme-switch has-icon")
    else:
        made = Tag("button", "icon-button theme-switch has-icon", type="button", aria_label=name, title=name)
        made.put("data_switch_theme", True)
