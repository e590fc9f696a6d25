"""The gallery's cards, page by page, newest or most liked first."""

from core.database.session import reading
from core.social import gallery
from core.social.gallery import Shown

from ...i18n import _, n_
from ...kit.elements import Tag
from ...kit.moment import moment
from ...kit.paged_list import PagedList
from ..site.notice import notice
from ..video.video_card import poster
from ..video.words import localized, title_of
from .tabs import View, tabs

PAGE = 24


class Gallery(Tag):
    """The cards and the button for more."""

    def __init__(self, view: View) -> None:
        super().__init__("div", "gallery")
        self._view = view
        self._cursors: dict[int, str] = {}
        with self:
            Tag("nav", "tabs", aria_label=_("Order"), inner=tabs(view))
            self._list = PagedList(
                self._page, _card, lambda shown: shown.video.id,
                size=PAGE, label=_("Shared videos"), cards=True, endless=True,
            )

    async def load(self) -> None:
        """The first page of videos."""
        await self._list.reload()
        if self._list.last is None:
            with self:
                how = _("Share one of your videos and switch on “Also show in the gallery”.")
                notice(_("Nothing is shown yet"), how, _("Open my library"), "/library")

    async def _page(self, before: int | None, limit: int) -> list[Shown]:
        async with reading() as db:
            cursor = self._cursors[before] if before else None
            rows = await gallery.page(db, self._view.sort, cursor, limit, self._view.category)
        self._cursors |= {shown.video.id: shown.cursor for shown in rows}
        return rows


def _card(shown: Shown) -> None:
    video = shown.video
    with Tag("article", "card", data_plays=True), Tag("div", "card-inner"):
        target = f"/v/{video.slug}"
        poster(target, video, _("Watch: {prompt}", prompt=title_of(video)), target=target, picture="small.webp")
        with Tag("div", "card-foot"), Tag("div", "card-text"):
            Tag("p", "card-prompt", title_of(video), title=video.prompt)
            with Tag("div", "card-facts"):
                Tag("span", "", shown.author or localized(video.label))
                if video.likes:
                    Tag("span", "", n_("{n} like", "{n} likes", video.likes))
                moment(video.created_at)
