"""Smaller copies of a video: one for the web of a file that is too heavy for it, one for where many are shown."""

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
"""A copy that is not smaller by at least a fifth is not kept."""


def mbps(path: Path, seconds: float) -> float:
    """Mbit per second, everything in the file counted."""
    return path.stat().st_size * 8 / 1e6 / max(seconds, 0.1)


def compress(source: Path, target: Path, tags: dict[str, str], most_mbps: float) -> bool:
    """Write it as large as it is, with at most so many Mbit per second; False, and no file, if that is not worth it.

    CRF 23 is x264's own default; the bound is for what it can't save on, like noise.
    """
    bound = {"maxrate": f"{int(most_mbps * 1000)}k", "bufsize": f"{int(most_mbps * 2000)}k"}
    return _made(source, target, {"preset": "medium", "crf": "23", **bound}, tags=tags)


def preview(source: Path, target: Path) -> bool:
    """Write it small and silent; False, and no file, if that is not worth it."""
    return _made(source, target, PREVIEW, longest=PREVIEW_SIDE, sound=False)


def _made(source: Path, target: Path, options: dict[str, str], **more: Any) -> bool:
    """Also one that can't be made is only left out: the video itself has been checked and is good."""
    try:
        mp4.encode(source, target, options, **more)
    except Unplayable as error:
        log.warning("%s can't be made smaller: %s", source.name, error.detail)
    else:
        if target.stat().st_size <= source.stat().st_size * WORTH:
            return True
    target.unlink(missing_ok=True)
    return False
