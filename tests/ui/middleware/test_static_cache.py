"""Static files are answered from memory, but only what came whole."""

from collections.abc import MutableMapping
from typing import Any

import pytest

from ui.middleware.compression import Compression
from ui.middleware.static_cache import KeptFiles

WHOLE = b"0123456789" * 200


class Disk:
    """An application that hands out a file of text, or as many of its bytes as it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.sends = len(WHOLE)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        length = str(len(WHOLE)).encode()
        headers = [(b"content-length", length), (b"content-type", b"text/css"), (b"cache-control", b"immutable")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": WHOLE[: self.sends], "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def ask(files: KeptFiles) -> bytes:
    """The body, whatever its headers say."""
    body = b""

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal body
        body += message.get("body", b"")

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request"}

    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/static/app.js", "query_string": b"v=1"}
    scope["headers"] = [(b"accept-encoding", b"gzip")]
    await files(scope, receive, send)
    return body


@pytest.fixture(params=["as it is", "compressed"])
def files(request: pytest.FixtureRequest, disk: Disk) -> KeptFiles:
    """Around the disk, with and without what compresses."""
    return KeptFiles(disk if request.param == "as it is" else Compression(disk))


@pytest.fixture
def disk() -> Disk:
    """A file."""
    return Disk()


async def test_a_file_is_asked_for_once(disk: Disk, files: KeptFiles) -> None:
    first = await ask(files)
    assert [await ask(files) for _ in range(3)] == [first] * 3
    assert disk.asked == 1


async def test_what_a_visitor_who_left_did_not_wait_for_is_not_kept(disk: Disk, files: KeptFiles) -> None:
    disk.sends = 1500  # Starlette ends the answer to somebody who has gone
    half = await ask(files)
    disk.sends = len(WHOLE)
    whole = await ask(files)
    assert disk.asked == 2
    assert half != whole
    assert await ask(files) == whole
    assert disk.asked == 2
