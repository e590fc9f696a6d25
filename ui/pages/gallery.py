"""`/gallery`: what owners chose to show to everybody."""

from nicegui import ui

from .. import layout
from ..components.gallery.gallery_list import Gallery
from ..i18n import _
from ..kit.elements import page_head
from ..session import Visitor


@ui.page("/gallery", response_timeout=layout.BUILD_SECONDS)
async def gallery(visitor: Visitor) -> None:
    """A masonry of shared videos."""
    about = _("Videos that their makers chose to show.")
    with layout.frame(visitor, _("Gallery"), "gallery", description=about):
        page_head(_("Gallery"), about)
        await Gallery().load()
