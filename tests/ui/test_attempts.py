"""Who fails to sign in too often is told when to come back; who has the right key never waits."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nicegui.testing import User as Visitor
from nicegui.testing import user_simulation

from core.accounts import api_keys
from core.database.session import session
from core.models import User
from core.settings import ROOT
from tests.environment import forget_settings
from tests.people import photo


@pytest.fixture
async def guarded(place: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Visitor]:
    """An app with an identity provider that nobody asks, and three attempts a minute."""
    for name, value in {
        "GOOGLE_CLIENT_ID": "id",
        "GOOGLE_CLIENT_SECRET": "secret",
        "SIGN_IN_ATTEMPTS_PER_MINUTE": "3",
        "UPLOADS_PER_HOUR": "2",
    }.items():
        monkeypatch.setenv(name, value)
    forget_settings()
    async with user_simulation(main_file=ROOT / "main.py") as simulated:
        yield simulated


async def key_of(user: User) -> dict[str, str]:
    """The header with a new key."""
    async with session() as db:
        return {"Authorization": f"Bearer {await api_keys.make_key(db, user, 'test')}"}


async def test_wrong_keys_are_counted_and_a_right_one_always_opens(guarded: Visitor, alice: User) -> None:
    wrong = {"Authorization": "Bearer ads_wrong"}
    answers = [await guarded.http_client.get("/api/v1/me", headers=wrong) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].json()["error"]["code"] == "too_many_attempts"
    assert (await guarded.http_client.get("/api/v1/me", headers=await key_of(alice))).status_code == 200
    assert (await guarded.http_client.get("/api/v1/me")).status_code == 401


async def test_failed_sign_ins_are_counted(guarded: Visitor) -> None:
    answers = [await guarded.http_client.get("/auth/callback?code=x&state=invented") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
    start = await guarded.http_client.get("/auth/login", headers={"accept-language": "zh"})
    assert (start.status_code, "retry-after" in start.headers) == (429, True)
    assert "登录" in start.text


async def test_uploads_say_when_the_next_one_can_start(guarded: Visitor, alice: User) -> None:
    headers = await key_of(alice)
    files = {"file": ("shoe.jpg", photo(), "image/jpeg")}
    answers = [await guarded.http_client.post("/api/v1/images", files=files, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[-1].json()["error"]["code"] == "too_many_uploads"
    assert int(answers[-1].headers["retry-after"]) > 3000
