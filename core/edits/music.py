"""The music that ships: tracks of the package immich-memories-music (MIT; its LICENSE-MUSIC lies beside them)."""

from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import immich_memories_music

from core.errors import NotFound
from core.phrase import Phrase

PACKAGE = "immich-memories-music"
LICENCE = "MIT"


class Track(NamedTuple):
    """A piece of music. `file` is its place in the package, `bpm` its beats a minute, `seconds` its length.

    `lufs` is its loudness by EBU R128.
    """

    id: str
    title: str
    mood: str
    bpm: int
    seconds: float
    lufs: float
    file: str

    @property
    def path(self) -> Path:
        """The Opus file."""
        return Path(immich_memories_music.tracks_dir()) / self.file


TRACKS = (
    Track("morning-light", "Morning Light", "calm", 68, 32.3, -13.1, "calm/calm_acoustic_1.opus"),
    Track("still-water", "Still Water", "calm", 68, 31.95, -12.3, "calm/calm_acoustic_s411.opus"),
    Track("slow-glow", "Slow Glow", "calm", 72, 30.95, -13.2, "calm/calm_electronic_s411.opus"),
    Track("running-start", "Running Start", "energetic", 132, 30.55, -13.8, "energetic/energetic_acoustic_1.opus"),
    Track("full-speed", "Full Speed", "energetic", 150, 31.7, -11.8, "energetic/energetic_electronic_2.opus"),
    Track("night-drive", "Night Drive", "energetic", 150, 32.0, -10.7, "energetic/energetic_electronic_s411.opus"),
    Track("good-day", "Good Day", "happy", 110, 32.65, -13.1, "happy/happy_acoustic_1.opus"),
    Track("bright-side", "Bright Side", "happy", 123, 31.45, -13.1, "happy/happy_electronic_1.opus"),
    Track("old-letters", "Old Letters", "nostalgic", 78, 32.65, -11.3, "nostalgic/nostalgic_acoustic_1.opus"),
    Track("long-ago", "Long Ago", "nostalgic", 84, 31.1, -10.8, "nostalgic/nostalgic_electronic_2.opus"),
    Track("close-to-you", "Close to You", "tender", 90, 32.0, -10.8, "tender/tender_acoustic_1.opus"),
    Track("soft-hands", "Soft Hands", "tender", 99, 30.1, -14.2, "tender/tender_electronic_1.opus"),
)


def track(name: str) -> Track:
    """The track with that id. Raises NotFound."""
    for piece in TRACKS:
        if piece.id == name:
            return piece
    raise NotFound(Phrase("track"))


def licence() -> str:
    """The licence's text."""
    return metadata.distribution(PACKAGE).read_text("licenses/LICENSE-MUSIC") or ""
