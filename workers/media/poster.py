"""Writes the poster of a video. Blocking; use a thread or a process."""

import io
from pathlib import Path

from av.video.frame import VideoFrame

from workers.media.candidates import Candidates
from workers.media.most import Most
from workers.media.watching import MOST, probe

WIDTH = 1280


def write_poster(source: Path, target: Path, width: int = WIDTH, most: Most = MOST) -> None:
    """Choose a frame of the film and `write` it. Raises Unplayable, TooHeavy."""
    candidates = Candidates()
    probe(source, most=most, candidates=candidates)
    write(candidates.best, target, width)


def write(frame: VideoFrame, target: Path, width: int = WIDTH) -> None:
    """Write the frame in the format of the suffix (.webp, .jpg), at most `width` pixels wide."""
    scale = min(width / frame.width, 1.0)
    size = {"width": round(frame.width * scale), "height": round(frame.height * scale)}
    picture = frame.to_image(**size, interpolation="LANCZOS", threads=1)  # type: ignore[no-untyped-call]
    out = io.BytesIO()
    picture.save(out, "WEBP" if target.suffix == ".webp" else "JPEG", quality=82, method=2)
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(out.getvalue())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
