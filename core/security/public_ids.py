"""The ids that videos have at the front door: `video_` and 32 characters, made of the row's number and our secret.

Nobody can guess them or count our videos by them, and no column is needed. They last as long as STORAGE_SECRET does.
"""

import base64
import binascii
import hmac
from hashlib import sha256

from core.ids import MAX_ID
from core.security.secret import derived

START = "video_"
PURPOSE = b"adsvideo ids of videos"
TAG = 16
NUMBER = 8


def _mac(what: bytes, about: bytes, length: int) -> bytes:
    return hmac.digest(derived(PURPOSE), what + about, sha256)[:length]


def _masked(number: bytes, tag: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(number, _mac(b"mask", tag, NUMBER), strict=True))


def public_id(video_id: int) -> str:
    """The public id of the video with that number."""
    number = video_id.to_bytes(NUMBER, "big")
    tag = _mac(b"tag", number, TAG)
    return START + base64.urlsafe_b64encode(tag + _masked(number, tag)).decode()


def video_id(public: str) -> int | None:
    """The number behind a public id; None if it is none of ours."""
    try:
        content = base64.b64decode(public.removeprefix(START), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    tag, masked = content[:TAG], content[TAG:]
    if not public.startswith(START) or len(masked) != NUMBER:
        return None
    number = _masked(masked, tag)
    if not hmac.compare_digest(tag, _mac(b"tag", number, TAG)):
        return None
    return video if (video := int.from_bytes(number, "big")) <= MAX_ID else None
