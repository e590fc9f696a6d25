"""What is for the machines inside, `/metrics` and `/readyz`, is answered to them and is nowhere for others."""

from pathlib import Path

import httpx
import pytest
from nicegui import app
from nicegui.testing import User as Visitor
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tests.environment import forget_settings

INSIDE = ("/metrics", "/readyz")
FORWARDED = [
    {"X-Forwarded-For": "203.0.113.7"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-For": "127.0.0.1, 203.0.113.7"},
    {"Forwarded": "for=127.0.0.1"},
    {"X-Real-IP": "127.0.0.1"},
    {"X-Forwarded-Host": "localhost"},
    {"Via": "1.1 proxy"},
]


async def _status(path: str, address: str, trusted: str = "127.0.0.1", **headers: str) -> int:
    """What a client at that address gets, through the middleware by which the server believes proxies."""
    served = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(served, client=(address, 5000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
        return (await client.get(path, headers=headers)).status_code


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    """The token that is set."""
    monkeypatch.setenv("METRICS_TOKEN", "s3cret-of-prometheus")
    forget_settings()
    return "s3cret-of-prometheus"


async def test_this_machine_is_answered(visitor: Visitor) -> None:
    for address in ("127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"):
        assert await _status("/metrics", address) == 200
    assert await _status("/readyz", "127.0.0.1") in (200, 503)


async def test_for_another_machine_there_is_nothing(visitor: Visitor) -> None:
    for address in ("203.0.113.7", "10.0.0.8", "::ffff:203.0.113.7", "2001:db8::1", "", "unix"):
        for path in INSIDE:
            assert await _status(path, address) == 404, (path, address)
            assert await _status(path, address, Authorization="Bearer ") == 404, (path, address)


async def test_what_came_through_a_proxy_is_not_this_machine(visitor: Visitor) -> None:
    for trusted in ("127.0.0.1", "*", "192.0.2.1"):
        for headers in FORWARDED:
            for path in INSIDE:
                assert await _status(path, "127.0.0.1", trusted, **headers) == 404, (path, trusted, headers)


async def test_whoever_has_the_token_is_answered_and_nobody_with_another(visitor: Visitor, token: str) -> None:
    assert await _status("/metrics", "203.0.113.7", Authorization=f"Bearer {token}") == 200
    assert await _status("/readyz", "203.0.113.7", Authorization=f"Bearer {token}") in (200, 503)
    assert await _status("/metrics", "127.0.0.1", Authorization=f"bearer {token}", **FORWARDED[0]) == 200
    for other in (f"Bearer {token}x", "Bearer", f"Basic {token}", token):
        for path in INSIDE:
            assert await _status(path, "203.0.113.7", Authorization=other) == 404, other


async def test_anybody_may_ask_whether_the_process_is_up(visitor: Visitor) -> None:
    assert await _status("/healthz", "203.0.113.7") == 200


async def test_asking_whether_it_is_ready_writes_nothing(visitor: Visitor, place: Path) -> None:
    def files() -> dict[str, int]:
        paths = place.rglob("*")  # SQLite opens its WAL beside the database
        return {str(path): path.stat().st_mtime_ns for path in paths if "adsvideo.db" not in path.name}

    before = files()
    await visitor.http_client.get("/readyz")
    assert files() == before
