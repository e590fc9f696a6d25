"""The video that a page shows: follows the news about it and tells the parts of the page."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from nicegui import Event, context, ui
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
class _Snapshot:
    """One read of the database: the `video_id` to show (0: no change), its `video` (None if deleted).

    `usual` is how many seconds its model takes, `ahead` how many videos come before it. `latest` is None if it was not
    read. `shown` is what was shown then: if another one is by now, only `latest` counts; None where it was asked for.
    """

    video_id: int = 0
    video: Video | None = None
    picture: Picture | None = None
    usual: float | None = None
    ahead: int = 0
    latest: Sequence[Video] | None = None
    shown: int | None = None


class CurrentVideo:
    """The video that the panel shows.

    `changed` is emitted when the video or its state changes, `moved` when only its progress does, `requested` when the
    visitor has just requested a video, which draws attention to the panel. With `only` it shows that one video; else
    `latest` are the visitor's newest videos in any state, and `listed` is emitted when they change. A video that was
    asked for elsewhere is among them, and takes the place of another one only if none is shown.
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
        self.listed: Event[[]] = Event()
        self.requested: Event[[]] = Event()
        self._page: ui.element | None = None
        self._timer: ui.timer | None = None

    @property
    def is_active(self) -> bool:
        """Whether it is still being made."""
        return self.video is not None and self.video.status in ACTIVE

    @property
    def estimate(self) -> float | None:
        """Seconds from request to end: what has been waited, the turns of those ahead, the model's usual time."""
        if self.video is None or self.usual is None:
            return None
        waited = ((self.video.started_at or now()) - self.video.created_at).total_seconds()
        return waited + self.usual * (1 + (self.ahead or 0))

    async def start(self) -> None:
        """Show the user's newest video if it runs or ended recently; then follow the news."""
        if self.user is None:
            return
        self._page = context.client.content
        state = page_state.of(self.user)
        state.follow(self._hear, self._read, self._show)
        await state.refresh()
        self._look_again_while_active()

    def _look_again_while_active(self) -> None:
        """News may be lost; a page on which nothing is being made has no timer."""
        if self._timer:
            self._timer.active = self.is_active
        elif self.is_active and self._page and not self._page.is_deleted:
            with self._page:
                self._timer = ui.timer(LOOK_SECONDS, self._refresh, immediate=False)

    async def follow(self, video_id: int) -> None:
        """Show this video from now on, as the database has it."""
        if self.user:
            async with reading() as db:
                snapshot = await self._load(db, self.user.id, _Snapshot(video_id))
            await self._show(snapshot)

    async def _refresh(self) -> None:
        """Read the video, as news may have been lost."""
        async with reading() as db:
            snapshot = await self._read(db, REFRESH)
        await self._show(snapshot)

    def _hear(self, news: News) -> bool:
        shown = self._shown
        if self._only and news.video_id not in (0, shown):
            return False
        if news.status in ("opened", "refresh"):
            return True
        if not news.video_id:
            return False
        if news.video_id != shown:
            return bool(news.status)
        if news.status:
            return True
        self._take(news)
        self.moved.emit()
        return False

    async def _read(self, db: AsyncSession, news: News) -> _Snapshot:
        shown = self._shown
        return replace(await self._read_for(db, news), shown=shown)

    async def _read_for(self, db: AsyncSession, news: News) -> _Snapshot:
        assert self.user is not None
        if news.video_id and news.video_id == self._shown:
            return await self._load(db, self.user.id, _Snapshot(news.video_id))
        is_opened = news.status == "opened"
        if self._only:
            return await self._load(db, self.user.id, _Snapshot(self._only if is_opened else self._shown))
        latest = await queries.page(db, self.user.id, None, LATEST, alone=True)
        newest = latest[0] if latest else None
        next_one = self._shown
        if newest and is_opened:
            is_fresh = now() - (newest.completed_at or newest.created_at) < FRESH
            next_one = newest.id if newest.status in ACTIVE or is_fresh else 0
        elif newest and not self._shown and newest.status in ACTIVE:
            next_one = newest.id
        return await self._load(db, self.user.id, _Snapshot(next_one, latest=latest))

    async def _load(self, db: AsyncSession, user_id: int, snapshot: _Snapshot) -> _Snapshot:
        if not snapshot.video_id:
            return snapshot
        video: Video | None = None
        picture: Picture | None = None
        with contextlib.suppress(NotFound):
            video = await queries.owned(db, user_id, snapshot.video_id)
            if not self._only and (video.batch_id or video.ad_id):  # it has a page of its own
                return _Snapshot()
            picture = await uploads.of_video(db, video)
        usual = await queries.usual_seconds(db, video.model) if video and video.id != self._shown else self.usual
        ahead = await queries.ahead(db, video) if video else 0
        latest = snapshot.latest
        if latest is None and not self._only and _state(video) != _state(self.video):
            latest = await queries.page(db, user_id, None, LATEST, alone=True)
        return replace(snapshot, video=video, picture=picture, usual=usual, ahead=ahead, latest=latest)

    @property
    def _shown(self) -> int:
        """The id of the video that is shown; 0: none."""
        return self.video.id if self.video else 0

    async def _show(self, snapshot: _Snapshot) -> None:
        if snapshot.latest is not None:
            before_list, self.latest = self.latest, snapshot.latest
            if [(v.id, v.status) for v in before_list] != [(v.id, v.status) for v in self.latest]:
                self.listed.emit()
        if not snapshot.video_id or snapshot.shown not in (None, self._shown):
            return
        before = _state(self.video)
        if snapshot.video and snapshot.video_id != self._shown:
            self.progress, self.ahead, self.usual = None, None, snapshot.usual
        self.video, self.picture = snapshot.video, snapshot.picture
        if snapshot.video:
            await self._recall(snapshot.video, snapshot.ahead)
        self._look_again_while_active()
        if _state(self.video) != before:
            self.changed.emit()
        else:
            self.moved.emit()

    async def _recall(self, video: Video, ahead: int) -> None:
        self.note = video.note
        if video.status not in ACTIVE:
            return
        self.ahead = None
        if news := await last_or_none(video.id):
            self._take(news)
        elif video.cancel_requested:
            self.stage = "canceling"
        elif video.status == "pending":
            self.stage = "waiting" if video.note else "starting"
        else:
            self.stage = "downloading" if video.ready else "processing"
        if ahead and self.stage == "starting":
            self.stage, self.ahead = "queued", ahead

    def _take(self, news: News) -> None:
        """Progress never goes backwards while its stage stays the same."""
        if news.stage and news.stage != self.stage:
            self.stage, self.progress = news.stage, news.progress
        elif news.progress is not None:
            self.progress = max(news.progress, self.progress or 0)
        self.ahead = news.ahead
        self.note = news.note


def _state(video: Video | None) -> tuple[object, ...]:
    """The values whose change redraws the panel."""
    return (video.id, video.status in ACTIVE or video.status, video.favorite, video.slug) if video else ()
