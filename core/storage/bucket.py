"""Files in a bucket: S3, or whatever speaks its protocol (R2, MinIO, ...)."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from obstore import sign_async
from obstore.exceptions import BaseError
from obstore.store import S3Store

from core.errors import NoAnswer
from core.phrase import Phrase
from core.settings import Settings

if TYPE_CHECKING:
    from obstore.store import S3Config

CACHE = "private, max-age=86400"
LISTED = 1000
RETRIES = 5
RETRY_SECONDS = timedelta(seconds=30)


@contextmanager
def _translated(*, writing: bool = False) -> Iterator[None]:
    """Turn the bucket's errors into NoAnswer; a missing file stays FileNotFoundError, unless `writing`."""
    try:
        yield
    except BaseError as error:
        raise NoAnswer(Phrase("The storage")) from error
    except FileNotFoundError as error:
        if not writing:
            raise
        raise NoAnswer(Phrase("The storage")) from error  # the bucket itself is missing


class Bucket:
    """Files as private objects, served by signed URLs that expire or by a CDN.

    Every method raises NoAnswer if the bucket fails.
    """

    def __init__(self, config: Settings) -> None:
        self._url = config.storage_url
        self._cdn = config.cdn_url
        self._seconds = config.media_url_seconds
        self._store = S3Store.from_url(
            self._url,
            config=_config(config),
            client_options={"allow_http": config.aws_endpoint_url.startswith("http://"), "connect_timeout": "5s"},
            retry_config={"max_retries": RETRIES, "retry_timeout": RETRY_SECONDS},
        )

    def __str__(self) -> str:
        return self._url

    async def keep(self, source: Path, key: str) -> None:
        """Upload a finished, checked file in parts and delete it here; it appears in the bucket whole."""
        with _translated(writing=True):
            await self._store.put_async(key, source, attributes=_attributes(key))
        await asyncio.to_thread(source.unlink)

    async def put(self, content: bytes, key: str) -> None:
        """Store these bytes."""
        with _translated(writing=True):
            await self._store.put_async(key, content, attributes=_attributes(key))

    async def get(self, key: str) -> bytes:
        """The bytes of a file. Raises FileNotFoundError."""
        with _translated():
            return bytes(await (await self._store.get_async(key)).bytes_async())

    async def stream(self, key: str) -> tuple[int, AsyncIterator[bytes]]:
        """A file's size, and its bytes as they come. Raises FileNotFoundError."""
        with _translated():
            result = await self._store.get_async(key)

        async def chunks() -> AsyncIterator[bytes]:
            with _translated():
                async for chunk in result.stream():
                    yield bytes(chunk)

        return result.meta["size"], chunks()

    async def fetch(self, key: str, target: Path) -> None:
        """A copy of a file. Raises FileNotFoundError."""
        _, chunks = await self.stream(key)
        with target.open("wb") as out:
            async for chunk in chunks:
                await asyncio.to_thread(out.write, chunk)

    async def size(self, key: str) -> int | None:
        """How many bytes a file has; None if it is not there."""
        with _translated():
            try:
                return (await self._store.head_async(key))["size"]
            except FileNotFoundError:
                return None

    async def delete(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""
        with _translated():
            try:
                await self._store.delete_async(key)
            except FileNotFoundError:
                return

    async def files(self, prefix: str) -> AsyncIterator[list[tuple[str, datetime]]]:
        """Lists of (key, time) of the files whose keys start with `prefix`, up to LISTED each."""
        with _translated():
            async for chunk in self._store.list(prefix, chunk_size=LISTED):
                yield [(file["path"], file["last_modified"]) for file in chunk]

    async def ready(self) -> None:
        """Ask the bucket for a list of nothing; writes nothing."""
        with _translated(writing=True):
            await self._store.list("tmp/ready", chunk_size=1).collect_async()

    async def url(self, key: str) -> str | None:
        """The URL for browsers, which supports Range."""
        if self._cdn:
            return f"{self._cdn}/{key}"
        with _translated():
            return await sign_async(self._store, "GET", key, timedelta(seconds=self._seconds))


def origins(config: Settings) -> list[str]:
    """Scheme and host of all URLs that `Bucket.url` may return, for the Content-Security-Policy."""
    if address := config.cdn_url or config.aws_endpoint_url:
        parts = urlsplit(address)
        return [f"{parts.scheme}://{parts.netloc}"]
    host = f"s3.{config.aws_region}.amazonaws.com"
    return [f"https://{host}", f"https://{urlsplit(config.storage_url).netloc}.{host}"]


def _config(config: Settings) -> "S3Config":
    """The options that are set; obstore looks up the rest as AWS' own tools do (such as a machine's role)."""
    options: dict[str, Any] = {"region": config.aws_region}
    if config.aws_endpoint_url:
        options |= {"endpoint": config.aws_endpoint_url, "virtual_hosted_style_request": False}
    if config.aws_access_key_id and config.aws_secret_access_key:
        options["access_key_id"] = config.aws_access_key_id.get_secret_value()
        options["secret_access_key"] = config.aws_secret_access_key.get_secret_value()
    if config.aws_session_token:
        options["session_token"] = config.aws_session_token.get_secret_value()
    return options  # type: ignore[return-value]


def _attributes(key: str) -> dict[str, str]:
    return {"Content-Type": mimetypes.guess_type(key)[0] or "application/octet-stream", "Cache-Control": CACHE}
