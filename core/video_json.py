"""A video as JSON, in the API and in webhooks."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from core import notes
from core.models import Video
from core.redis.news import News


class Problem(BaseModel):
    """Why a video failed."""

    code: str
    message: str


class VideoOut(BaseModel):
    """A video. `progress` is 0-100 or null, times are UTC, the URLs are null until it is completed."""

    id: int
    status: str
    progress: float | None
    stage: str | None
    kind: str
    title: str | None
    model: str
    prompt: str
    seconds: int
    size: str
    width: int | None
    height: int | None
    duration: float | None
    cost_credits: int
    image_id: int
    framing: dict[str, Any]
    options: dict[str, Any]
    made_from: list[int]
    edit: dict[str, Any] | None
    error: Problem | None
    note: str
    video_url: str | None
    poster_url: str | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None

    @classmethod
    def of(cls, video: Video, news: News | None = None) -> "VideoOut":
        """The video as JSON; `news` is its last news, for progress and stage."""
        done, active = video.status == "completed", video.status in ("pending", "processing")
        error = notes.from_code(video.error_code, video.error_detail) if video.error_code else None
        return cls(
            **video.model_dump(include=set(cls.model_fields) - {"id", "note"}),
            id=video.id,
            image_id=video.picture_id,
            progress=100 if done else news.progress if news and active else None,
            note=str(notes.from_note(video.note)),
            stage=(news.stage if news else "starting") if active else None,
            error=Problem(code=error.code, message=error.message) if error else None,
            video_url=f"/api/v1/videos/{video.id}/content" if done else None,
            poster_url=f"/api/v1/videos/{video.id}/poster" if done else None,
        )
