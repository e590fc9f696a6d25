"""`/gallery`: what owners chose to show to everybody."""

from fastapi import Request
from nicegui import ui

from .. import layout
from ..components.gallery.gallery_list import Gallery
from ..i18n import _
from ..kit.elements import Tag
from ..session import Visitor


@ui.page("/gallery", response_timeout=layout.BUILD_SECONDS)
async def gallery(request: Request, visitor: Visitor) -> None:
    """A masonry of shared videos."""
    layout.speak(request)
    about = _("Videos that their makers chose to show.")
    with layout.frame(request, visitor, _("Gallery"), "gallery", description=about):
        with Tag("div", "page-head"), Tag("div"):
            Tag("h1", "page-title", _("Gallery"))
            Tag("p", "page-note", about)
        await Gallery().load()
