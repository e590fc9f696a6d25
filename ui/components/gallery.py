"""The gallery's cards, page by page."""

from core import social
from core.database import reading
from core.models import Video

from .. import formats
from ..i18n import _
from .notice import notice
from .tags import Tag, button
from .video_card import poster
from .words import known

PAGE = 24


class Gallery(Tag):
    """The cards and the button for more."""

    def __init__(self) -> None:
        super().__init__("div", "gallery")
        self._last: int | None = None
        with self:
            self._list = Tag("ads-masonry", "", aria_label=_("Shared videos"))
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
                    Tag("time", "", formats.ago(video.created_at), title=formats.exactly(video.created_at))
