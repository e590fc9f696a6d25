"""Turns a delivered file into the files we keep: the checked video, its poster, smaller copies. Blocking.

Runs in another process (core/processes/), which imports nothing but this.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from workers.media.most import Most

PREVIEW_ABOVE = 1_500_000
"""Bytes; a smaller video is its own preview."""


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


def check(raw: Path, folder: Path, tags: dict[str, str], most: Most) -> Files:
    """The file that we keep and its poster. Raises Unplayable, TooHeavy; OSError if our own disk refuses."""
    from workers.media import mp4, poster  # noqa: PLC0415 - PyAV is not loaded into the worker itself
    from workers.media.candidates import Candidates  # noqa: PLC0415

    candidates = Candidates()
    files = folder / "whole.mp4", folder / "poster.webp"
    probe = mp4.finish(raw, files[0], tags, most, candidates)
    poster.write(candidates.best, files[1])
    return Files(probe.width, probe.height, probe.seconds, *files)


def is_light(files: Files, above_mbps: float) -> bool:
    """Whether it needs no smaller copies: see `lighten`."""
    size = files.video.stat().st_size
    return size <= PREVIEW_ABOVE and not (above_mbps and mbps(size, files.seconds) > above_mbps)


def mbps(size: int, seconds: float) -> float:
    """Mbit per second of so many bytes, everything in the file counted."""
    return size * 8 / 1e6 / max(seconds, 0.1)


def lighten(files: Files, folder: Path, tags: dict[str, str], above_mbps: float, most: Most) -> Files:
    """With smaller copies, where they are worth it: for the web of a video with more Mbit per second than `above_mbps`
    (unless that is 0), and for where many are shown.

    Raises TooHeavy; OSError if our own disk refuses.
    """
    from workers.media import copies  # noqa: PLC0415 - as above

    video, original = files.video, None
    if above_mbps and mbps(video.stat().st_size, files.seconds) > above_mbps:
        smaller = folder / "smaller.mp4"
        if copies.compress(video, smaller, tags, above_mbps, most):
            video, original = smaller, video
    small = folder / "preview.mp4"
    has_preview = video.stat().st_size > PREVIEW_ABOVE and copies.preview(video, small, most)
    return replace(files, video=video, original=original, preview=small if has_preview else None)
