"""`/batch` and `/batch/{id}`: many videos at once, and how far they are."""

from nicegui import context, ui

from core.batches import batch as batches
from core.catalog import availability
from core.database.session import reading
from core.errors import NotFound
from core.ids import MAX_ID
from core.phrase import Phrase

from .. import formats, i18n, layout
from ..components.batch.draft import BatchDraft
from ..components.batch.form import BatchForm
from ..components.batch.rows import Followed, Picked
from ..components.site.notice import log_in_first, nothing_here
from ..i18n import _, n_
from ..kit.elements import Tag, page_head
from ..session import Visitor

LATEST = 8
PRIVATE = '<meta name="robots" content="noindex">'


@ui.page("/batch", response_timeout=layout.BUILD_SECONDS)
async def batch(visitor: Visitor) -> None:
    """Pictures times prompts times formats, or a table; the total first."""
    about = _("Many videos at once: pictures times prompts times formats, or a CSV file. The total price comes first.")
    with layout.frame(visitor, _("Many at once"), "ads", description=about):
        page_head(_("Many at once"), _("Pictures times prompts times formats, or a table; paid for all or nothing."))
        if visitor is None:
            log_in_first(_("Batches are made in your account"), _("Please log in first."))
            return
        draft = BatchDraft(offers=await availability.offers())
        async with reading() as db:
            latest = await batches.page(db, visitor.id, None, LATEST)
        with Tag("div", "ad-page"):
            form = BatchForm(visitor, draft)
            Picked(visitor, draft, lambda number: ui.navigate.to(f"/batch/{number}"))
        await form.strip.load()
        draft.changed.emit()
        if latest:
            with Tag("section", "ad-section"):
                Tag("h2", "ad-step-title", _("Your batches"))
                with Tag("div", "ad-list"):
                    for one in latest:
                        with Tag("a", "", href=f"/batch/{one.batch.id}"):
                            Tag("span", "row-main", n_("{n} video", "{n} videos", len(one.lines)))
                            Tag("span", "row-note", formats.ago(one.batch.created_at))
                            done = _("{done} of {all} ready", done=one.counts["completed"], all=len(one.lines))
                            Tag("span", "row-note", done)


@ui.page("/batch/{batch_id:int}", response_timeout=layout.BUILD_SECONDS)
async def one_batch(visitor: Visitor, batch_id: int) -> None:
    """A row per video with its state."""
    if visitor is None:
        with layout.frame(visitor, _("Many at once"), "ads", head=PRIVATE):
            log_in_first(_("Batches are made in your account"), _("Please log in first."), heading="h1")
        return
    try:
        if batch_id > MAX_ID:
            raise NotFound
        async with reading() as db:
            batched = await batches.owned(db, visitor.id, batch_id)
    except NotFound:
        context.client.status_code = 404
        with layout.frame(visitor, _("Not found")):
            nothing_here(i18n.explain(NotFound(Phrase("batch"))))
        return
    with layout.frame(visitor, _("Many at once"), "ads", head=PRIVATE):
        Tag("a", "back", _("Many at once"), symbol="chevron-left", href="/batch")
        page_head(_("Batch {n}", n=batch_id))
        await Followed(visitor, batched).draw()
