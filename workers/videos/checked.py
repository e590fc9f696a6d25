"""Lets a file that somebody else has made be checked in a process apart, within the bounds that are set."""

import logging
from pathlib import Path

from core.errors import TooHeavy, Unplayable
from core.processes.pool import Bounds, Crashed, OutOfBounds, apart
from core.settings import settings
from workers.media.keepable import Files, check, is_light, lighten
from workers.media.most import Most

log = logging.getLogger(__name__)


def bounds() -> Bounds:
    """What one process that decodes a film may use."""
    return Bounds(settings().decode_seconds, settings().decode_memory_mb, settings().video_max_mb)


def most() -> Most:
    """What a film may be."""
    return Most(settings().video_max_megapixels, settings().video_max_seconds, settings().video_max_frames)


async def check_apart(raw: Path, folder: Path, tags: dict[str, str]) -> Files:
    """`check`, and `lighten` where it is needed. Raises Unplayable, TooHeavy; OSError if our own disk refuses."""
    try:
        files = await apart(check, raw, folder, tags, most(), bounds=bounds())
    except Crashed:
        raise Unplayable("it crashes the decoder") from None
    except OutOfBounds as error:
        raise TooHeavy(error) from None
    above = settings().compress_above_mbps
    if is_light(files, above):
        return files
    try:
        return await apart(lighten, files, folder, tags, above, most(), bounds=bounds())
    except (Crashed, OutOfBounds, TooHeavy) as error:  # the video itself has been checked and is good
        log.warning("%s is kept without smaller copies: %s", files.video, str(error) or "the encoder crashed")
        return files
