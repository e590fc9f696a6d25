"""Where the parts of an edit lie on this machine's disk."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Files:
    """`clips` are videos and pictures in the edit's order.

    `packshot` is the picture that the last video was made from, as the video showed it, which a locked end dissolves
    into; `music_lufs` how loud the music is, measured when it is not given.
    """

    clips: tuple[Path, ...]
    logo: Path | None = None
    card: Path | None = None
    music: Path | None = None
    music_lufs: float | None = None
    packshot: Path | None = None
