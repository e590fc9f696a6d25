"""A video as OpenAI's Videos API shows it."""

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel

from core import notes
from core.models import Video
from core.redis.news import News
from core.security.public_ids import public_id
from core.settings import settings

ALMOST = 99
CANCELED = "This video was canceled."


class Problem(BaseModel):
    """Why a video failed."""

    code: str
    message: str


class VideoObject(BaseModel):
    """A video job. Times are seconds since 1970; `seconds` is a string, `progress` 0-100."""

    id: str
    object: Literal["video"] = "video"
    status: Literal["queued", "in_progress", "completed", "failed"]
    progress: int
    model: str
    prompt: str
    seconds: str
    size: str
    error: Problem | None
    created_at: int
    completed_at: int | None
    expires_at: int | None
    remixed_from_video_id: str | None

    @classmethod
    def of(cls, video: Video, news: News | None = None) -> "VideoObject":
        """The video as JSON; `news` is its last news, for progress."""
        is_remix = video.kind == "generated" and video.made_from
        return cls(
            id=public_id(video.id),
            status=status_of(video),
            progress=_progress(video, news),
            model=video.model,
            prompt=video.prompt,
            seconds=str(video.seconds),
            size=video.size,
            error=_problem(video),
            created_at=int(video.created_at.timestamp()),
            completed_at=int(video.completed_at.timestamp()) if video.completed_at else None,
            expires_at=_expires_at(video),
            remixed_from_video_id=public_id(video.made_from[0]) if is_remix else None,
        )


def status_of(video: Video) -> Literal["queued", "in_progress", "completed", "failed"]:
    """Ours in OpenAI's words: a canceled one has failed, and one that may be at its provider is no longer queued."""
    if video.status == "completed":
        return "completed"
    if video.status in ("failed", "canceled"):
        return "failed"
    return "queued" if video.status == "pending" and video.submitted_at is None else "in_progress"


def _progress(video: Video, news: News | None) -> int:
    if video.status == "completed":
        return 100
    if news is None or video.status != "processing":
        return 0
    return ALMOST if news.stage == "downloading" else min(ALMOST, int(news.progress or 0))


def _problem(video: Video) -> Problem | None:
    if video.status == "canceled":
        return Problem(code="canceled", message=CANCELED)
    if not video.error_code:
        return None
    error = notes.from_code(video.error_code, video.error_detail)
    return Problem(code=error.code, message=error.message)


def _expires_at(video: Video) -> int | None:
    """When RETENTION_DAYS removes it; None if it stays."""
    days = settings().retention_days
    if not days or not video.completed_at or video.favorite or video.slug:
        return None
    return int((video.completed_at + timedelta(days=days)).timestamp())


class VideoList(BaseModel):
    """A page of videos."""

    object: Literal["list"] = "list"
    data: list[VideoObject]
    first_id: str | None
    last_id: str | None
    has_more: bool


class VideoDeleted(BaseModel):
    """A video that is gone."""

    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: Literal[True] = True
