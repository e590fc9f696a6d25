"""`/videos/{id}`: one of my videos with all there is to know about it; live while it is being made."""

from functools import partial

from nicegui import context, ui

from core.database.session import reading, session
from core.edits.ask import again
from core.errors import AdsVideoError, NotFound
from core.ids import MAX_ID
from core.models import User, Video
from core.phrase import Phrase
from core.videos import library

from .. import i18n, layout
from ..components.edit.versions import Versions
from ..components.site.notice import log_in_first, nothing_here
from ..components.site.way_on import refuse
from ..components.video.current_video import CurrentVideo
from ..components.video.video_card import thumb
from ..components.video.video_details import VideoDetails
from ..components.video.video_panel import VideoPanel
from ..components.video.video_title import VideoTitle
from ..i18n import _
from ..kit.elements import Tag
from ..kit.toast import toast
from ..session import Visitor

PRIVATE = '<meta name="robots" content="noindex">'  # and no Open Graph tags: nobody else sees more than a login


@ui.page("/videos/{video_id:int}", response_timeout=layout.BUILD_SECONDS)
async def video(visitor: Visitor, video_id: int) -> None:
    """The panel as in the studio, the details beside it, the other videos of the same picture below."""
    if visitor is None:
        with layout.frame(visitor, _("Video"), head=PRIVATE):
            log_in_first(_("Your videos are kept here"), _("Please log in to see them."), heading="h1")
        return
    current = CurrentVideo(visitor, only=video_id)
    if video_id <= MAX_ID:
        await current.start()
    if current.video is None:
        context.client.status_code = 404
        with layout.frame(visitor, _("Not found")):
            nothing_here(i18n.explain(NotFound(Phrase("video"))))
        return
    async with reading() as db:
        others = await library.versions(db, current.video)
    current.changed.subscribe(partial(_leave_when_gone, current, video_id))
    with layout.frame(visitor, current.video.title or _("Video"), "video", head=PRIVATE):
        with Tag("div", "video-head"):
            Tag("a", "back", _("Library"), symbol="chevron-left", href="/library", data_back="/library")
            VideoTitle(current)
        with Tag("div", "video-page"):
            VideoPanel(current, partial(_try_again, visitor))
            VideoDetails(current, partial(_repeat, current, visitor), partial(_delete, current, visitor))
        versions = Versions(visitor, current.video)
        await versions.start()
        _shelf(_("Other videos of this picture"), [row for row in others if row.id not in versions])


def _shelf(title: str, videos: list[Video]) -> None:
    if videos:
        with Tag("section", "versions"):
            Tag("h2", "details-title", title)
            with Tag("div", "shelf"):
                for row in videos:
                    thumb(row)


def _leave_when_gone(current: CurrentVideo, video_id: int) -> None:
    """Go to the library, which offers to restore the deleted video."""
    if current.video is None:
        ui.navigate.to(f"/library?deleted={video_id}")


async def _repeat(current: CurrentVideo, user: User) -> None:
    if current.video:
        await _try_again(user, current.video)


async def _try_again(user: User, video: Video) -> None:
    try:
        repeated = await again(user, video)
    except AdsVideoError as error:
        refuse(error, user)
    else:
        ui.navigate.to(f"/videos/{repeated.id}")


async def _delete(current: CurrentVideo, user: User) -> None:
    """Delete the video; the news of it leads to the library, in every tab."""
    if current.video is None:
        return
    try:
        async with session() as db:
            await library.delete_one(db, user.id, current.video.id)
    except AdsVideoError as error:
        toast(i18n.explain(error), "bad")
    await current.follow(current.video.id)
