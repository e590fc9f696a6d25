"""What comes by another name, from another site, or with more than we can take, does nothing and is told so."""

import asyncio

import pytest
from nicegui.testing import User as Visitor

from core.accounts import api_keys
from core.admin import deeds
from core.database.session import session
from core.models import User
from core.videos import library, states
from tests.people import ask
from tests.waiting import until
from ui import live, poll_cache

NAMES = ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "ai.", "[evil]"]


@pytest.mark.parametrize("name", NAMES)
async def test_without_a_provider_a_strange_name_for_our_address_opens_nothing(visitor: Visitor, name: str) -> None:
    for path in ("/auth/login", "/", "/api/v1/me"):
        answer = await visitor.http_client.get(path, headers={"Host": name})
        assert (answer.status_code, answer.json()["error"]["code"]) == (421, "unknown_host")


@pytest.mark.parametrize("name", ["localhost:8080", "127.0.0.1", "[::1]:8080", "adsvideo", "me.localhost", "192.0.2.1"])
async def test_our_own_names_are_known(visitor: Visitor, name: str) -> None:
    assert (await visitor.http_client.get("/healthz", headers={"Host": name})).status_code == 200


@pytest.mark.parametrize("origin", ["null", "file://", "about:blank"])
async def test_a_page_without_a_site_is_another_site(visitor: Visitor, me: User, origin: str) -> None:
    answer = await visitor.http_client.post("/api/v1/videos/1/cancel", headers={"Origin": origin})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site")


async def test_any_name_and_password_do_not_help_to_sign_somebody_out(visitor: Visitor, me: User) -> None:
    sent = {"Sec-Fetch-Site": "cross-site", "Authorization": "Basic eDp5"}
    assert (await visitor.http_client.get("/auth/logout", headers=sent)).status_code == 403
    assert (await visitor.http_client.get("/api/v1/me")).status_code == 200


async def test_a_number_without_end_is_no_video(visitor: Visitor, me: User) -> None:
    for number in (2**31, 10**30, -(10**30)):
        assert (await visitor.http_client.get(f"/?reuse={number}")).status_code == 200


async def test_a_way_back_without_end_is_forgotten(visitor: Visitor) -> None:
    answer = await visitor.http_client.get("/auth/login?next=/" + "a" * 5000)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("what", ["deleted", "blocked", "revoked"])
async def test_whoever_follows_a_video_hears_nothing_more(visitor: Visitor, me: User, alice: User, what: str) -> None:
    await until(lambda: poll_cache._state["on"])
    video = await ask(alice)
    async with session() as db:
        key = {"Authorization": f"Bearer {await api_keys.make_key(db, alice, 'test')}"}
    following = asyncio.create_task(visitor.http_client.get(f"/api/v1/videos/{video.id}/events", headers=key))
    await until(lambda: live.for_user(alice.id).callbacks)
    async with session() as db:
        if what == "deleted":
            await states.cancel(db, alice.id, video.id)
            await library.delete_one(db, alice.id, video.id)
        elif what == "blocked":
            await deeds.block(db, me.id, alice.id, blocked=True)
        else:
            await api_keys.revoke_key(db, alice.id, (await api_keys.keys(db, alice.id))[0].id)
    async with asyncio.timeout(4):
        assert (await following).status_code == 200
