"""Smaller copies of a video: one for the web where the file is too heavy, and a preview for lists."""

import logging
from pathlib import Path
from typing import Any

from core.errors import Unplayable
from workers.media import mp4

log = logging.getLogger(__name__)

PREVIEW_ABOVE = 1_500_000
"""Bytes; a smaller video is its own preview."""

PREVIEW_SIDE = 480
PREVIEW = {"preset": "veryfast", "crf": "30"}
WORTH = 0.8
"""A copy is kept only if it has at most this share of the source's bytes."""


def mbps(path: Path, seconds: float) -> float:
    """The file's bytes over its length, in Mbit per second."""
    return path.stat().st_size * 8 / 1e6 / max(seconds, 0.1)


def compress(source: Path, target: Path, tags: dict[str, str], most_mbps: float) -> bool:
    """Write a copy of the same size with at most `most_mbps` Mbit per second; False, and no file, if not worth it.

    CRF 23 is x264's default; the bound is for what it can't compress, like noise.
    """
    bound = {"maxrate": f"{int(most_mbps * 1000)}k", "bufsize": f"{int(most_mbps * 2000)}k"}
    return _encode_if_smaller(source, target, {"preset": "medium", "crf": "23", **bound}, tags=tags)


def preview(source: Path, target: Path) -> bool:
    """Write a small copy without sound; False, and no file, if not worth it."""
    return _encode_if_smaller(source, target, PREVIEW, longest=PREVIEW_SIDE, sound=False)


def _encode_if_smaller(source: Path, target: Path, options: dict[str, str], **more: Any) -> bool:
    """Encode; False, and no file, if that fails or saves too little. The video itself is already checked."""
    try:
        mp4.encode(source, target, options, **more)
    except Unplayable as error:
        log.warning("%s can't be made smaller: %s", source.name, error.detail)
    else:
        if target.stat().st_size <= source.stat().st_size * WORTH:
            return True
    target.unlink(missing_ok=True)
    return False
