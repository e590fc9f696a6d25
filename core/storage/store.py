"""Stores files on disk or in a bucket, by STORAGE_URL, under keys.

A key is a relative path like `videos/17/3f9c.mp4`, made by us, never by a user; it is the same in either place.
"""

import secrets
import tempfile
from collections.abc import AsyncIterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import folders
from core.errors import AdsVideoError
from core.models import PICTURE_KEYS, VIDEO_KEYS, Audio, Picture, Video
from core.settings import Settings, settings
from core.storage.disk import Disk

if TYPE_CHECKING:
    from core.storage.bucket import Bucket

SCHEME = "s3://"


@lru_cache(8)
def _place(config: Settings) -> "Disk | Bucket":
    if not config.storage_url.startswith(SCHEME):
        return Disk(Path(config.storage_url.removeprefix("file://")))
    from core.storage.bucket import Bucket  # noqa: PLC0415 - loaded by whoever has one

    return Bucket(config)


def place(url: str = "") -> "Disk | Bucket":
    """The storage of STORAGE_URL, or of another such URL."""
    return _place(settings().model_copy(update={"storage_url": url}) if url else settings())


def path(key: str) -> Path | None:
    """The path of a file on this machine; None if it is in a bucket."""
    where = place()
    return where.path(key) if isinstance(where, Disk) else None


def workspace() -> Path:
    """A folder for unfinished files, on the storage's own disk so that the last step is a rename."""
    where = place()
    folder = (where.root if isinstance(where, Disk) else settings().data_folder) / "tmp"
    return folders.make(folder)


def new_key(folder: str, suffix: str) -> str:
    """A new key that can't be guessed."""
    return f"{folder}/{secrets.token_hex(12)}{suffix}"


async def keep(source: Path, key: str) -> None:
    """Move a finished, checked file to its place; it appears there at once and complete. Raises NotAvailable."""
    await place().keep(source, key)


async def put(content: bytes, key: str) -> None:
    """Store these bytes; they appear under the key at once and complete. Raises NotAvailable."""
    await place().put(content, key)


async def get(key: str) -> bytes:
    """The bytes of a file. Raises FileNotFoundError, NotAvailable."""
    return await place().get(key)


async def url(key: str) -> str | None:
    """A URL for browsers that expires and supports Range; None if our own routes must serve the file."""
    return await place().url(key)


def origins() -> list[str]:
    """Scheme and host of the URLs that `url` returns; empty with files on disk."""
    config = settings()
    if not config.storage_url.startswith(SCHEME):
        return []
    from core.storage.bucket import origins as of_bucket  # noqa: PLC0415 - its library is loaded only where it is used

    return of_bucket(config)


async def stream(key: str) -> tuple[int, AsyncIterator[bytes]]:
    """A file's size, and its bytes as they come. Raises FileNotFoundError, NotAvailable."""
    return await place().stream(key)


async def delete(*keys: str | None) -> None:
    """Remove files; one that is not there is no error. Raises NotAvailable."""
    for key in keys:
        if key:
            await place().delete(key)


async def trouble() -> str:
    """Why files can't be stored now (disk full, folder gone, rights, bucket, keys); empty if they can."""
    probe = f"tmp/.probe-{secrets.token_hex(4)}"
    try:
        await put(b"ok", probe)
        await delete(probe)
    except (OSError, AdsVideoError) as error:
        return (str(error.__cause__ or error).splitlines() or [""])[0]
    return ""


async def absence() -> str:
    """Why files can't be stored now, as far as can be said without writing one; empty if nothing speaks against it."""
    try:
        await place().ready()
    except (OSError, AdsVideoError) as error:
        return (str(error.__cause__ or error).splitlines() or [""])[0]
    return ""


# ------------------------------------------------------------------------------------------------------- moving


async def keys(
    session: AsyncSession, table: type[Audio] | type[Picture] | type[Video], after: int, limit: int
) -> list[tuple[int, str | None, bool]]:
    """(row id, key, deleted) of the files of rows with an id above `after`, in the order of ids; a key may be None.

    Of a deleted row the file may be gone already.
    """
    names = VIDEO_KEYS if table is Video else PICTURE_KEYS if table is Picture else ("key",)
    query = select(table).where(col(table.id) > after).order_by(col(table.id)).limit(limit)
    rows: list[Any] = list((await session.exec(query)).all())
    return [(row.id, getattr(row, name), row.deleted_at is not None) for row in rows for name in names]


async def move(key: str, source: "Disk | Bucket", target: "Disk | Bucket") -> bool:
    """Move a file to another storage; False if it was moved before. Raises FileNotFoundError.

    May be interrupted and repeated: the source is deleted only once the copy is complete.
    """
    target_size, size = await target.size(key), await source.size(key)
    if size is None:
        if target_size is None:
            raise FileNotFoundError(key)
        return False
    if target_size != size:
        with tempfile.TemporaryDirectory(dir=workspace()) as folder:
            copy = Path(folder) / "file"
            await source.fetch(key, copy)
            await target.keep(copy, key)
    await source.delete(key)
    return True
