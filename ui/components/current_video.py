"""The video that the studio shows: follows the news about it and tells the parts of the page."""

from datetime import timedelta

from nicegui import Event, ui

from core import pictures, progress, videos
from core.database import reading
from core.errors import NotFound
from core.models import ACTIVE, Picture, User, Video, now
from core.progress import News, Stage

from .. import live

FRESH = timedelta(hours=12)
LOOK_SECONDS = 10.0


class CurrentVideo:
    """What the panel shows.

    `changed` is emitted when the video or its state is another one, `moved` when only its progress is, `asked` when
    the visitor has just asked for something to happen to it: the panel is where to look now. With `only` it is that
    video and no other.
    """

    def __init__(self, user: User | None, only: int = 0) -> None:
        self.user = user
        self._only = only
        self.video: Video | None = None
        self.picture: Picture | None = None
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
        video = None
        if self._only:
            await self.follow(self._only)
        else:
            async with reading() as db:
                video = await videos.newest(db, self.user.id)
        if video and (video.status in ACTIVE or now() - (video.completed_at or video.created_at) < FRESH):
            await self.follow(video.id)
        live.for_user(self.user.id).subscribe(self._hear)
        self._timer = ui.timer(LOOK_SECONDS, self._look, active=self.is_active, immediate=False)

    async def follow(self, video_id: int) -> None:
        """Show this video from now on, as the database has it."""
        if self.user is None:
            return
        before = self._state()
        try:
            async with reading() as db:
                video = await videos.owned(db, self.user.id, video_id)
                picture = await pictures.of_video(db, video)
                if self.video is None or self.video.id != video_id:
                    self.usual = await videos.usual_seconds(db, video.model)
                    self.progress, self.ahead = None, None
        except NotFound:
            self.video = self.picture = None
        else:
            self.video, self.picture = video, picture
            await self._recall(video)
        if self._timer:
            self._timer.active = self.is_active
        if self._state() != before:
            self.changed.emit()
        else:
            self.moved.emit()

    async def _recall(self, video: Video) -> None:
        self.note = video.note
        if video.status not in ACTIVE:
            return
        if news := await progress.last_or_none(video.id):
            self._take(news)
        elif video.cancel_requested:
            self.stage = "canceling"
        elif video.status == "pending":
            self.stage = "waiting" if video.note else "starting"
        else:
            self.stage = "downloading" if video.ready else "processing"

    def _state(self) -> tuple[object, ...]:
        video = self.video
        return (video.id, video.status in ACTIVE or video.status, video.favorite, video.slug) if video else ()

    def _take(self, news: News) -> None:
        """Progress never goes backwards while its stage stays the same."""
        if news.stage and news.stage != self.stage:
            self.stage, self.progress = news.stage, news.progress
        elif news.progress is not None:
            self.progress = max(news.progress, self.progress or 0)
        self.ahead = news.ahead
        self.note = news.note

    async def _hear(self, news: News) -> None:
        known = self.video.id if self.video else 0
        if self._only and news.video_id not in (0, known):
            return
        if news.status == "refresh":
            await self._look()
        elif news.video_id > known or (news.video_id == known and known and news.status):
            await self.follow(news.video_id)
        elif news.video_id == known and known:
            self._take(news)
            self.moved.emit()

    async def _look(self) -> None:
        """News may have been lost: look for oneself."""
        if self.user is None:
            return
        async with reading() as db:
            newest = await videos.newest(db, self.user.id)
        shown = self.video.id if self.video else 0
        if newest and not self._only and newest.id > shown and (newest.status in ACTIVE or shown):
            await self.follow(newest.id)
        elif shown:
            await self.follow(shown)
