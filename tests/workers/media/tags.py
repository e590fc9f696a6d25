"""Reads a file's tags, to see what was written into it."""

from pathlib import Path

from workers.media.mp4 import reading


def read_tags(path: Path) -> dict[str, str]:
    """The metadata of the container. Raises Unplayable."""
    with reading(path) as container:
        return dict(container.metadata)
