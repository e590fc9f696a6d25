"""Frames of a finished video on one picture, made by a worker when it is first asked for.

It lies beside the video under a name that no row holds, so the clean-up takes it after a day, or with the video.
"""

from core.errors import NotFound, from_code
from core.models import Video
from core.phrase import Phrase
from core.redis import answers
from core.storage import store


def key_of(video_key: str) -> str:
    """Where it lies."""
    return f"{video_key.rpartition('.')[0]}-spritesheet.jpg"


async def of(video: Video) -> bytes:
    """The sheet as JPEG.

    Raises NotFound without a finished video; Unplayable, TooHeavy; NoAnswer if no worker makes it in time.
    """
    if not video.key:
        raise NotFound(Phrase("video"))
    try:
        return await store.get(key_of(video.key))
    except FileNotFoundError:
        pass
    try:
        return await answers.ask("make_spritesheet", video.key)
    except answers.Refused as refused:
        raise from_code(refused.code, refused.detail) from None
