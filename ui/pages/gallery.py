"""`/gallery`: what owners chose to show; strangers get the plain page (ui/plain/gallery.py)."""

from fastapi import Request
from nicegui import context, ui

from .. import layout, social_access
from ..components.gallery.gallery_list import Gallery
from ..components.gallery.tabs import View
from ..components.site.notice import log_in_first, nothing_here
from ..i18n import _
from ..kit.elements import page_head
from ..session import Visitor


@ui.page("/gallery", response_timeout=layout.BUILD_SECONDS)
async def gallery(request: Request, visitor: Visitor) -> None:
    """A masonry of shared videos."""
    about = _("Videos that their makers chose to show.")
    with layout.frame(visitor, _("Gallery"), "gallery", description=about):
        if not social_access.is_on():
            context.client.status_code = 404
            nothing_here(_("There is no gallery here."))
        elif not social_access.may_read(visitor):
            log_in_first()
        else:
            page_head(_("Gallery"), about)
            await Gallery(View.of(request.query_params)).load()
