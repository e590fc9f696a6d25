"""The versions of a clip, newest first: how far they are, and what can be done with one or with all of them."""

from collections.abc import Sequence
from functools import partial

from nicegui import ui
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.session import reading, session
from core.models import ACTIVE, User, Video
from core.redis.news import News
from core.videos import library, queries

from ... import formats, page_state
from ...i18n import _, n_
from ...kit.dialog import confirm
from ...kit.elements import Menu, Tag, button, icon_button, menu_line, menu_row
from ...kit.toast import toast
from ...kit.undo import Undo
from ..video.share_dialog import share_dialog
from ..video.words import made_size, state_now, state_word, waiting_for

MOST = 24


def base_of(video: Video) -> int:
    """The number of the clip that a video is a version of; its own if it is none."""
    return video.made_from[0] if video.made_from else video.id


async def versions_of(db: AsyncSession, video: Video) -> list[Video]:
    """What was made from the same clip, newest first, without the clip itself."""
    return await queries.made_from(db, video.user_id, base_of(video), None, MOST)


class Versions(Tag):
    """Follows the news of them."""

    def __init__(self, user: User, video: Video) -> None:
        super().__init__("section", "edit-versions", aria_label=_("Versions"), id="versions")
        self._user, self._video = user, video
        self._rows: list[Video] = []
        self._states: dict[int, Tag] = {}
        with self:
            self._shelf = Tag("div", "edit-versions-list")
            self._undo = Undo()
        page_state.of(user).follow(self._hear, self._read, self._put)

    async def start(self) -> None:
        """Show those that are there."""
        async with reading() as db:
            await self._put(await versions_of(db, self._video))

    def __contains__(self, video_id: int) -> bool:
        return any(row.id == video_id for row in self._rows)

    def follow(self, video: Video) -> None:
        """One that has just been asked for."""
        self._rows = [video, *(row for row in self._rows if row.id != video.id)]
        self._draw()

    def _hear(self, news: News) -> bool:
        if not news.status and (state := self._states.get(news.video_id)):
            row = next(row for row in self._rows if row.id == news.video_id)
            state.text = state_now(row, news)
            state.style(f"--done: {(news.progress or 0) / 100:.3f}")
            return False
        return bool(news.status)

    async def _read(self, db: AsyncSession, _news: News) -> Sequence[Video]:
        return await versions_of(db, self._video)

    async def _put(self, rows: Sequence[Video]) -> None:
        self._rows = list(rows)
        self._draw()

    def _draw(self) -> None:
        self._shelf.clear()
        self._states = {}
        if not self._rows:
            return
        with self._shelf:
            with Tag("div", "edit-versions-head"):
                Tag("h2", "details-title", _("Versions"))
                if len(self._rows) > 1:
                    button(_("Delete all versions"), self._ask, look="link", aria_haspopup="dialog")
            with Tag("div", "edit-shelf"):
                for row in self._rows:
                    self._version(row)

    def _version(self, row: Video) -> None:
        word, symbol = state_word(row)
        is_done = row.status == "completed"
        size = made_size(row) or row.size
        name = row.title or str(size)
        with Tag("div", "edit-version", aria_current=row.id == self._video.id):
            with Tag("a", "edit-version-link", href=f"/videos/{row.id}"):
                with Tag("span", "edit-version-picture"):
                    if is_done:
                        Tag("img", src=f"/api/v1/videos/{row.id}/poster", alt="", loading="lazy")
                    else:
                        Tag("span", f"card-state card-state-{row.status}", symbol=symbol)
                Tag("span", "edit-row-name", name)
                if is_done:
                    Tag("span", "edit-note", f"{formats.seconds(row.duration or 0.0)} · {formats.ago(row.created_at)}")
                    if row.note:
                        Tag("span", "edit-note", waiting_for(row.note), symbol="circle-alert")
                else:
                    self._states[row.id] = Tag("span", "edit-note edit-progress", word)
                    self._states[row.id].put("data_running", row.status in ACTIVE or None)
            if row.status not in ACTIVE:
                with icon_button("ellipsis", f"{_('More')}: {name}", look="small", aria_haspopup="menu"):
                    Menu(partial(self._actions, row))

    def _actions(self, row: Video) -> None:
        if row.status == "completed":
            source = f"/api/v1/videos/{row.id}/content?download=1"
            menu_row(_("Download"), symbol="download", href=source, download=library.name_of(row))
            menu_row(_("Edit"), symbol="pencil", href=f"/videos/{row.id}/edit")
            menu_row(_("Share"), symbol="share-2").on_click(partial(self._share, row.id))
            menu_line()
        delete = menu_row(_("Delete"), symbol="trash-2").classes("menu-item-danger")
        delete.on_click(partial(self._delete, row.id))

    async def _share(self, video_id: int) -> None:
        with self:  # not in what is drawn anew while the dialog is open
            await share_dialog(self._user, video_id)

    async def _ask(self) -> None:
        base = base_of(self._video)
        async with reading() as db:
            count = (await queries.version_counts(db, self._user.id, {base})).get(base, 0)
        question = n_("{n} version is deleted; what it was made from stays.",
                      "{n} versions are deleted; what they were made from stays.", count)  # fmt: skip
        with self:
            confirm(_("Delete all versions?"), question, _("Delete all versions"), partial(self._delete_all, base))

    async def _delete_all(self, base: int) -> None:
        async with session() as db:
            gone = await library.delete_versions(db, self._user.id, base)
        await self._without(gone)
        if any(row.status in ACTIVE for row in self._rows):
            toast(_("What is still being made stays; cancel it first."), "bad")

    async def _delete(self, video_id: int) -> None:
        async with session() as db:
            gone = await library.delete(db, self._user.id, [video_id])
        await self._without(gone)

    async def _without(self, gone: list[int]) -> None:
        if self._video.id in gone:
            ui.navigate.to(f"/library?deleted={self._video.id}")
            return
        await self.start()
        if gone:
            sentence = n_("{n} video is deleted.", "{n} videos are deleted.", len(gone))
            self._undo.offer(sentence, partial(self._bring_back, gone))

    async def _bring_back(self, gone: list[int]) -> None:
        async with session() as db:
            back = await library.restore(db, self._user.id, gone)
        if not back:
            toast(_("It is too late to bring it back."), "bad")
        await self.start()
