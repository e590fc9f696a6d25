"""`/v/{slug}`: a shared video for who is signed in, with likes, comments and reports; strangers: ui/plain/watch.py."""

from functools import partial
from textwrap import shorten

from fastapi import Request
from nicegui import context, ui

from core.errors import NotFound
from core.models import User, Video
from core.social import unfold
from core.social.unfold import Shared
from core.videos.library import name_of

from .. import layout, social_access
from ..components.site.notice import nothing_here
from ..components.social.reactions import Comments, LikeButton, Reactions, ReportDialog, close_comments_button, liked
from ..components.video.video_card import player, take_ratio
from ..components.video.words import shown_size
from ..i18n import _
from ..kit.block import html
from ..kit.elements import Tag, button, link
from ..kit.moment import moment
from ..plain.shell import tag_lines
from ..plain.watch import elsewhere, shared_of
from ..session import Visitor


@ui.page("/v/{slug}", response_timeout=layout.BUILD_SECONDS)
async def watch(request: Request, visitor: Visitor, slug: str) -> None:
    """The player, its words, and what people say."""
    try:
        shared = await shared_of(request, slug)
    except NotFound:
        context.client.status_code = 404
        with layout.frame(visitor, _("Not found")):
            nothing_here(_("This video is not shared, or not any more."))
        return
    title = shorten(shared.title, 70, placeholder="…")
    head = str(tag_lines(unfold.tags(shared)))
    with layout.frame(visitor, title, description=shared.about, head=head), Tag("div", "watch"):
        _player(shared.video)
        reactions = Reactions(visitor, shared.video) if visitor and social_access.is_on() else None
        with Tag("div", "watch-head"):
            _words(shared)
            with Tag("div", "toolbar"):
                if reactions:
                    mine = await liked(reactions.user, shared.video)
                    reactions.like = LikeButton(reactions.user, shared.video, liked=mine)
                link(_("Download"), f"/v/{slug}/content", symbol="download", download=name_of(shared.video))
                link(_("Use this recipe"), f"/?recipe={slug}", look="accent")
        Tag("div", inner=elsewhere(shared))
        if reactions:
            _more(reactions.user, shared.video)
            reactions.comments = Comments(reactions.user, shared.video)
            await reactions.start()


def _words(shared: Shared) -> None:
    video = shared.video
    with Tag("div"):
        Tag("h1", "watch-title", shared.title)
        if video.title:
            Tag("p", "watch-prompt", video.prompt)
        with Tag("p", "watch-facts"):
            Tag("span", "", " · ".join(filter(None, [shared.author, shared.about])) + " · ")
            moment(video.created_at)


def _more(user: User, video: Video) -> None:
    with Tag("div", "chips"):
        if user.id == video.user_id:
            close_comments_button(user, video)
        else:
            button(_("Report"), partial(ReportDialog, user, video.slug or ""), look="small")


def _player(video: Video) -> None:
    source = f"/v/{video.slug}"
    blur = html("img", "stage-blur", src=f"{source}/poster", alt="", aria_hidden="true")
    take_ratio(Tag("div", "stage", inner=blur + player(source, video)), shown_size(video))
