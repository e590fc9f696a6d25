"""Signed links to a video's files: whoever has one needs no key. They end with their time, or with the video."""

import hmac
import time
from hashlib import sha256
from typing import Literal

from core.security.public_ids import public_id, video_id
from core.security.secret import derived

SECONDS = 3600
Suffix = Literal["mp4", "webp"]
"""The video itself, or its poster."""
PURPOSE = b"adsvideo signed links"


def path(number: int, suffix: Suffix) -> str:
    """The path of a link to a file of the video with that number, which lasts SECONDS."""
    name, expires = f"{public_id(number)}.{suffix}", int(time.time()) + SECONDS
    return f"/media/{name}?expires={expires}&signature={_signature(name, expires)}"


def video_behind(name: str, expires: int, signature: str) -> int | None:
    """The number of the video behind a link's parts; None if they are not ours, or it has ended."""
    right = _signature(name, expires).encode()
    if expires < time.time() or not hmac.compare_digest(right, signature.encode(errors="replace")):
        return None
    return video_id(name.partition(".")[0])


def _signature(name: str, expires: int) -> str:
    return hmac.digest(derived(PURPOSE), f"{name}:{expires}".encode(errors="replace"), sha256).hex()
