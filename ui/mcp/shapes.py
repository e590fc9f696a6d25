"""What the tools answer, for programs and for models that read it."""

from datetime import datetime

from pydantic import BaseModel, Field

from core.models import Video as Row
from core.redis.news import News
from core.video_json import Problem, VideoOut

from .caller import calling


class Made(BaseModel):
    """A video that has been started."""

    id: int
    status: str
    cost_credits: int
    next_step: str = "Call get_video with this id and wait_seconds=25, again and again until its status has settled."


class Video(BaseModel):
    """A video; `status` is pending, processing, completed, failed or canceled."""

    id: int
    status: str
    progress: float | None = Field(description="0-100, null where it is not known")
    stage: str | None
    kind: str
    title: str | None
    model: str
    prompt: str
    seconds: int
    size: str
    duration: float | None
    cost_credits: int
    image_id: int
    error: Problem | None
    note: str
    created_at: datetime
    completed_at: datetime | None
    video_url: str | None = Field(description="The MP4: needs no key, lasts an hour; get_video gives a new one")
    poster_url: str | None = Field(description="The poster, likewise")
    page_url: str = Field(description="Where its owner sees it in a browser")

    @classmethod
    def of(cls, row: Row, news: News | None = None) -> "Video":
        """As the caller sees it."""
        at, done = calling.get(), row.status == "completed"
        shown = VideoOut.of(row, news).model_dump(include=set(cls.model_fields) - {"video_url", "poster_url"})
        return cls(
            **shown,
            video_url=at.link(row.id, "mp4") if done else None,
            poster_url=at.link(row.id, "webp") if done else None,
            page_url=f"{at.base_url}/videos/{row.id}",
        )


class Videos(BaseModel):
    """A page of videos, newest first."""

    videos: list[Video]
    next_cursor: int | None = Field(description="Gets the next page; null at the end")


class Uploaded(BaseModel):
    """A picture that is kept; its id is a `picture` for make_video and an `image_id` elsewhere."""

    id: int
    width: int
    height: int


class Shared(BaseModel):
    """Where everybody who has the link sees the video."""

    url: str


class Deleted(BaseModel):
    """It is gone."""

    id: int
    deleted: bool = True
