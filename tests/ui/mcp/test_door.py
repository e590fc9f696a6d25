"""The way in to the MCP server: who gets in, under which names, and that nobody loads it who does not."""

import subprocess
import sys

import pytest
from nicegui.testing import User as Visitor

from core.accounts import api_keys
from core.database.session import session
from core.models import User
from core.settings import ROOT
from tests.environment import forget_settings
from ui.mcp.door import hosts

CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"Accept": "application/json, text/event-stream"}


async def ask(visitor: Visitor, key: str, path: str = "/mcp") -> int:
    """The status of a call with that key."""
    headers = {**ACCEPT, "Authorization": f"Bearer {key}", "Host": "localhost:8080"}
    return (await visitor.http_client.post(path, json=CALL, headers=headers)).status_code


async def key_of(user: User) -> str:
    async with session() as db:
        return await api_keys.make_key(db, user, "tests")


async def test_a_revoked_key_and_a_blocked_user_are_out_at_once(visitor: Visitor, alice: User) -> None:
    key = await key_of(alice)
    assert await ask(visitor, key) == await ask(visitor, key, "/mcp/") == 200
    async with session() as db:
        await api_keys.revoke_key(db, alice.id, (await api_keys.keys(db, alice.id))[0].id)
    assert await ask(visitor, key) == 401


async def test_a_browsers_session_opens_nothing(visitor: Visitor, me: User) -> None:
    assert (await visitor.http_client.get("/api/v1/me")).json()["email"] == me.email
    assert (await visitor.http_client.post("/mcp", json=CALL, headers=ACCEPT)).status_code == 401


async def test_it_can_be_closed(visitor: Visitor, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP", "off")
    forget_settings()
    assert await ask(visitor, await key_of(alice)) == 404
    assert (await visitor.http_client.get("/.well-known/oauth-protected-resource/mcp")).status_code == 404


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, {"127.0.0.1:*", "localhost:*", "localhost"}),
        ({"PUBLIC_URL": "https://ads.example.com"}, {"ads.example.com", "localhost:*"}),
        ({"HOST": "0.0.0.0"}, set()),
    ],
)
def test_the_names_are_those_of_the_deployment(
    variables: dict[str, str], expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    forget_settings()
    assert expected <= set(hosts()) if expected else hosts() == []


def test_the_app_starts_without_it() -> None:
    parts = "from ui import api, middleware, pages, routes; from ui.mcp import door"
    code = f"import sys; {parts}; sys.exit('mcp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
