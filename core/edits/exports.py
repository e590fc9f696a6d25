"""What is made of a finished video when somebody asks for it: an animation, its frames on one picture, another shape.

A worker makes it once. It lies beside the video under a name that no row holds, so the hourly clean-up takes it after a
day; it is made anew when it is wanted again.
"""

from typing import Literal

from core.catalog import entries
from core.catalog.size import Size
from core.edits.fields import SIZES
from core.errors import Conflict, NotFound
from core.models import Video
from core.notes import from_code
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
ANEW_SECONDS = 180.0
TILES = 30
"""Frames in a filmstrip, side by side, each from the middle of its part of the video."""


def key_of(video_key: str, form: Form) -> str:
    """Where it lies."""
    return video_key.rpartition(".")[0] + SUFFIXES[form]


def anew_key(video: Video, size: Size) -> str:
    """Where the video lies that the studio camera has rendered anew in that size. `video.key` is there."""
    return f"{(video.key or '').rpartition('.')[0]}-{size}.mp4"


def keys_of(video: Video) -> list[str]:
    """All that may have been made of a video."""
    if not video.key:
        return []
    sizes = SIZES if is_of_camera(video) else ()
    return [*(key_of(video.key, form) for form in SUFFIXES), *(anew_key(video, Size.parse(size)) for size in sizes)]


def is_of_camera(video: Video) -> bool:
    """Whether the studio camera made it, which can make it anew in any shape."""
    return video.kind == "generated" and video.model in entries.local_models()


def shaped(video: Video, size: Size) -> bool:
    """Whether it has the shape of that size already, or can't get it."""
    own = Size(video.width or 1280, video.height or 720)
    return own.width * size.height == own.height * size.width or not is_of_camera(video)


async def anew(video: Video, size: Size) -> str:
    """The key of the video in another shape, rendered now by the studio camera unless it is there.

    Raises NotFound without a finished video, Conflict if the studio camera did not make it; what its picture raises;
    NoAnswer if no worker makes it in time.
    """
    if not video.key:
        raise NotFound(Phrase("video"))
    if shaped(video, size):
        raise Conflict(Phrase("Only a clip of the studio camera can be rendered in another shape."))
    key = anew_key(video, size)
    if await store.place().size(key) is None:
        await _asked("render_anew", video.user_id, video.id, str(size), seconds=ANEW_SECONDS)
    return key


async def _asked(question: str, *about: object, seconds: float = answers.SECONDS) -> None:
    try:
        await answers.ask(question, *about, seconds=seconds)
    except answers.Refused as refused:
        raise from_code(refused.code, refused.detail) from None


async def made(video: Video, form: Form) -> str:
    """The key of that form of the video, made now unless it is there.

    Raises NotFound without a finished video; Unplayable, TooHeavy; NoAnswer if no worker makes it in time.
    """
    if not video.key:
        raise NotFound(Phrase("video"))
    key = key_of(video.key, form)
    if await store.place().size(key) is None:
        await _asked("export_video", video.key, key, form)
    return key
