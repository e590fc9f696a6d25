"""The video that a page shows: follows the news about it and tells the parts of the page."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from nicegui import Event, ui
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.session import reading
from core.errors import NotFound
from core.models import ACTIVE, Picture, User, Video, now
from core.pictures import uploads
from core.redis.news import News, Stage, last_or_none
from core.videos import queries

from ... import page_state

FRESH = timedelta(hours=12)
LOOK_SECONDS = 10.0
LATEST = 12
REFRESH = News(status="refresh")


@dataclass(frozen=True)
class _Look:
    """What was read: `video_id` is to be shown (0: nothing else than before), `video` None if it is gone.

    `latest` is None where they were not asked for.
    """

    video_id: int = 0
    video: Video | None = None
    picture: Picture | None = None
    usual: float | None = None
    latest: Sequence[Video] | None = None


class CurrentVideo:
    """What the panel shows.

    `changed` is emitted when the video or its state is another one, `moved` when only its progress is, `asked` when
    the visitor has just asked for something to happen to it: the panel is where to look now. With `only` it is that
    video and no other; else `latest` are the visitor's newest videos, whatever their state.
    """

    def __init__(self, user: User | None, only: int = 0) -> None:
        self.user = user
        self._only = only
        self.video: Video | None = None
        self.picture: Picture | None = None
        self.latest: Sequence[Video] = []
        self.stage: Stage = "starting"
        self.progress: float | None = None
        self.ahead: int | None = None
        self.note = ""
        self.usual: float | None = None
        self.changed: Event[[]] = Event()
        self.moved: Event[[]] = Event()
        self.asked: Event[[]] = Event()
        self._timer: ui.timer | None = None

    @property
    def is_active(self) -> bool:
        """Whether it is still being made."""
        return self.video is not None and self.video.status in ACTIVE

    async def start(self) -> None:
        """Begin with the user's newest video if it still runs or ended not long ago; then follow the news."""
        if self.user is None:
            return
        state = page_state.of(self.user)
        state.follow(self._hear, self._read, self._show)
        await state.look()
        self._timer = ui.timer(LOOK_SECONDS, self._refresh, active=self.is_active, immediate=False)

    async def follow(self, video_id: int) -> None:
        """Show this video from now on, as the database has it."""
        if self.user:
            async with reading() as db:
                look = await self._load(db, self.user.id, _Look(video_id))
            await self._show(look)

    async def _refresh(self) -> None:
        """News may have been lost: look for oneself."""
        async with reading() as db:
            look = await self._read(db, REFRESH)
        await self._show(look)

    # -------------------------------------------------------------------------------------------------- reading

    def _hear(self, news: News) -> bool:
        shown = self._shown
        if self._only and news.video_id not in (0, shown):
            return False
        if news.status in ("opened", "refresh") or news.video_id > shown:
            return True
        if news.video_id != shown or not shown:
            return False
        if news.status:
            return True
        self._take(news)
        self.moved.emit()
        return False

    async def _read(self, db: AsyncSession, news: News) -> _Look:
        assert self.user is not None
        if news.video_id:
            return await self._load(db, self.user.id, _Look(news.video_id))
        is_opened = news.status == "opened"
        if self._only:
            return await self._load(db, self.user.id, _Look(self._only if is_opened else self._shown))
        latest = await queries.page(db, self.user.id, None, LATEST)
        newest = latest[0] if latest else None
        next_one = self._shown
        if newest and is_opened:
            is_fresh = now() - (newest.completed_at or newest.created_at) < FRESH
            next_one = newest.id if newest.status in ACTIVE or is_fresh else 0
        elif newest and newest.id > self._shown and (newest.status in ACTIVE or self._shown):
            next_one = newest.id
        return await self._load(db, self.user.id, _Look(next_one, latest=latest))

    async def _load(self, db: AsyncSession, user_id: int, look: _Look) -> _Look:
        if not look.video_id:
            return look
        video: Video | None = None
        picture: Picture | None = None
        with contextlib.suppress(NotFound):
            video = await queries.owned(db, user_id, look.video_id)
            picture = await uploads.of_video(db, video)
        usual = await queries.usual_seconds(db, video.model) if video and video.id != self._shown else self.usual
        latest = look.latest
        if latest is None and not self._only and _state(video) != _state(self.video):
            latest = await queries.page(db, user_id, None, LATEST)
        return replace(look, video=video, picture=picture, usual=usual, latest=latest)

    # -------------------------------------------------------------------------------------------------- showing

    @property
    def _shown(self) -> int:
        """The id of the video that is shown; 0: none."""
        return self.video.id if self.video else 0

    async def _show(self, look: _Look) -> None:
        if look.latest is not None:
            self.latest = look.latest
        if not look.video_id:
            return
        before = _state(self.video)
        if look.video and look.video_id != self._shown:
            self.progress, self.ahead, self.usual = None, None, look.usual
        self.video, self.picture = look.video, look.picture
        if look.video:
            await self._recall(look.video)
        if self._timer:
            self._timer.active = self.is_active
        if _state(self.video) != before:
            self.changed.emit()
        else:
            self.moved.emit()

    async def _recall(self, video: Video) -> None:
        self.note = video.note
        if video.status not in ACTIVE:
            return
        if news := await last_or_none(video.id):
            self._take(news)
        elif video.cancel_requested:
            self.stage = "canceling"
        elif video.status == "pending":
            self.stage = "waiting" if video.note else "starting"
        else:
            self.stage = "downloading" if video.ready else "processing"

    def _take(self, news: News) -> None:
        """Progress never goes backwards while its stage stays the same."""
        if news.stage and news.stage != self.stage:
            self.stage, self.progress = news.stage, news.progress
        elif news.progress is not None:
            self.progress = max(news.progress, self.progress or 0)
        self.ahead = news.ahead
        self.note = news.note


def _state(video: Video | None) -> tuple[object, ...]:
    """What is drawn anew when it changes."""
    return (video.id, video.status in ACTIVE or video.status, video.favorite, video.slug) if video else ()
