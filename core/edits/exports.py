"""What is made of a finished video when somebody asks for it: an animated WebP or GIF, its frames on one picture.

A worker makes it once. It lies beside the video under a name that no row holds, so the hourly clean-up takes it after a
day; it is made anew when it is wanted again.
"""

from typing import Literal

from core.errors import NotFound, from_code
from core.models import Video
from core.phrase import Phrase
from core.redis import answers
from core.storage import store

Form = Literal["webp", "gif", "filmstrip", "spritesheet"]
SUFFIXES: dict[Form, str] = {
    "webp": "-animation.webp",
    "gif": "-animation.gif",
    "filmstrip": "-filmstrip.webp",
    "spritesheet": "-spritesheet.jpg",
}
MEDIA_TYPES: dict[Form, str] = {
    "webp": "image/webp",
    "gif": "image/gif",
    "filmstrip": "image/webp",
    "spritesheet": "image/jpeg",
}
TILES = 30
"""Frames in a filmstrip, side by side, each from the middle of its part of the video."""


def key_of(video_key: str, form: Form) -> str:
    """Where it lies."""
    return video_key.rpartition(".")[0] + SUFFIXES[form]


def keys_of(video: Video) -> list[str]:
    """All that may have been made of a video."""
    return [key_of(video.key, form) for form in SUFFIXES] if video.key else []


async def made(video: Video, form: Form) -> str:
    """The key of that form of the video, made now unless it is there.

    Raises NotFound without a finished video; Unplayable, TooHeavy; NoAnswer if no worker makes it in time.
    """
    if not video.key:
        raise NotFound(Phrase("video"))
    key = key_of(video.key, form)
    if await store.place().size(key) is None:
        try:
            await answers.ask("export_video", video.key, key, form)
        except answers.Refused as refused:
            raise from_code(refused.code, refused.detail) from None
    return key
