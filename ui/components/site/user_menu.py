"""Who is signed in: credits and avatar with its menu, or Login."""

from core.accounts import users
from core.models import User
from core.redis.news import SIGNED_OUT, News

from ... import i18n, live, page_state
from ...i18n import _
from ...kit.elements import Menu, Tag, link, menu_line, menu_row


def credits_badge(user: User) -> None:
    """The balance; read again whenever a video of the user has changed its state."""
    badge = Tag("a", "credits", i18n.credits(user.credits), symbol="coins", href="/account", data_testid="credits")
    badge.put("title", _("Your credits"))

    state = page_state.of(user)

    def refresh() -> None:
        if state.user:
            badge.text = i18n.credits(state.user.credits)

    state.changed.subscribe(refresh)


def account(user: User | None) -> None:
    """The avatar with its menu, or the way in."""
    if user is None:
        link(_("Login"), "/auth/login", look="accent").classes("login")
        return
    name = user.name or user.email
    face = Tag("button", "avatar", name[:1].upper(), type="button", aria_label=_("Account"), aria_haspopup="menu")
    face.put("title", name)
    with face:
        if user.avatar_url.startswith("https://"):
            Tag("img", src=user.avatar_url, alt="", width=36, height=36, referrerpolicy="no-referrer")
        Menu(lambda: _rows(user, name))

    state = page_state.of(user)

    def leave() -> None:
        """Nothing on a page may be used any more by somebody who is signed out, whatever its browser does."""
        face.client.content.clear()
        face.client.run_javascript("reloadUnlessLeaving()")

    def hear(news: News) -> None:
        if news.status == SIGNED_OUT:
            leave()

    def check() -> None:
        if not state.is_theirs:
            leave()

    live.for_user(user.id).subscribe(hear)
    state.changed.subscribe(check)


def _rows(user: User, name: str) -> None:
    with Tag("div", "menu-head"):
        Tag("div", "menu-title", name)
        Tag("div", "menu-note", user.email)
    menu_line()
    menu_row(_("Account"), symbol="coins", href="/account")
    if users.role(user) == "admin":
        menu_row(_("Admin"), symbol="shield", href="/admin")
    menu_row(_("Sign out"), symbol="log-out", href="/auth/logout")
