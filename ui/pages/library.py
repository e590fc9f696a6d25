"""`/library`: my videos, newest first; searched, filtered, selected."""

from functools import partial

from fastapi import Request
from nicegui import events, ui

from core import library as shelf
from core import videos
from core.database import reading, session
from core.errors import AdsVideoError, NotFound
from core.library import Filter
from core.models import ACTIVE, MAX_ID, Picture, User, Video
from core.progress import News

from .. import i18n, layout, live
from ..components.draft import find_preset
from ..components.library_filter import LibraryFilter, from_address
from ..components.selection import SelectionBar, uncheck
from ..components.share_dialog import share_dialog
from ..components.tags import Tag, button, link, preset_picture
from ..components.toast import toast
from ..components.undo import Undo
from ..components.video_card import VideoCard
from ..i18n import _, n_
from ..session import Visitor

PAGE = 24


@ui.page("/library", response_timeout=layout.BUILD_SECONDS)
async def library(request: Request, visitor: Visitor, deleted: int = 0) -> None:
    """A masonry of posters; each has its menu. `deleted` is a video whose own page has just deleted it."""
    layout.speak(request)
    with layout.frame(request, visitor, _("Library"), "library"):
        with Tag("div", "page-head") as head:
            Tag("h1", "page-title", _("Library"))
        if visitor is None:
            way_in = "/auth/login?next=/library"
            notice(_("Your videos are kept here"), _("Please log in to see them."), _("Login"), way_in)
            return
        async with reading() as db:
            kinds = await shelf.kinds(db, visitor.id)
        shown = LibraryFilter(from_address(request), kinds)
        made = Library(visitor, shown)
        with head:
            made.select_button()
        await made.reload()
        if 0 < deleted <= MAX_ID:
            await made.offer_back(deleted)


def notice(title: str, text: str, word: str, target: str, *, heading: str = "h2") -> None:
    """What an empty list says, with the one thing to do about it."""
    with Tag("div", "notice"):
        with Tag("div", "notice-picture", aria_hidden="true"):
            for name in ("soda", "chair", "serum"):
                if preset := find_preset(name):
                    preset_picture(preset, width=640, alt="")
        Tag(heading, "notice-title", title)
        Tag("p", "notice-text", text)
        link(word, target, look="accent")


