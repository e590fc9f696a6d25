"""The line on top of every page: where to go, the switches, credits and avatar."""

from functools import cache, lru_cache

from markupsafe import Markup

from core.models import User

from ... import page_state
from ...i18n import _, language
from ...kit.block import Actions, Block, html, html_icon_button
from ...kit.elements import Menu, menu_line, menu_row
from .switches import switch_rows, switches
from .user_menu import account_button, account_rows, credits_badge, way_in

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


class Header(Block):
    """The line on top of every page; drawn again with the visitor's balance. `bare` leaves out who that is."""

    def __init__(self, user: User | None, active: str, *, bare: bool = False) -> None:
        menus: Actions = {
            "menu": cache(lambda: Menu(lambda: _rows(active), ".phone-menu")),
            "account": cache(lambda: Menu(lambda: account_rows(user), ".avatar") if user else None),
        }
        super().__init__("header", menus, role="banner")
        self._user, self._active, self._bare = user, active, bare
        self._state = page_state.of(user) if user else None
        if self._state:
            self._state.changed.subscribe(self._draw)
        self._draw()

    def _draw(self) -> None:
        """Whoever is signed out meanwhile stays until the page ends."""
        user = self._state.user if self._state and self._state.user else self._user
        who = [] if self._bare else [credits_badge(user), account_button(user)] if user else [way_in()]
        menu = html_icon_button("menu", _("Menu"), "menu", classes="phone-menu", aria_haspopup="menu")
        self.show(html("div", "header-inner", fixed(self._active), *who, menu))


def _rows(active: str) -> None:
    for name, target, text in _links():
        menu_row(text, href=target, aria_current="page" if name == active else None)
    menu_line()
    switch_rows()
