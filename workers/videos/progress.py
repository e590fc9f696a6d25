"""Passes on to the pages what servers say of running videos: each change once, and why a video waits."""

from collections.abc import Sequence

from core.errors import EngineError, Misconfigured, to_note
from core.redis.news import News, Stage, publish_all
from core.videos.looks import Watched
from workers.engines import Look

MAX_KEPT = 20_000


class Progress:
    """What the pages have been told last, by the video's id."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[str, int | None, int | None]] = {}

    def forget(self, video: Watched) -> None:
        """It has ended, or something else is told of it: whatever its server says next is new."""
        self._last.pop(video.id, None)

    def forget_all(self) -> None:
        """What was told while Redis was away, or before it was wiped, is lost."""
        self._last.clear()

    async def tell(self, looked: Sequence[tuple[Watched, Look]]) -> None:
        """What has changed of these running videos."""
        news: list[News] = []
        for video, look in looked:
            percent = int(look.progress) if look.progress is not None and look.state == "running" else None
            said = (look.state, percent, look.ahead)
            if self._last.get(video.id) == said:
                continue
            self._last[video.id] = said
            stage: Stage = "queued" if look.state == "queued" else "processing"
            news.append(News(video.user_id, video.id, stage=stage, progress=percent, ahead=look.ahead))
        while len(self._last) > MAX_KEPT:
            del self._last[next(iter(self._last))]
        if not await publish_all(news):
            self.forget_all()

    async def tell_waiting(self, videos: Sequence[Watched], error: EngineError | Misconfigured) -> None:
        """Their server does not answer, for this reason."""
        for video in videos:
            self.forget(video)
        await publish_all([News(v.user_id, v.id, stage="waiting", note=to_note(error)) for v in videos])