class Library(Tag):
    """The cards, which follow the news, the button for more, and what is done with several at once."""

    def __init__(self, user: User, shown: LibraryFilter) -> None:
        super().__init__("div", "library", data_selectable=True)
        self._user, self._shown = user, shown
        self._cards: dict[int, VideoCard] = {}
        self._whole = True
        with self:
            self._empty = Tag("div")
            self._list = Tag("ads-masonry", "", aria_label=_("Your videos"))
            with Tag("div", "more"):
                self._more = button(_("Load more"), self.load, hidden=True)
            self._bar = SelectionBar(self._delete, partial(self._select, on=False))
            self._undo = Undo()
        self.on("chosen", self._chosen, ["detail"])
        shown.changed.subscribe(self.reload)
        live.for_user(user.id).subscribe(self._hear)

    # --------------------------------------------------------------------------------------------- what is shown

    async def reload(self) -> None:
        """The first page of what is asked for."""
        wanted = self._shown.wanted
        found, known = await self._page(wanted, None)
        if wanted is not self._shown.wanted:
            return  # somebody types on
        self._cards.clear()
        self._list.clear()
        self._choose([])
        self._extend(found, known)

    async def load(self) -> None:
        """The next page."""
        wanted = self._shown.wanted
        found, known = await self._page(wanted, min(self._cards, default=None))
        if wanted is self._shown.wanted:
            self._extend(found, known)
            if self._whole and found:
                self._cards[found[0].id].focus()  # the button that had it is gone

    async def _page(self, wanted: Filter, before: int | None) -> tuple[list[Video], dict[int, Picture]]:
        async with reading() as db:
            found = await shelf.page(db, self._user.id, wanted, before, PAGE + 1)
            return found, await shelf.pictures_of(db, found)

    def _extend(self, found: list[Video], known: dict[int, Picture]) -> None:
        with self._list:
            for video in found[:PAGE]:
                if video.id not in self._cards:
                    self._add(video, known.get(video.picture_id))
        self._whole = len(found) <= PAGE
        self._more.put("hidden", self._whole)
        self._tell_if_empty()

    def _add(self, video: Video, picture: Picture | None) -> VideoCard:
        card = VideoCard(video, picture, {
            "share": self._share, "favorite": self._favorite, "reuse": self._reuse, "cancel": self._cancel,
            "delete": lambda video: self._delete([video.id]),
        })  # fmt: skip
        self._cards[video.id] = card
        return card

    def _tell_if_empty(self) -> None:
        filtered = self._shown.wanted != Filter()
        self._shown.put("hidden", not (self._cards or filtered))
        self._start.put("hidden", not self._cards)
        self._empty.clear()
        if not self._cards:
            with self._empty:
                self._no_hit() if filtered else self._no_videos()

    def _no_videos(self) -> None:
        how = _("Choose a picture, say what should happen, and your first video appears here.")
        notice(_("No videos yet"), how, _("Make a video"), "/")

    def _no_hit(self) -> None:
        with Tag("div", "notice", role="status"):
            Tag("h2", "notice-title", _("No video fits"))
            Tag("p", "notice-text", _("Try other words, or ask for less at once."))
            button(_("Show all videos"), self._shown.clear_all)

    # -------------------------------------------------------------------------------------------------- the news

    async def _hear(self, news: News) -> None:
        if news.status == "refresh":
            for video_id in [i for i, card in self._cards.items() if card.video.status in ACTIVE]:
                await self._redraw(video_id)
        elif news.status == "deleted":
            self._drop([news.video_id])
        elif news.status and news.video_id:
            await self._redraw(news.video_id)
        elif card := self._cards.get(news.video_id):
            card.hear(news)

    async def _redraw(self, video_id: int) -> None:
        wanted = self._shown.wanted
        try:
            async with reading() as db:
                video = await videos.owned(db, self._user.id, video_id)
                known = await shelf.pictures_of(db, [video])
                fits = wanted == Filter() or await shelf.fits(db, self._user.id, wanted, video_id)
        except NotFound:
            self._drop([video_id])
            return
        picture = known.get(video.picture_id)
        if card := self._cards.get(video_id):  # what does not fit any more stays until it is looked for anew
            if card.video.status != video.status or card.video.favorite != video.favorite:
                card.show(video, picture)
        elif fits and (self._whole or video_id > min(self._cards, default=0)):
            place = sum(other > video_id for other in self._cards)
            with self._list:
                self._add(video, picture).move(target_index=place)
            self._tell_if_empty()

    def _drop(self, ids: list[int]) -> None:
        gone = [card for video_id in ids if (card := self._cards.pop(video_id, None))]
        for card in gone:
            card.delete()
        if gone:
            self._tell_if_empty()

    # ------------------------------------------------------------------------------------------------ selecting

    def select_button(self) -> None:
        """Where a phone begins to select; with a pointer the box on a card does as well."""
        begin = partial(self._select, on=True)
        self._start = button(_("Select"), begin, symbol="circle-check", look="quiet", data_choose="begin")

    def _select(self, *, on: bool) -> None:
        self.put("data_selecting", True if on else None)
        self._bar.put("hidden", not on)
        self._bar.show([])
        if not on:
            uncheck()

    def _chosen(self, event: events.GenericEventArguments) -> None:
        told = event.args.get("detail") if isinstance(event.args, dict) else None
        self._choose([one for one in told if isinstance(one, int)] if isinstance(told, list) else [])

    def _choose(self, ids: list[int]) -> None:
        if ids and not self.props.get("data-selecting"):
            self._select(on=True)
        elif not ids:
            self.put("data_selecting", None)
            self._bar.put("hidden", True)
        self._bar.show([self._cards[one].video for one in ids if one in self._cards])

    # ------------------------------------------------------------------------------------------------- doing

    async def _share(self, video: Video) -> None:
        await share_dialog(self._user, video.id)

    async def _favorite(self, video: Video) -> None:
        async with session() as db:
            await videos.set_favorite(db, self._user.id, video.id, not video.favorite)
        await self._redraw(video.id)

    async def _reuse(self, video: Video) -> None:
        ui.navigate.to(f"/?reuse={video.id}")

    async def _cancel(self, video: Video) -> None:
        try:
            async with session() as db:
                await videos.cancel(db, self._user.id, video.id)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
        await self._redraw(video.id)

    async def _delete(self, ids: list[int]) -> None:
        async with session() as db:
            gone = await shelf.delete(db, self._user.id, ids)
        self._drop(gone)
        if len(gone) < len(ids):
            toast(_("What is still being made stays; cancel it first."), "bad")
        if gone:
            self._select(on=False)
            self._offer(gone)

    def _offer(self, gone: list[int]) -> None:
        sentence = n_("{n} video is deleted.", "{n} videos are deleted.", len(gone))
        self._undo.offer(sentence, partial(self._bring_back, gone))

    async def offer_back(self, video_id: int) -> None:
        """The same for a video that its own page has deleted."""
        ui.navigate.history.replace("/library")
        async with reading() as db:
            if await shelf.is_restorable(db, self._user.id, video_id):
                self._offer([video_id])

    async def _bring_back(self, gone: list[int]) -> None:
        async with session() as db:
            back = await shelf.restore(db, self._user.id, gone)
        for video_id in back:
            await self._redraw(video_id)
        if not back:
            toast(_("It is too late to bring it back."), "bad")
