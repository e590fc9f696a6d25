"""Files in a folder of this machine."""

import asyncio
import errno
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from core.errors import NoRoom

CHUNK = 256 * 1024
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LISTED = 1000


class Disk:
    """Files below a root folder. A file appears under its key at once and complete."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def __str__(self) -> str:
        return str(self.root)

    def path(self, key: str) -> Path:
        """The path of a key."""
        return self.root / key

    async def keep(self, source: Path, key: str) -> None:
        """Move a finished, checked file to its place."""
        await asyncio.to_thread(_place, source, self.path(key))

    async def put(self, content: bytes, key: str) -> None:
        """Store these bytes. Raises NoRoom."""
        try:
            await asyncio.to_thread(_write, content, self.path(key))
        except OSError as error:
            if error.errno in FULL:
                raise NoRoom() from error
            raise

    async def get(self, key: str) -> bytes:
        """The bytes of a file. Raises FileNotFoundError."""
        return await asyncio.to_thread(self.path(key).read_bytes)

    async def fetch(self, key: str, target: Path) -> None:
        """A copy of a file. Raises FileNotFoundError."""
        await asyncio.to_thread(shutil.copyfile, self.path(key), target)

    async def stream(self, key: str) -> tuple[int, AsyncIterator[bytes]]:
        """A file's size, and its bytes as they come. Raises FileNotFoundError."""
        file = await asyncio.to_thread(self.path(key).open, "rb")

        async def chunks() -> AsyncIterator[bytes]:
            with file:
                while chunk := await asyncio.to_thread(file.read, CHUNK):
                    yield chunk

        return os.fstat(file.fileno()).st_size, chunks()

    async def size(self, key: str) -> int | None:
        """How many bytes a file has; None if it is not there."""
        file = self.path(key)
        return file.stat().st_size if await asyncio.to_thread(file.is_file) else None

    async def delete(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""
        await asyncio.to_thread(self.path(key).unlink, True)

    async def files(self, prefix: str) -> AsyncIterator[list[tuple[str, datetime]]]:
        """Lists of (key, time) of the files below a folder, up to LISTED each."""
        files = await asyncio.to_thread(_files, self.root, prefix)
        for start in range(0, len(files), LISTED):
            yield files[start : start + LISTED]

    async def ready(self) -> None:
        """Raises OSError if the folder is gone, not ours to write into, or on a full disk; writes nothing."""
        await asyncio.to_thread(_check, self.root)

    async def url(self, key: str) -> str | None:
        """None: our own routes serve it."""
        return None


def _check(root: Path) -> None:
    if not root.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(root))
    if not os.access(root, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(root))
    if not shutil.disk_usage(root).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(root))


def _files(root: Path, prefix: str) -> list[tuple[str, datetime]]:
    files = []
    for folder, _, names in os.walk(root / prefix):
        for name in names:
            path = Path(folder, name)
            try:
                changed = path.lstat().st_mtime
            except FileNotFoundError:
                continue  # deleted meanwhile
            files.append((path.relative_to(root).as_posix(), datetime.fromtimestamp(changed, UTC)))
    return files


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.replace(target)
    except OSError:
        half = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        shutil.copyfile(source, half)
        half.replace(target)
        source.unlink(missing_ok=True)


def _write(content: bytes, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        half.write_bytes(content)
        half.replace(target)
    except OSError:
        half.unlink(missing_ok=True)  # half a file would only fill the full disk
        raise
