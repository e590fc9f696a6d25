"""Files as one zip, made while it is sent: never in memory as a whole, and never on the disk."""

import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence

from core.models import now
from core.storage import store


class _Pipe:
    """What a ZipFile writes into, in order; it can't be sought in."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, content: bytes) -> int:
        self._written.append(bytes(content))
        return len(content)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """There is nothing to close."""

    def take(self) -> bytes:
        """What has been written since the last time."""
        written, self._written = self._written, []
        return b"".join(written)


async def zipped(texts: Mapping[str, str], files: Sequence[tuple[str, str]]) -> AsyncIterator[bytes]:
    """The zip of these texts by name and these stored files, (name, key), piece by piece.

    Stored, not deflated: pictures and videos are as small as they get. A file that is gone is left out. The standard
    library writes the checksum after the content; stream-zip holds a whole stored file in memory to write it before.
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
