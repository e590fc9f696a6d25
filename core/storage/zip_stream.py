"""Streams files as one zip: it is never whole in memory, and never on disk."""

import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence

from core.models import now
from core.storage import store


class _Pipe:
    """Collects what a ZipFile writes; not seekable."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, content: bytes) -> int:
        self._written.append(bytes(content))
        return len(content)

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    def take(self) -> bytes:
        """What was written since the last call."""
        written, self._written = self._written, []
        return b"".join(written)


async def zipped(texts: Mapping[str, str], files: Sequence[tuple[str, str]]) -> AsyncIterator[bytes]:
    """A zip of texts (by name) and stored files, given as (name, key), in chunks.

    Not compressed: pictures and videos are compressed already. A missing file is left out. The standard library writes
    the checksum after the content; stream-zip would hold a whole file in memory to write it before.
    """
    at, pipe = now().timetuple()[:6], _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for name, text in texts.items():
            archive.writestr(zipfile.ZipInfo(name, at), text)
        for name, key in files:
            try:
                size, chunks = await store.stream(key)
            except FileNotFoundError:
                continue
            entry = zipfile.ZipInfo(name, at)
            entry.file_size = size
            with archive.open(entry, "w") as target:
                async for chunk in chunks:
                    target.write(chunk)
                    yield pipe.take()
    yield pipe.take()
