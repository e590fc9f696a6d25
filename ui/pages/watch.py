"""`/v/{slug}`: a shared video, for anybody who has the link; unfolds with its poster where the link is posted."""

import html
from textwrap import shorten

from fastapi import Request
from nicegui import context, ui

from core.database.session import reading
from core.errors import NotFound
from core.models import Video
from core.social import sharing
from core.videos.library import name_of

from .. import formats, layout
from ..addresses import origin
from ..components.site.notice import nothing_here
from ..components.video.video_card import player, take_ratio
from ..components.video.words import caption, shown_size, title_of
from ..i18n import _
from ..kit.elements import Tag, link
from ..session import Visitor


@ui.page("/v/{slug}", response_timeout=layout.BUILD_SECONDS)
async def watch(request: Request, visitor: Visitor, slug: str) -> None:
    """The player, its prompt, and the way to one's own."""
    try:
        async with reading() as db:
            video = await sharing.shared(db, slug)
    except NotFound:
        context.client.status_code = 404
        with layout.frame(visitor, _("Not found")):
            nothing_here(_("This video is not shared, or not any more."))
        return
    title = shorten(title_of(video), 70, placeholder="…")
    head = _unfold(request, video, title)
    with layout.frame(visitor, title, description=video.prompt, head=head), Tag("div", "watch"):
        _player(video)
        with Tag("div", "watch-head"):
            with Tag("div"):
                Tag("h1", "watch-title", title_of(video))
                if video.title:
                    Tag("p", "watch-prompt", video.prompt)
                with Tag("p", "watch-facts"):
                    Tag("span", "", caption(video) + " · ")
                    Tag("time", "", formats.ago(video.created_at), title=formats.exactly(video.created_at))
            with Tag("div", "toolbar"):
                link(_("Download"), f"/v/{slug}/content", symbol="download", download=name_of(video))
                link(_("Make your own"), "/", look="accent")


def _player(video: Video) -> None:
    source = f"/v/{video.slug}"
    with Tag("div", "stage") as stage:
        take_ratio(stage, shown_size(video))
        Tag("img", "stage-blur", src=f"{source}/poster", alt="", aria_hidden="true")
        player(source, video)


def _unfold(request: Request, video: Video, title: str) -> str:
    """Open Graph tags; absolute addresses, because they are read elsewhere."""
    address = f"{origin(request)}/v/{video.slug}"
    tags = {
        "og:type": "video.other",
        "og:site_name": "AdsVideo",
        "og:title": title,
        "og:description": caption(video),
        "og:url": address,
        "og:image": f"{address}/poster",
        "og:image:type": "image/webp",
        "og:image:width": video.width or "",
        "og:image:height": video.height or "",
        "og:video": f"{address}/content",
        "og:video:type": "video/mp4",
        "og:video:width": video.width or "",
        "og:video:height": video.height or "",
    }
    lines = [f'<meta property="{name}" content="{html.escape(str(value))}">' for name, value in tags.items() if value]
    return "\n".join([*lines, '<meta name="twitter:card" content="summary_large_image">'])
