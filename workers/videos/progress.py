"""Publishes the progress of running videos, each change once, and why a video waits."""

from collections.abc import Sequence

from core.errors import EngineError, Misconfigured
from core.notes import to_note
from core.redis.news import News, Stage, publish_all
from core.videos.looks import Watched
from workers.engines import Look

MAX_REMEMBERED = 20_000


class Progress:
    """Remembers the last published state by video id."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[str, int | None, int | None]] = {}

    def forget(self, video: Watched) -> None:
        """Publish the video's next state in any case: it has ended, or other news of it was published."""
        self._last.pop(video.id, None)

    def forget_all(self) -> None:
        """Publish everything anew: earlier news was lost while Redis was away."""
        self._last.clear()

    async def publish(self, looked: Sequence[tuple[Watched, Look]]) -> None:
        """Publish what has changed of these running videos."""
        news: list[News] = []
        for video, look in looked:
            percent = int(look.progress) if look.progress is not None and look.state == "running" else None
            state = (look.state, percent, look.ahead)
            if self._last.get(video.id) == state:
                continue
            self._last[video.id] = state
            stage: Stage = "queued" if look.state == "queued" else "processing"
            news.append(News(video.user_id, video.id, stage=stage, progress=percent, ahead=look.ahead))
        while len(self._last) > MAX_REMEMBERED:
            del self._last[next(iter(self._last))]
        if not await publish_all(news):
            self.forget_all()

    async def publish_waiting(self, videos: Sequence[Watched], error: EngineError | Misconfigured) -> None:
        """Publish that these videos wait because their server does not answer."""
        for video in videos:
            self.forget(video)
        await publish_all([News(v.user_id, v.id, stage="waiting", note=to_note(error)) for v in videos])
