"""Turns a delivered file into the files we keep: the checked video, its poster, smaller copies. Blocking.

Runs in a process of its own (core/processes.py), which imports nothing but this.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Files:
    """The files we keep of a video, its size in pixels and its length in seconds.

    `preview` is a small copy without sound, `original` the source of a compressed `video`; None where the video is
    small enough.
    """

    width: int
    height: int
    seconds: float
    video: Path
    poster: Path
    preview: Path | None = None
    original: Path | None = None


def check(raw: Path, folder: Path, tags: dict[str, str], above_mbps: float) -> Files:
    """Check `raw` and write the files we keep into `folder`; compressed above `above_mbps` Mbit per second, unless 0.

    Raises Unplayable; OSError if our own disk refuses.
    """
    from workers.media import copies, mp4  # noqa: PLC0415 - PyAV is not loaded into the worker itself
    from workers.media.poster import write_poster  # noqa: PLC0415

    video, poster, original = folder / "whole.mp4", folder / "poster.webp", None
    probe = mp4.finish(raw, video, tags)
    write_poster(video, poster)
    if above_mbps and copies.mbps(video, probe.seconds) > above_mbps:
        smaller = folder / "smaller.mp4"
        if copies.compress(video, smaller, tags, above_mbps):
            video, original = smaller, video
    small = folder / "preview.mp4"
    has_preview = video.stat().st_size > copies.PREVIEW_ABOVE and copies.preview(video, small)
    return Files(probe.width, probe.height, probe.seconds, video, poster, small if has_preview else None, original)
