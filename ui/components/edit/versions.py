"""The versions of a clip, newest first; those that are being made say how far they are."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.session import reading
from core.models import ACTIVE, User, Video
from core.redis.news import News
from core.videos import queries

from ... import formats, page_state
from ...i18n import _
from ...kit.elements import Tag
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
        super().__init__("section", "edit-versions", aria_label=_("Versions"))
        self._video = video
        self._rows: list[Video] = []
        self._states: dict[int, Tag] = {}
        page_state.of(user).follow(self._hear, self._read, self._put)

    async def start(self) -> None:
        """Show those that are there."""
        async with reading() as db:
            await self._put(await versions_of(db, self._video))

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
        self.clear()
        self._states = {}
        if not self._rows:
            return
        with self:
            Tag("h2", "details-title", _("Versions"))
            with Tag("div", "edit-shelf"):
                for row in self._rows:
                    self._version(row)

    def _version(self, row: Video) -> None:
        word, symbol = state_word(row)
        is_done = row.status == "completed"
        with Tag("a", "edit-version", href=f"/videos/{row.id}", aria_current=row.id == self._video.id):
            with Tag("span", "edit-version-picture"):
                if is_done:
                    Tag("img", src=f"/api/v1/videos/{row.id}/poster", alt="", loading="lazy")
                else:
                    Tag("span", f"card-state card-state-{row.status}", symbol=symbol)
            size = made_size(row) or row.size
            Tag("span", "edit-row-name", row.title or str(size))
            if is_done:
                Tag("span", "edit-note", f"{formats.seconds(row.duration or 0.0)} · {formats.ago(row.created_at)}")
                if row.note:
                    Tag("span", "edit-note", waiting_for(row.note), symbol="circle-alert")
            else:
                self._states[row.id] = Tag("span", "edit-note edit-progress", word)
                self._states[row.id].put("data_running", row.status in ACTIVE or None)
