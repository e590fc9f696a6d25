"""Who is signed in: credits and avatar with its menu, or Login."""

from markupsafe import Markup
from nicegui import context

from core.accounts import users
from core.models import User
from core.redis.news import SIGNED_OUT, News

from ... import i18n, live, page_state
from ...i18n import _
from ...kit.block import html
from ...kit.elements import Tag, menu_line, menu_row


def credits_badge(user: User) -> Markup:
    """The balance."""
    return html("a", "credits", i18n.credits(user.credits), symbol="coins", href="/account", title=_("Your credits"),
                data_testid="credits")  # fmt: skip


def way_in() -> Markup:
    """What leads a stranger to the sign-in."""
    return html("a", "button button-accent login", _("Login"), href="/auth/login")


def account_button(user: User) -> Markup:
    """The avatar, which opens the menu."""
    name = user.name or user.email
    face = html("img", src=user.avatar_url, alt="", width=36, height=36, referrerpolicy="no-referrer")
    return html(
        "button", "avatar", name[:1].upper(), face if user.avatar_url.startswith("https://") else "", type="button",
        aria_label=_("Account"), aria_haspopup="menu", title=name, data_do="account",
    )  # fmt: skip


def leave_once_signed_out(user: User) -> None:
    """End the page: nothing on it may be used any more by somebody who is signed out, whatever its browser does."""
    state = page_state.of(user)

    def leave() -> None:
        page = context.client  # asked for when it is needed: a page that its own handlers hold is not freed at once
        page.content.clear()
        page.run_javascript("reloadUnlessLeaving()")

    def hear(news: News) -> None:
        if news.status == SIGNED_OUT:
            leave()

    def check() -> None:
        if not state.is_theirs:
            leave()

    live.for_user(user.id).subscribe(hear)
    state.changed.subscribe(check)


def account_rows(user: User) -> None:
    """The rows of the avatar's menu."""
    name = user.name or user.email
    with Tag("div", "menu-head"):
        Tag("div", "menu-title", name)
        Tag("div", "menu-note", user.email)
    menu_line()
    menu_row(_("Account"), symbol="coins", href="/account")
    if users.role(user) == "admin":
        menu_row(_("Admin"), symbol="shield", href="/admin")
    menu_row(_("Sign out"), symbol="log-out", href="/auth/logout")
