"""frame(): head, header and main area of every page."""

import html
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import INTERNAL_SERVER_ERROR

from fastapi import Request
from markupsafe import Markup
from nicegui import context, ui

from core.errors import AdsVideoError
from core.models import User

from . import compat, i18n, lean, live, shared, skeleton, theme
from .addresses import origin
from .components.site.header import Header
from .components.site.user_menu import leave_once_signed_out
from .i18n import _
from .kit import standard
from .kit.elements import Tag
from .kit.toast import say_refusal

THEMES = ("dark", "light")
SKIP = Markup('<a class="nicegui-skip-link" href="#{}">{}</a>')
BUILD_SECONDS = 60.0
"""Seconds to build a page before it is an error. NiceGUI's 3 are too few for a restart of the database, which we wait
for, or for a busy machine."""
compat.remember_signatures()
compat.free_at_once()
compat.quiet_loading_bar()
lean.serve(
    lean.made_of(theme.STATIC / "nicegui/runtime.js"),
    *(theme.asset(f"nicegui/{name}") for name in ("runtime.js", "client.js", "runtime.css")),
)
compat.leave_unlogged(lambda error: isinstance(error, AdsVideoError) and error.status < INTERNAL_SERVER_ERROR)
standard.adopt()

@contextmanager
def frame(
    user: User | None,
    title: str,
    active: str = "",
    *,
    description: str = "",
    head: str = "",
    bare: bool = False,
) -> Iterator[Tag]:
    """Everything around a page; yields its main area. `active` is the page's name in the header.

    An error of ours that a handler of the page raises is said to the visitor. `bare` leaves out the visitor, for when
    something is broken.
    """
    request = context.client.request
    _dress(request)
    ui.on_exception(say_refusal)
    ui.page_title(f"{title} · AdsVideo" if title else "AdsVideo")
    ui.add_head_html(theme.head())
    ui.add_head_html(_theme_script(request))
    if description:
        ui.add_head_html(f'<meta name="description" content="{html.escape(description)}">')
    ui.add_head_html(head or _unfold(request, title, description))
    ui.add_body_html(skeleton.BONES.get(active, skeleton.BONES[""]) + _lost())
    context.client.content.classes("content")
    if (browser := request.session.get("id")) and not bare:
        live.for_browser(browser).subscribe(lambda: ui.run_javascript("reloadUnlessLeaving()"))
    with context.client.layout:
        Header(user, active, bare=bare).move(target_index=0)
    if user and not bare:
        leave_once_signed_out(user)
    with Tag("div", "page") as page:
        ui.add_body_html(str(SKIP.format(page.html_id, _("Skip to the content"))))
        yield page


def _lost() -> str:
    """The notice that layout.js shows while the connection is lost, and briefly when it is back."""
    words = {
        "title": _("Connection lost"),
        "text": _("Trying to reconnect for {time}. What is being made goes on, and your text stays."),
        "back": _("Connected again"),
        "unsent": _("Not sent"),
        "unsent-text": _("There is no connection now. Nothing was charged; please click again when it is back."),
    }
    attributes = " ".join(f'data-{name}="{html.escape(text)}"' for name, text in words.items())
    return f'<div id="lost" role="status" {attributes} hidden><strong></strong><span aria-hidden="true"></span></div>'


def _unfold(request: Request, title: str, description: str) -> str:
    """Open Graph tags, for previews of links to this page."""
    tags = {"title": title, "description": description, "image": origin(request) + theme.asset("og-image.jpg")}
    lines = [f'<meta property="og:{name}" content="{html.escape(text)}">' for name, text in tags.items() if text]
    return "\n".join(lines)


def _dress(request: Request) -> None:
    """Set this page's language and theme to the visitor's, from the first byte on."""
    theme_name = request.cookies.get(shared.THEME_COOKIE)
    compat.change_page(
        language=i18n.TAGS[i18n.language()],
        dark=theme_name == "dark" if theme_name in THEMES else None,
        favicon=(theme.STATIC / "favicon.svg").read_text(),
        viewport="width=device-width, initial-scale=1, viewport-fit=cover",
    )


def _theme_script(request: Request) -> str:
    """Set the theme before the first paint, and the colour of a phone's address bar."""
    name = request.cookies.get(shared.THEME_COOKIE)
    both: tuple[theme.Mode, ...] = ("light", "dark")
    for mode in both:
        if name == mode:
            script = f'<script>document.documentElement.dataset.theme = "{mode}";</script>'
            return f'<meta name="theme-color" content="{theme.color("background", mode)}">{script}'
    return "".join(
        f'<meta name="theme-color" media="(prefers-color-scheme: {mode})" content="{theme.color("background", mode)}">'
        for mode in both
    )
