"""Keeps files on disk or in a bucket, by STORAGE_URL, and gives them back by their key.

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

from core.errors import AdsVideoError
from core.models import VIDEO_KEYS, Picture, Video
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
    """Where files are kept: by STORAGE_URL, or at another such address."""
    return _place(settings().model_copy(update={"storage_url": url}) if url else settings())


def path(key: str) -> Path | None:
    """Where the file of that key is on this machine's disk; None if it is in a bucket."""
    where = place()
    return where.path(key) if isinstance(where, Disk) else None


def workspace() -> Path:
    """A folder for files in the making: on the storage's own disk, so that the last step is a rename."""
    where = place()
    folder = (where.root if isinstance(where, Disk) else settings().data_folder) / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def new_key(folder: str, suffix: str) -> str:
    """A key nobody can guess."""
    return f"{folder}/{secrets.token_hex(12)}{suffix}"


async def keep(source: Path, key: str) -> None:
    """Move a whole, checked file to its place; it appears there at once and complete. Raises NotAvailable."""
    await place().keep(source, key)


async def put(content: bytes, key: str) -> None:
    """Keep these bytes; they appear under the key at once and complete. Raises NotAvailable."""
    await place().put(content, key)


async def get(key: str) -> bytes:
    """The bytes of a file. Raises FileNotFoundError, NotAvailable."""
    return await place().get(key)


async def url(key: str) -> str | None:
    """Where a browser gets the file, for a while, with Range; None if our own routes must hand it out."""
    return await place().url(key)


def origins() -> list[str]:
    """Where browsers are sent to for files, as scheme and host; nowhere with files on disk."""
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
    """Why no files can be kept now (disk full, folder gone, rights, bucket, keys); empty if they can."""
    probe = f"tmp/.probe-{secrets.token_hex(4)}"
    try:
        await put(b"ok", probe)
        await delete(probe)
    except (OSError, AdsVideoError) as error:
        return (str(error.__cause__ or error).splitlines() or [""])[0]
    return ""


async def is_writable() -> bool:
    """Whether files can be kept now."""
    return not await trouble()


# ------------------------------------------------------------------------------------------------------- moving


async def keys(
    session: AsyncSession, table: type[Picture] | type[Video], after: int, limit: int
) -> list[tuple[int, str | None, bool]]:
    """The keys of the files that rows with an id above `after` point to, in their order: (id, key, deleted).

    Of a deleted row the file may be gone already.
    """
    names = ("key",) if table is Picture else VIDEO_KEYS
    query = select(table).where(col(table.id) > after).order_by(col(table.id)).limit(limit)
    rows: list[Any] = list((await session.exec(query)).all())
    return [(row.id, getattr(row, name), row.deleted_at is not None) for row in rows for name in names]


async def move(key: str, source: "Disk | Bucket", target: "Disk | Bucket") -> bool:
    """Bring one file over and remove it where it was; False if it was there already. Raises FileNotFoundError.

    May be broken off at any moment and done again: it is removed only once it is whole at the other place.
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
