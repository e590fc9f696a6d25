"""Makes what we keep of what a provider or an engine delivered: the checked file, its poster, smaller copies. Blocking.

Runs in a process of its own (core/processes.py), which imports nothing but this.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Made:
    """The files, in the folder given, and what the video is: size in pixels, length in seconds.

    `preview` is a small copy without sound, `original` what `video` is a smaller copy of; None where the video itself
    is small enough.
    """

    width: int
    height: int
    seconds: float
    video: Path
    poster: Path
    preview: Path | None = None
    original: Path | None = None


def check(raw: Path, folder: Path, tags: dict[str, str], above_mbps: float) -> Made:
    """What is made of `raw`; one with more Mbit per second than `above_mbps` gets a smaller copy, unless that is 0.

    Raises Unplayable; OSError if our own disk refuses.
    """
    from workers.media import copies, mp4  # noqa: PLC0415 - PyAV is not loaded into the worker itself

    video, poster, original = folder / "whole.mp4", folder / "poster.webp", None
    found = mp4.finish(raw, video, tags)
    mp4.poster(video, poster)
    if above_mbps and copies.mbps(video, found.seconds) > above_mbps:
        smaller = folder / "smaller.mp4"
        if copies.compress(video, smaller, tags, above_mbps):
            video, original = smaller, video
    small = folder / "preview.mp4"
    has_preview = video.stat().st_size > copies.PREVIEW_ABOVE and copies.preview(video, small)
    return Made(found.width, found.height, found.seconds, video, poster, small if has_preview else None, original)
