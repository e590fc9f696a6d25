"""frame(): the head of the page, the header and the main area, around every page."""

import html
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request
from nicegui import context, ui

from core.models import User
from core.settings import settings

from . import compat, i18n, live, shared, skeleton, theme
from .components.site.header import header
from .i18n import _
from .kit import standard
from .kit.elements import Tag

THEMES = ("dark", "light")
BUILD_SECONDS = 60.0
"""What a page may take to be built; then it is an error. NiceGUI's 3 seconds are less than a restart of the database
takes, which is waited for, and less than a busy machine may need."""
compat.remember_signatures()
compat.quiet_loading_bar()
standard.adopt()

@contextmanager
def frame(
    request: Request,
    user: User | None,
    title: str,
    active: str = "",
    *,
    description: str = "",
    head: str = "",
    bare: bool = False,
) -> Iterator[Tag]:
    """Everything around a page; yields its main area. Call `speak(request)` before, so that `title` is translated.

    `bare` leaves out the visitor, for when something is broken.
    """
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
        header(user, active, bare=bare).move(target_index=0)
    with Tag("div", "page") as page:
        yield page
    ui.skip_link(_("Skip to the content"), target=page)


def _lost() -> str:
    """What layout.js shows while the page hears nothing from us, and for a moment when it does again."""
    words = {
        "title": _("Connection lost"),
        "text": _("Trying to reconnect for {time}. What is being made goes on, and your text stays."),
        "back": _("Connected again"),
    }
    told = " ".join(f'data-{name}="{html.escape(text)}"' for name, text in words.items())
    return f'<div id="lost" role="status" {told} hidden><strong></strong><span aria-hidden="true"></span></div>'


def address(request: Request) -> str:
    """Where people reach us, without a slash at the end."""
    return settings().public_url or str(request.base_url).rstrip("/")


def _unfold(request: Request, title: str, description: str) -> str:
    """Open Graph tags: what a link to this page looks like where it is posted."""
    tags = {"title": title, "description": description, "image": address(request) + theme.asset("og-image.jpg")}
    lines = [f'<meta property="og:{name}" content="{html.escape(text)}">' for name, text in tags.items() if text]
    return "\n".join(lines)


def speak(request: Request) -> None:
    """Draw this page in the visitor's language and theme from the first byte on."""
    code = i18n.of(request)
    context.client.storage["language"] = code
    theme_name = request.cookies.get(shared.THEME_COOKIE)
    compat.change_page(
        language=i18n.TAGS[code],
        dark=theme_name == "dark" if theme_name in THEMES else None,
        favicon=(theme.STATIC / "favicon.svg").read_text(),
        viewport="width=device-width, initial-scale=1, viewport-fit=cover",
    )


def _theme_script(request: Request) -> str:
    """Before anything is painted: the theme on the root element, and the colour of a phone's address bar."""
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
