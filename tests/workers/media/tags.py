"""Reads a file's tags, to see what was written into it."""

from pathlib import Path

from workers.media.most import Most
from workers.media.reading import reading


def read_tags(path: Path) -> dict[str, str]:
    """The metadata of the container. Raises Unplayable."""
    with reading(path, Most()) as container:
        return dict(container.metadata)
