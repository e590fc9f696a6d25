"""`/library`: my videos, newest first; searched, filtered, selected."""

from fastapi import Request
from nicegui import ui

from core.database.session import reading
from core.models import MAX_ID
from core.videos import library as shelf

from .. import layout
from ..components.library.library_filter import LibraryFilter, from_address
from ..components.library.library_list import Library
from ..components.site.notice import notice
from ..i18n import _
from ..kit.elements import Tag
from ..session import Visitor


@ui.page("/library", response_timeout=layout.BUILD_SECONDS)
async def library(request: Request, visitor: Visitor, deleted: int = 0) -> None:
    """A masonry of posters; each has its menu. `deleted` is a video whose own page has just deleted it."""
    layout.speak(request)
    with layout.frame(request, visitor, _("Library"), "library"):
        with Tag("div", "page-head") as head:
            Tag("h1", "page-title", _("Library"))
        if visitor is None:
            way_in = "/auth/login?next=/library"
            notice(_("Your videos are kept here"), _("Please log in to see them."), _("Login"), way_in)
            return
        async with reading() as db:
            kinds = await shelf.kinds(db, visitor.id)
        shown = LibraryFilter(from_address(request), kinds)
        made = Library(visitor, shown)
        with head:
            made.select_button()
        await made.reload()
        if 0 < deleted <= MAX_ID:
            await made.offer_back(deleted)
