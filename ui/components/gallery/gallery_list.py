"""The gallery's cards, page by page."""

from core.database.session import reading
from core.models import Video
from core.social import sharing

from ... import formats
from ...i18n import _
from ...kit.elements import Tag
from ...kit.paged_list import PagedList
from ..site.notice import notice
from ..video.video_card import poster
from ..video.words import localized, title_of

PAGE = 24


class Gallery(Tag):
    """The cards and the button for more."""

    def __init__(self) -> None:
        super().__init__("div", "gallery")
        with self:
            self._list = PagedList(
                _page, _card, lambda video: video.id, size=PAGE, label=_("Shared videos"), cards=True
            )

    async def load(self) -> None:
        """The first page of videos."""
        await self._list.reload()
        if self._list.last is None:
            with self:
                how = _("Share one of your videos and switch on “Also show in the gallery”.")
                notice(_("Nothing is shown yet"), how, _("Make a video"), "/")


async def _page(before: int | None, limit: int) -> list[Video]:
    async with reading() as db:
        return await sharing.gallery(db, before, limit)


def _card(video: Video) -> None:
    with Tag("article", "card", data_plays=True), Tag("div", "card-inner"):
        target = f"/v/{video.slug}"
        poster(target, video, _("Watch: {prompt}", prompt=title_of(video)), target=target)
        with Tag("div", "card-foot"), Tag("div", "card-text"):
            Tag("p", "card-prompt", title_of(video), title=video.prompt)
            with Tag("div", "card-facts"):
                Tag("span", "", localized(video.label))
                Tag("time", "", formats.ago(video.created_at), title=formats.exactly(video.created_at))
