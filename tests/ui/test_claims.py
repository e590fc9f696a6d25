"""Who somebody is, wherever the OpenID provider says it: the ID token or UserInfo. docs/security.md, "Sign-in"."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from nicegui.testing import User as Visitor
from sqlmodel import select

from core.database.session import reading
from core.models import User
from tests.environment import forget_settings
from tests.servers.openid import ANN, OpenIDProvider


@pytest.fixture
def provider(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenIDProvider]:
    """A provider that the app is configured for."""
    with OpenIDProvider() as running:
        monkeypatch.setenv("OIDC_ISSUER", running.root)
        monkeypatch.setenv("GOOGLE_CLIENT_ID", "adsvideo")
        monkeypatch.setenv("GOOGLE_CLIENT_SECRET", "quiet")
        forget_settings()
        yield running


async def sign_in(visitor: Visitor) -> str:
    """To the provider and back; gives where the browser ends up."""
    leaving = await visitor.http_client.get("/auth/login", follow_redirects=False)
    async with httpx.AsyncClient() as browser:
        back = await browser.get(leaving.headers["location"])
    address = httpx.URL(back.headers["location"])
    arrived = await visitor.http_client.get(address.raw_path.decode(), follow_redirects=False)
    return arrived.headers["location"]


async def accounts() -> list[tuple[str, str]]:
    """E-mail and name of everybody."""
    async with reading() as db:
        return [(user.email, user.name) for user in (await db.exec(select(User))).all()]


NO_EMAIL = {name: value for name, value in ANN.items() if not name.startswith("email")}
EMAIL_ONLY = {name: value for name, value in ANN.items() if name != "email_verified"}
UNVERIFIED = {**ANN, "email_verified": False}
SIGNED_IN: list[dict[str, Any]] = [
    {"told": "id_token"},
    {"told": "id_token", "userinfo_status": None},
    {"told": "userinfo"},
    {"told": "userinfo", "user": {**ANN, "email_verified": "true"}},
    {"told": "userinfo", "in_token": {"email": "ann@example.com"}},
    {"told": "userinfo", "in_token": {"email_verified": True}},
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"told": "userinfo", "other": {"sub": "eve"}}, "sign_in_failed"),
    ({"told": "userinfo", "other": {"sub": None}}, "sign_in_failed"),
    ({"told": "userinfo", "userinfo_status": 500}, "sign_in_failed"),
    ({"told": "userinfo", "userinfo_status": None}, "email_missing"),
    ({"told": "userinfo", "user": NO_EMAIL}, "email_missing"),
    ({"told": "userinfo", "user": {**ANN, "email": ""}}, "email_missing"),
    ({"told": "userinfo", "user": {**ANN, "email": None}}, "email_missing"),
    ({"told": "id_token", "user": NO_EMAIL}, "email_missing"),
    ({"told": "userinfo", "user": EMAIL_ONLY}, "email_not_verified"),
    ({"told": "userinfo", "user": UNVERIFIED}, "email_not_verified"),
    ({"told": "id_token", "user": UNVERIFIED, "other": {"email_verified": True}}, "email_not_verified"),
    ({"told": "id_token", "user": EMAIL_ONLY, "other": {**ANN, "email": "x@y.z"}}, "email_not_verified"),
    ({"in_token": {"email_verified": True}, "user": UNVERIFIED}, "email_not_verified"),
]


def told(provider: OpenIDProvider, switches: dict[str, Any]) -> None:
    """Make the provider so."""
    for name, value in switches.items():
        setattr(provider, name, value)


@pytest.mark.parametrize("switches", SIGNED_IN, ids=str)
async def test_the_e_mail_counts_wherever_the_provider_says_it(
    switches: dict[str, Any], provider: OpenIDProvider, visitor: Visitor
) -> None:
    told(provider, switches)
    assert await sign_in(visitor) == "/"
    assert [email for email, _ in await accounts()] == ["ann@example.com"]
    assert provider.asked_userinfo == (0 if switches["told"] == "id_token" else 1)


@pytest.mark.parametrize(("switches", "why"), REFUSED, ids=str)
async def test_whoever_is_refused_is_told_the_right_reason(
    switches: dict[str, Any], why: str, provider: OpenIDProvider, visitor: Visitor
) -> None:
    told(provider, switches)
    assert await sign_in(visitor) == f"/login?why={why}"
    assert await accounts() == []


async def test_a_missing_e_mail_has_a_sentence_of_its_own(provider: OpenIDProvider, visitor: Visitor) -> None:
    provider.user = NO_EMAIL
    await visitor.open(await sign_in(visitor))
    await visitor.should_see("did not tell us your e-mail address")


async def test_a_provider_that_is_away_is_no_crash(provider: OpenIDProvider, visitor: Visitor) -> None:
    provider.stop()
    answer = await visitor.http_client.get("/auth/login", follow_redirects=False)
    assert answer.headers["location"] == "/login?why=sign_in_failed"
