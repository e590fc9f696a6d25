"""`/library`: my videos, newest first; searched, filtered, selected."""

from fastapi import Request
from nicegui import ui

from core.database.session import reading
from core.ids import MAX_ID
from core.videos import library as shelf

from .. import layout
from ..components.library.library_filter import LibraryFilter, from_address
from ..components.library.library_list import Library
from ..components.site.notice import log_in_first
from ..i18n import _
from ..kit.elements import page_head
from ..session import Visitor


@ui.page("/library", response_timeout=layout.BUILD_SECONDS)
async def library(request: Request, visitor: Visitor, deleted: int = 0) -> None:
    """A masonry of posters; each has its menu. `deleted` is a video whose own page has just deleted it."""
    with layout.frame(visitor, _("Library"), "library"):
        head = page_head(_("Library"))
        if visitor is None:
            log_in_first(_("Your videos are kept here"), _("Please log in to see them."))
            return
        async with reading() as db:
            kinds = await shelf.kinds(db, visitor.id)
        shown = LibraryFilter(from_address(request), kinds)
        library = Library(visitor, shown)
        with head:
            library.select_button()
        await library.reload()
        if 0 < deleted <= MAX_ID:
            await library.offer_back(deleted)
