"""Downloads a finished file: streamed, bounded, with redirects; text is refused, the key goes to no other host."""

import asyncio
import re
import ssl
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import httpx2

from core.errors import (
    EngineError,
    FileCutOff,
    FileEmpty,
    FileForbidden,
    FileInCircles,
    NoFile,
    NotHandedOut,
    OverCapacity,
    ProviderFailed,
    TooHeavy,
    Unplayable,
    Unreachable,
)
from core.settings import settings
from workers.engines.complaints import complaint, parsed, retry_after

MAX_REDIRECTS = 5
_CHUNK = 1 << 20
_SMALL = 1 << 16  # bytes; writing so few takes less time than handing them to a thread
_NOT_READY = re.compile(r"not.{0,5}ready|in.?progress|still|processing|pending|queued|generating", re.IGNORECASE)
_IN_CLOUD = re.compile(r"cloud (storage|url)", re.IGNORECASE)


def content_refusal(status: int, body: object, retry_after: float | None = None) -> EngineError:
    """The error for a refused download. What may pass is NotReady or Retryable, never final."""
    error = complaint(body)
    detail = str(error) or f"HTTP {status}"
    if status in (429, 503):
        return OverCapacity(detail, retry_after)
    if status in (401, 403):
        return NotHandedOut(FileForbidden(detail), retry_after)
    if status == 204:
        return NotHandedOut(FileEmpty(detail), retry_after)
    early = status in (202, 404, 408, 409, 410, 425) or _NOT_READY.search(detail) or _IN_CLOUD.search(detail)
    return NotHandedOut(NoFile(detail), retry_after) if early or status >= 500 else ProviderFailed(detail)


@cache
def tls() -> ssl.SSLContext:
    """One TLS context for all clients of this process: reading the certificates takes longer than a call."""
    return httpx2.create_ssl_context()


async def download(
    client: httpx2.AsyncClient, url: str, target: Path, headers: Mapping[str, str] | None = None, seconds: float = 600
) -> None:
    """Stream the file at `url` to `target`, which appears only when whole, in at most `seconds`.

    `headers` hold the API key: they go to the host of `url` and never to one it redirects to. Here only text
    is refused; the container is checked later (workers/media).
    Raises NotHandedOut, another Retryable, Unplayable, TooHeavy or ProviderFailed.
    """
    home = where = httpx2.URL(url)
    key = next(iter((headers or {}).values()), "").rpartition(" ")[2]
    try:
        async with asyncio.timeout(seconds):
            for _ in range(MAX_REDIRECTS):
                own = headers if origin(where) == origin(home) else None
                async with client.stream("GET", where, headers=own, follow_redirects=False) as response:
                    if not response.has_redirect_location:
                        return await _save(response, target, key)
                    where = where.join(response.headers["location"])
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise NotHandedOut(NoFile(f"{type(error).__name__}: {error}")) from error
    except (httpx2.HTTPError, TimeoutError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error
    raise NotHandedOut(FileInCircles("too many redirects"))


def origin(url: httpx2.URL | str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what a key is for. Raises httpx2.InvalidURL."""
    url = httpx2.URL(url)
    return url.scheme, url.host, url.port


async def _save(response: httpx2.Response, target: Path, key: str) -> None:
    """Write the body to `target` by way of a `.part` file."""
    if response.status_code != 200:
        text = (await response.aread())[:_CHUNK].decode(errors="replace")
        raise content_refusal(response.status_code, parsed(text, key), retry_after(response.headers))
    part, size, most_mb = target.with_name(f"{target.name}.part"), 0, settings().video_max_mb
    try:
        with part.open("wb") as file:
            async for chunk in response.aiter_bytes(_CHUNK):
                if not size and is_text(chunk):
                    raise Unplayable(parsed(chunk[:500].decode(errors="replace"), key))
                size += len(chunk)
                if size > most_mb * 1_000_000:
                    raise TooHeavy(f"> {most_mb:g} MB")
                if len(chunk) < _SMALL:
                    file.write(chunk)
                else:
                    await asyncio.to_thread(file.write, chunk)
        if not size:
            raise NotHandedOut(FileEmpty("an empty file"))
        part.replace(target)
    except httpx2.HTTPError as error:
        raise NotHandedOut(FileCutOff(f"after {size} bytes: {type(error).__name__}: {error}")) from error
    finally:
        part.unlink(missing_ok=True)


def is_text(head: bytes) -> bool:
    """HTML, JSON or another text where a video should be; every video container has a zero byte near its start."""
    return b"\0" not in head[:512]
