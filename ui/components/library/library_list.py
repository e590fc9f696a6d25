"""The visitor's videos in the library: cards that follow the news, and actions on several at once."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from nicegui import events, ui
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.session import reading, session
from core.errors import AdsVideoError, NotFound
from core.models import ACTIVE, Picture, User, Video
from core.redis.news import News
from core.videos import library as shelf
from core.videos import queries, states
from core.videos.library import Filter

from ... import i18n, page_state
from ...i18n import _, n_
from ...kit.elements import Tag, button
from ...kit.paged_list import PagedList
from ...kit.toast import toast
from ...kit.undo import Undo
from ..site.notice import notice
from ..video.share_dialog import share_dialog
from ..video.video_card import VideoCard
from .library_filter import LibraryFilter
from .selection import SelectionBar, uncheck

PAGE = 24


Shown = tuple[Video, Picture | None, int]
"""A video, its picture, and how many versions were made from it."""


class Seen(NamedTuple):
    """A video as the database has it: None where it is gone. `fits`: it is one of those that are asked for."""

    video_id: int
    video: Video | None = None
    picture: Picture | None = None
    versions: int = 0
    fits: bool = False


class Library(Tag):
    """The cards, which follow the news, a button for more, and actions on selected videos."""

    def __init__(self, user: User, shown: LibraryFilter) -> None:
        super().__init__("div", "library", data_selectable=True)
        self._user, self._shown = user, shown
        with self:
            self._empty = Tag("div")
            self._list = PagedList(
                self._page,
                self._card,
                lambda shown: shown[0].id,
                size=PAGE,
                label=_("Your videos"),
                more=self._focus_first,
                cards=True,
            )
            self._bar = SelectionBar(self._delete, partial(self._select, on=False))
            self._undo = Undo()
        self.on("chosen", self._chosen, ["detail"])
        shown.changed.subscribe(self.reload)
        page_state.of(user).follow(self._hear, self._read, self._put_all)

    @property
    def _cards(self) -> dict[int, VideoCard]:
        return {card.video.id: card for card in self._list.items if isinstance(card, VideoCard)}

    async def reload(self) -> None:
        """Load the first page of the filtered videos."""
        await self._list.reload()
        self._choose([])
        self._tell_if_empty()

    async def _page(self, before: int | None, limit: int) -> list[Shown]:
        async with reading() as db:
            page = await shelf.page(db, self._user.id, self._shown.wanted, before, limit)
            pictures = await shelf.pictures_of(db, page)
            counts = await queries.version_counts(db, self._user.id, {video.id for video in page})
        return [(video, pictures.get(video.picture_id), counts.get(video.id, 0)) for video in page]

    def _focus_first(self, page: Sequence[Shown]) -> None:
        """Move the focus, as the button that had it is gone."""
        if self._list.is_whole and page:
            self._cards[page[0][0].id].focus()

    def _card(self, shown: Shown) -> VideoCard:
        return VideoCard(*shown, {
            "share": self._share, "favorite": self._favorite, "reuse": self._reuse, "cancel": self._cancel,
            "delete": lambda video: self._delete([video.id]),
        })  # fmt: skip

    def _tell_if_empty(self) -> None:
        filtered, cards = self._shown.wanted != Filter(), self._cards
        self._shown.put("hidden", not (cards or filtered))
        self._start.put("hidden", not cards)
        self._empty.clear()
        if not cards:
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

    def _hear(self, news: News) -> bool:
        if news.status == "deleted":
            return news.video_id in self._cards
        if not news.status and (card := self._cards.get(news.video_id)):
            card.hear(news)
        return bool(news.status == "refresh" or (news.status and news.video_id))

    async def _read(self, db: AsyncSession, news: News) -> list[Seen]:
        if news.status == "refresh":
            ids = [video_id for video_id, card in self._cards.items() if card.video.status in ACTIVE]
        else:
            ids = [news.video_id]
        return await self._several(db, ids)

    async def _several(self, db: AsyncSession, ids: Sequence[int]) -> list[Seen]:
        """These, and the shown ones that they were made from: they count their versions."""
        seen = [await self._one(db, video_id) for video_id in ids]
        sources = self._sources(one.video_id for one in seen)
        sources.update(source for one in seen if one.video for source in one.video.made_from)
        return [*seen, *[await self._one(db, source) for source in sources - set(ids) if source in self._cards]]

    def _sources(self, ids: Iterable[int]) -> set[int]:
        """What the shown ones of these were made from."""
        cards = self._cards
        return {source for video_id in ids if video_id in cards for source in cards[video_id].video.made_from}

    async def _one(self, db: AsyncSession, video_id: int) -> Seen:
        wanted = self._shown.wanted
        try:
            video = await queries.owned(db, self._user.id, video_id)
        except NotFound:
            return Seen(video_id)
        pictures = await shelf.pictures_of(db, [video])
        counts = await queries.version_counts(db, self._user.id, {video_id})
        fits = wanted == Filter() or await shelf.fits(db, self._user.id, wanted, video_id)
        return Seen(video_id, video, pictures.get(video.picture_id), counts.get(video_id, 0), fits)

    async def _put_all(self, seen: list[Seen]) -> None:
        for one in seen:
            self._put(one)

    def _put(self, seen: Seen) -> None:
        cards = self._cards
        if seen.video is None:
            self._drop([seen.video_id])
        elif card := cards.get(seen.video_id):  # what does not fit any more stays until it is looked for anew
            now, before = seen.video, card.video
            if (_seen_of(now), seen.versions) != (_seen_of(before), card.versions):
                card.show(now, seen.picture, seen.versions)
        elif seen.fits and (self._list.is_whole or seen.video_id >= (self._list.last or 0)):
            place = sum(other > seen.video_id for other in cards)
            with self._list.items:
                self._card((seen.video, seen.picture, seen.versions)).move(target_index=place)
            self._tell_if_empty()

    async def _redraw(self, *ids: int) -> None:
        async with reading() as db:
            seen = await self._several(db, ids)
        await self._put_all(seen)

    def _drop(self, ids: list[int]) -> None:
        cards = self._cards
        gone = [card for video_id in ids if (card := cards.get(video_id))]
        for card in gone:
            card.delete()
        if gone:
            self._tell_if_empty()

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
        ids = event.args.get("detail") if isinstance(event.args, dict) else None
        self._choose([one for one in ids if isinstance(one, int)] if isinstance(ids, list) else [])

    def _choose(self, ids: list[int]) -> None:
        if ids and not self.props.get("data-selecting"):
            self._select(on=True)
        elif not ids:
            self.put("data_selecting", None)
            self._bar.put("hidden", True)
        cards = self._cards
        self._bar.show([cards[one].video for one in ids if one in cards])

    async def _share(self, video: Video) -> None:
        await share_dialog(self._user, video.id)

    async def _favorite(self, video: Video) -> None:
        async with session() as db:
            await states.set_favorite(db, self._user.id, video.id, not video.favorite)
        await self._redraw(video.id)

    async def _reuse(self, video: Video) -> None:
        ui.navigate.to(f"/?reuse={video.id}")

    async def _cancel(self, video: Video) -> None:
        try:
            async with session() as db:
                await states.cancel(db, self._user.id, video.id)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
        await self._redraw(video.id)

    async def _delete(self, ids: list[int]) -> None:
        async with session() as db:
            gone = await shelf.delete(db, self._user.id, ids)
        sources = self._sources(gone)
        self._drop(gone)
        await self._redraw(*sources)
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
        if back:
            await self._redraw(*back)
        else:
            toast(_("It is too late to bring it back."), "bad")


def _seen_of(video: Video) -> tuple[object, ...]:
    """What a card shows of a video that may change."""
    return video.status, video.favorite, video.title
