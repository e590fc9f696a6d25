"""`/gallery` for strangers: the cards, newest or most liked, page by page."""

from fastapi import Request
from fastapi.responses import Response
from markupsafe import Markup

from core.database.session import reading
from core.errors import NotFound, NotSignedIn
from core.phrase import Phrase
from core.social import gallery
from core.social.gallery import Shown

from .. import formats, social_access
from ..components.gallery.tabs import View, tabs
from ..components.video.words import localized, shown_size, title_of
from ..i18n import _, n_
from .shell import page, unfolding

PAGE = 24
BODY = Markup(
    '<div class="page-head"><div><h1 class="page-title">{title}</h1>'
    '<p class="page-note">{about}</p></div></div>'
    '<nav class="tabs" aria-label="{sorting}">{tabs}</nav><div class="plain-cards">{cards}</div>{more}'
)
CARD = Markup(
    '<article class="card" data-plays><div class="card-inner">'
    '<a class="card-media" href="/v/{slug}" aria-label="{label}" style="--ratio: {ratio}">'
    '<img src="/v/{slug}/small.webp" alt="" loading="lazy" decoding="async">'
    '<video data-src="/v/{slug}/preview" preload="none" tabindex="-1" aria-hidden="true" muted loop '
    "playsinline></video>"
    '<span class="card-length">{length}</span></a>'
    '<div class="card-foot"><div class="card-text"><p class="card-prompt" title="{prompt}">{title}</p>'
    '<div class="card-facts">{facts}</div></div></div></div></article>'
)


async def draw(request: Request) -> Response:
    """The page. Raises NotFound where there is none, NotSignedIn where it is for members."""
    if not social_access.is_on():
        raise NotFound(Phrase("gallery"))
    if not social_access.may_read(None):
        raise NotSignedIn()
    view = View.of(request.query_params)
    async with reading() as db:
        rows = await gallery.page(db, view.sort, request.query_params.get("cursor"), PAGE + 1, view.category)
    shown = rows[:PAGE]
    more = Markup('<p class="plain-more"><a class="button" href="/gallery?{}&amp;cursor={}">{}</a></p>')
    about = _("Videos that their makers chose to show.")
    body = BODY.format(
        title=_("Gallery"),
        about=about if shown else _("Nothing is shown yet"),
        sorting=_("Order"),
        tabs=tabs(view),
        cards=Markup().join(map(_card, shown)),
        more=more.format(view.query, shown[-1].cursor, _("More")) if len(rows) > PAGE else "",
    )
    return page(request, _("Gallery"), body, active="gallery", tags=unfolding(request, _("Gallery"), about))


def _card(shown: Shown) -> Markup:
    video = shown.video
    size = shown_size(video)
    facts = [shown.author, localized(video.label), n_("{n} like", "{n} likes", video.likes) if video.likes else ""]
    return CARD.format(
        slug=video.slug,
        label=_("Watch: {prompt}", prompt=title_of(video)),
        ratio=f"{size.width / size.height:.4f}",
        length=formats.clock(video.duration or 0),
        prompt=video.prompt,
        title=title_of(video),
        facts=" · ".join(filter(None, facts)),
    )
