"""`/gallery`: what owners chose to show to everybody."""

from fastapi import Request
from nicegui import ui

from core import social
from core.database import reading
from core.models import Video

from .. import i18n, layout
from ..components.video_card import poster
from ..components.words import known
from ..i18n import _
from ..kit.elements import Tag, button
from ..kit.masonry import masonry
from ..session import Visitor
from .library import notice

PAGE = 24


@ui.page("/gallery", response_timeout=layout.BUILD_SECONDS)
async def gallery(request: Request, visitor: Visitor) -> None:
    """A masonry of shared videos."""
    layout.speak(request)
    about = _("Videos that their makers chose to show.")
    with layout.frame(request, visitor, _("Gallery"), "gallery", description=about):
        with Tag("div", "page-head"), Tag("div"):
            Tag("h1", "page-title", _("Gallery"))
            Tag("p", "page-note", about)
        await Gallery().load()


class Gallery(Tag):
    """The cards and the button for more."""

    def __init__(self) -> None:
        super().__init__("div", "gallery")
        self._last: int | None = None
        with self:
            self._list = masonry(_("Shared videos"))
            with Tag("div", "more"):
                self._more = button(_("Load more"), self.load, hidden=True)

    async def load(self) -> None:
        """The next page of videos."""
        async with reading() as db:
            found = await social.gallery(db, self._last, PAGE + 1)
        with self._list:
            for video in found[:PAGE]:
                self._card(video)
        if not found and self._last is None:
            with self:
                how = _("Share one of your videos and switch on “Also show in the gallery”.")
                notice(_("Nothing is shown yet"), how, _("Make a video"), "/")
        self._last = found[:PAGE][-1].id if found else None
        self._more.put("hidden", len(found) <= PAGE)

    def _card(self, video: Video) -> None:
        with Tag("article", "card", data_plays=True), Tag("div", "card-inner"):
            target = f"/v/{video.slug}"
            poster(target, video, _("Watch: {prompt}", prompt=video.prompt), target=target)
            with Tag("div", "card-foot"), Tag("div", "card-text"):
                Tag("p", "card-prompt", video.prompt, title=video.prompt)
                with Tag("div", "card-facts"):
                    Tag("span", "", known(video.label))
                    Tag("time", "", i18n.ago(video.created_at), title=i18n.exactly(video.created_at))
