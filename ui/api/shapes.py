"""The JSON shapes of the API."""

from typing import Annotated, Generic, TypeVar

from fastapi import Path
from pydantic import BaseModel

from core.ids import MAX_ID
from core.video_json import VideoOut

__all__ = ["Id", "Page", "VideoOut"]

T = TypeVar("T")
Id = Annotated[int, Path(ge=1, le=MAX_ID)]


class Page(BaseModel, Generic[T]):
    """A list; `next_cursor` gets the next part, null at the end."""

    items: list[T]
    next_cursor: str | None = None
