"""Chooses and writes the poster of a video. Blocking; use a thread or a process."""

import io
from pathlib import Path

from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from PIL import Image, ImageStat

from core.errors import Unplayable
from workers.media.mp4 import length, reading

CANDIDATES = 6
BLACK = 24  # a mean luma below this is a black frame


def write_poster(source: Path, target: Path, width: int = 1280) -> None:
    """Write the poster in the format of the suffix (.webp, .jpg), at most `width` pixels wide.

    It is the most detailed of a few frames spread over the first half. Raises Unplayable.
    """
    best: tuple[float, VideoFrame] | None = None
    small = VideoReformatter()  # one for all frames: making one per frame takes longer than the scaling
    with reading(source) as container:
        stream = container.streams.video[0]
        half = length(container) / 2
        wanted = [half * n / (CANDIDATES - 1) for n in range(CANDIDATES)]
        for frame in container.decode(stream):
            if not wanted:
                break
            if (frame.time or 0) >= wanted[0] - 1e-6:
                wanted.pop(0)
                score = _detail(frame, small)
                if best is None or score > best[0] * 1.1:
                    best = (score, frame)
    if best is None:
        raise Unplayable("not one frame can be decoded")
    picture = best[1].to_image()  # type: ignore[no-untyped-call]
    if picture.width > width:
        picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP" if target.suffix == ".webp" else "JPEG", quality=82, method=2)
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(out.getvalue())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _detail(frame: VideoFrame, small: VideoReformatter) -> float:
    """The standard deviation of a frame's luma; 0.01 for a black frame."""
    grey = small.reformat(frame, width=160, height=90, format="gray", interpolation="AREA")
    plane = grey.planes[0]
    stat = ImageStat.Stat(Image.frombytes("L", (160, 90), bytes(plane), "raw", "L", plane.line_size))
    return 0.01 if stat.mean[0] < BLACK else stat.stddev[0]
