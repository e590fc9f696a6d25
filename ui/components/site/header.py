"""The line on top of every page: where to go, the switches, credits and avatar."""

from functools import lru_cache

from markupsafe import Markup

from core.models import User

from ...i18n import _, language
from ...kit.elements import Menu, Tag, icon_button, menu_line, menu_row
from .switches import switch_rows, switches
from .user_menu import account, credits_badge

HEADER = Markup(
    '<a class="brand" href="/">AdsVideo</a><nav class="nav" aria-label="{label}">{links}</nav><div class="grow"></div>'
    '<div class="header-switches">{switches}</div>'
)
LINK = Markup('<a class="nav-link" href="{}"{}>{}</a>')
CURRENT = Markup(' aria-current="page"')


def _links() -> list[tuple[str, str, str]]:
    return [
        ("studio", "/", _("Studio")),
        ("ads", "/ads", _("Ads")),
        ("library", "/library", _("Library")),
        ("gallery", "/gallery", _("Gallery")),
        ("pricing", "/pricing", _("Pricing")),
    ]


def fixed(active: str) -> Markup:
    """The part that never changes on a page: the ways to the others, and the switches."""
    return _fixed(active, language())


@lru_cache
def _fixed(active: str, _language: str) -> Markup:
    return HEADER.format(label=_("Pages"), links=ways(active), switches=switches())


def ways(active: str) -> Markup:
    """The links to the pages."""
    return _ways(active, language())


@lru_cache
def _ways(active: str, _language: str) -> Markup:
    links = (LINK.format(target, CURRENT if name == active else "", text) for name, target, text in _links())
    return Markup().join(links)


def header(user: User | None, active: str, *, bare: bool = False) -> Tag:
    """The line on top of every page."""
    with Tag("header", "header") as element, Tag("div", "header-inner"):
        Tag("div", "header-fixed", inner=fixed(active))
        if user:
            credits_badge(user)
        if not bare:
            account(user)
        _phone_menu(active)
    return element


def _phone_menu(active: str) -> None:
    def rows() -> None:
        for name, target, text in _links():
            menu_row(text, href=target, aria_current="page" if name == active else None)
        menu_line()
        switch_rows()

    with icon_button("menu", _("Menu"), aria_haspopup="menu").classes("phone-menu"):
        Menu(rows)
