"""Where the parts of an edit lie on this machine's disk, and what each may be at most."""

from dataclasses import dataclass, field
from pathlib import Path

from workers.media.most import Most


@dataclass(frozen=True)
class Files:
    """`clips` are videos and pictures in the edit's order.

    `packshot` is the picture that the last video was made from, as the video showed it, which a locked end dissolves
    into, `packshot_mask` what of it is the product; `music_lufs` how loud the music is, measured when it is not given.
    No clip may be more than `most`.
    """

    clips: tuple[Path, ...]
    logo: Path | None = None
    card: Path | None = None
    music: Path | None = None
    music_lufs: float | None = None
    packshot: Path | None = None
    packshot_mask: Path | None = None
    most: Most = field(default_factory=Most)
