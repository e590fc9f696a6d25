"""`/ads/{id}`: one of my ads, while it is made and after."""

from nicegui import context, ui

from core.ads import ad as ads
from core.database.session import reading
from core.errors import NotFound
from core.ids import MAX_ID
from core.phrase import Phrase

from .. import i18n, layout
from ..components.ads.progress import Progress
from ..components.site.notice import log_in_first, nothing_here
from ..i18n import _
from ..kit.elements import Tag, page_head
from ..session import Visitor

PRIVATE = '<meta name="robots" content="noindex">'


@ui.page("/ads/{ad_id:int}", response_timeout=layout.BUILD_SECONDS)
async def ad(visitor: Visitor, ad_id: int) -> None:
    """Its shots on the storyboard, and the ads of all formats side by side."""
    if visitor is None:
        with layout.frame(visitor, _("Ads"), "ads", head=PRIVATE):
            log_in_first(_("Ads are made in your account"), _("Please log in first."), heading="h1")
        return
    try:
        if ad_id > MAX_ID:
            raise NotFound
        async with reading() as db:
            made = await ads.owned(db, visitor.id, ad_id)
    except NotFound:
        context.client.status_code = 404
        with layout.frame(visitor, _("Not found")):
            nothing_here(i18n.explain(NotFound(Phrase("ad"))))
        return
    with layout.frame(visitor, _("Ads"), "ads", head=PRIVATE):
        Tag("a", "back", _("Ads"), symbol="chevron-left", href="/ads")
        page_head(made.board.fields.get("name", _("Ads")))
        progress = Progress(visitor, made)
        await progress.draw()
