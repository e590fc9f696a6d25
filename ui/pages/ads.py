"""`/ads`: from products to an ad: three short steps, and the storyboard that they make."""

from fastapi import Request
from nicegui import events, ui

from core.ads import ad as ads
from core.ads import brand as brands
from core.catalog import availability
from core.database.session import reading
from core.errors import NotFound
from core.ids import MAX_ID

from .. import formats, layout
from ..components.ads.ad_words import status_word
from ..components.ads.board import Board
from ..components.ads.draft import AdDraft
from ..components.ads.products import Products
from ..components.ads.style import Style
from ..components.ads.words import Words
from ..components.site.notice import log_in_first
from ..i18n import _
from ..kit.elements import Tag, link, page_head
from ..session import Visitor

LATEST = 8


@ui.page("/ads", response_timeout=layout.BUILD_SECONDS)
async def ad_maker(request: Request, visitor: Visitor, like: int = 0, vary: str = "") -> None:
    """`like` is an earlier ad to begin with, `vary` what is to be different in it: template, music or words."""
    about = _("From product pictures to an ad in every format: choose a template, check the storyboard, make it.")
    with layout.frame(visitor, _("Ads"), "ads", description=about):
        with page_head(_("Ads"), _("From product pictures, or a link, to an ad in every format.")):
            link(_("Many at once"), "/batch", symbol="layout-template", look="small")
        if visitor is None:
            log_in_first(_("Ads are made in your account"), _("Please log in first."))
            return
        draft = AdDraft(offers=await availability.offers())
        async with reading() as db:
            draft.brands = {one.id: one for one in await brands.of_user(db, visitor)}
            latest = await ads.page(db, visitor.id, None, LATEST)
        with Tag("div", "ad-page"):
            with Tag("div", "ad-form"):
                products = Products(visitor, draft)
                Words(visitor, draft)
                Style(draft)
            Board(visitor, draft)
        kept = Tag("ads-draft", draft=draft.to_json(), key="ad", hidden=True).mark("ad-draft")
        draft.changed.subscribe(lambda: kept.put("draft", draft.to_json()))

        async def restore(event: events.GenericEventArguments) -> None:
            if not draft.edited:
                draft.restore(str(event.args.get("detail"))[:20_000])
                await products.strip.choose_all(draft.choices.pictures)
                draft.update(pictures=list(products.strip.chosen))

        kept.on("restore", restore, ["detail"])
        await products.strip.load()
        if 0 < like <= MAX_ID:
            try:
                async with reading() as db:
                    draft.like((await ads.owned(db, visitor.id, like)).ad, vary)
            except NotFound:
                pass
            await products.strip.choose_all(draft.choices.pictures)
        draft.changed.emit()
        if latest:
            with Tag("section", "ad-section"):
                Tag("h2", "ad-step-title", _("Your ads"))
                with Tag("div", "ad-list"):
                    for made in latest:
                        word, symbol = status_word(made.status)
                        with Tag("a", "", href=f"/ads/{made.ad.id}"):
                            Tag("span", "row-main", made.board.fields.get("name", ""))
                            Tag("span", "row-note", formats.ago(made.ad.created_at))
                            Tag("span", "row-note", word, symbol=symbol)
