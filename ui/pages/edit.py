"""`/videos/{id}/edit`: from a clip to an ad."""

from nicegui import context, ui

from core.errors import NotFound
from core.ids import MAX_ID
from core.phrase import Phrase

from .. import i18n, layout, page_state
from ..components.edit.editor import Editor
from ..components.edit.loading import project_of
from ..components.site.notice import log_in_first, message, nothing_here
from ..i18n import _
from ..kit.elements import Tag
from ..session import Visitor

PRIVATE = '<meta name="robots" content="noindex">'


@ui.page("/videos/{video_id:int}/edit", response_timeout=layout.BUILD_SECONDS)
async def edit(visitor: Visitor, video_id: int) -> None:
    """The editor of one of the visitor's finished videos."""
    if visitor is None:
        with layout.frame(visitor, _("Edit"), head=PRIVATE):
            log_in_first(_("Your videos are kept here"), _("Please log in to see them."), heading="h1")
        return
    try:
        project = await project_of(visitor, min(video_id, MAX_ID))
    except NotFound:
        context.client.status_code = 404
        with layout.frame(visitor, _("Not found")):
            nothing_here(i18n.explain(NotFound(Phrase("video"))))
        return
    if project.video.status != "completed":
        with layout.frame(visitor, _("Edit"), head=PRIVATE):
            message(_("This video can't be edited"), _("Only a finished video can be edited."))
        return
    with layout.frame(visitor, _("Edit"), "edit", head=PRIVATE):
        Tag("h1", "sr-only", _("Edit"))
        editor = Editor(visitor, project)
    await page_state.of(visitor).refresh()
    await editor.versions.start()
