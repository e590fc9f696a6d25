"""What a film may be at most. Asked by what it says of itself, and of every frame, since what it says may be untrue."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import TooHeavy

if TYPE_CHECKING:  # the worker itself does not load PyAV
    from av.video.frame import VideoFrame


@dataclass(frozen=True)
class Most:
    """What a film may be: megapixels of a frame, seconds, frames."""

    megapixels: float = 16
    seconds: float = 600
    frames: int = 36_000

    def check_size(self, width: int, height: int) -> None:
        """Raises TooHeavy."""
        if width * height > self.megapixels * 1_000_000:
            raise TooHeavy(f"{width}x{height} > {self.megapixels:g} MP")

    def check_length(self, seconds: float) -> None:
        """Raises TooHeavy."""
        if seconds > self.seconds:
            raise TooHeavy(f"{seconds:.0f} s > {self.seconds:g} s")

    def check_count(self, frames: int) -> None:
        """Raises TooHeavy."""
        if frames > self.frames:
            raise TooHeavy(f"{frames} > {self.frames} frames")

    def check_frame(self, frame: "VideoFrame", count: int) -> None:
        """The frame of that number, whatever the file has said of itself. Raises TooHeavy."""
        self.check_count(count)
        self.check_size(frame.width, frame.height)
        self.check_length(frame.time or 0)

    def kept(self, frames: Iterable["VideoFrame"]) -> Iterator["VideoFrame"]:
        """The frames, as long as they keep to it. Raises TooHeavy."""
        for count, frame in enumerate(frames, start=1):
            self.check_frame(frame, count)
            yield frame
