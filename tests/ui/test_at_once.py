"""Bounds for what one user holds at once: 429, a sentence, the seconds to wait; nobody else is refused."""

import asyncio
import contextlib
from typing import Any

import httpx
import pytest
from nicegui.testing import User as Visitor

from core import at_once
from core.accounts import api_keys
from core.database.session import session
from core.errors import TooManyStreams
from core.models import User
from tests.environment import forget_settings
from tests.people import ask, picture_of
from tests.waiting import until
from ui import compat, open_pages


async def key_of(user: User) -> dict[str, str]:
    """A script's header."""
    async with session() as db:
        return {"Authorization": f"Bearer {await api_keys.make_key(db, user, 'tests')}"}


def refused(answer: httpx.Response) -> dict[str, Any]:
    """The error of a 429, which says when to come back."""
    assert answer.status_code == 429, answer.text
    assert int(answer.headers["retry-after"]) > 0
    error: dict[str, Any] = answer.json()["error"]
    return error


async def test_event_streams(visitor: Visitor, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert at_once.STREAMS.places == 8
    monkeypatch.setattr(at_once.STREAMS, "places", 0)
    video = await ask(alice)
    answer = await visitor.http_client.get(f"/api/v1/videos/{video.id}/events", headers=await key_of(alice))
    assert refused(answer)["code"] == "too_many_streams"


async def test_requests_that_wait(visitor: Visitor, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once.WAITS, "places", 1)
    http, key = visitor.http_client, await key_of(alice)
    video = await ask(alice)
    address = f"/api/v1/videos/{video.id}"
    waiting = asyncio.create_task(http.get(f"{address}?wait=60", headers=key))
    await until(lambda: at_once.WAITS.taken(alice.id))
    assert refused(await http.get(f"{address}?wait=60", headers=key))["code"] == "too_many_waits"
    assert (await http.get(address, headers=key)).status_code == 200
    assert (await http.post(f"{address}/cancel", headers=key)).status_code == 200
    assert (await asyncio.wait_for(waiting, 60)).json()["status"] == "canceled"
    assert (await http.get(f"{address}?wait=60", headers=key)).status_code == 200  # has ended: nothing to wait for


async def test_pictures_that_are_made_to_be_looked_at(
    visitor: Visitor, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_once.FRAMINGS, "places", 0)
    picture, key = await picture_of(alice), await key_of(alice)
    for path in (f"{picture.id}/framed?size=1280x720", "presets/perfume/framed?size=1280x720", f"{picture.id}/cutout"):
        answer = await visitor.http_client.get(f"/api/v1/images/{path}", headers=key)
        assert refused(answer)["code"] == "too_many_framings", path
    still = {"clips": [{"image_id": picture.id, "seconds": 2}], "at": 1}
    answer = await visitor.http_client.post("/api/v1/edits/still", headers=key, json=still)
    assert refused(answer)["code"] == "too_many_framings"


async def test_prompts_at_the_chat_model(visitor: Visitor, me: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once.IMPROVEMENTS, "places", 0)
    monkeypatch.setenv("OPENAI_CHAT_MODEL", "gpt-5-mini")
    forget_settings()
    await visitor.open("/")
    visitor.find(marker="prompt-foot").trigger("do", {"detail": "improve"})
    await visitor.should_see("of your prompts are being improved already. Please wait for them.")


def test_a_place_is_free_again_when_what_held_it_is_over_and_everybody_has_their_own() -> None:
    for _ in range(at_once.STREAMS.places + 1):
        with pytest.raises(ValueError, match="broken"), at_once.STREAMS.of(1):
            raise ValueError("broken")
    with contextlib.ExitStack() as held:
        for _ in range(at_once.STREAMS.places):
            held.enter_context(at_once.STREAMS.of(1))
        with pytest.raises(TooManyStreams, match="8 event streams of yours are open already"), at_once.STREAMS.of(1):
            raise AssertionError("a ninth")
        with at_once.STREAMS.of(2):
            pass


async def test_open_pages_that_nobody_looks_at_make_room(
    visitor: Visitor, me: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_pages, "OF_A_USER", 12)
    await visitor.open("/pricing")
    await until(lambda: all(page.has_socket_connection for page in compat.pages()))
    (looked_at,) = compat.pages()
    for _ in range(6):
        assert (await visitor.http_client.get("/login", headers={"Accept": "text/html"})).status_code == 200
    assert len(compat.pages()) == 1 + 12 // open_pages.UNSEEN_SHARE
    assert looked_at in compat.pages()


async def test_who_has_too_many_pages_open_is_told_so(
    visitor: Visitor, me: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_pages, "OF_A_USER", 1)
    await visitor.open("/login")
    await until(lambda: all(page.has_socket_connection for page in compat.pages()))
    answer = await visitor.http_client.get("/library", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert "1 pages of yours are open already. Please close some of them, then load this one again." in answer.text


def socket(client: str = "203.0.113.7", user: int | None = None) -> dict[str, Any]:
    """The scope of a socket's request."""
    return {"headers": [], "client": (client, 5000), "session": {"user": user} if user else {}}


def test_sockets_before_the_sign_in_are_counted_by_address_and_then_by_user() -> None:
    most = open_pages.SOCKETS_A_PAGE * open_pages.OF_AN_ADDRESS
    strangers = [socket() for _ in range(most)]
    assert open_pages.has_room_for_socket(socket(), strangers[1:])
    assert not open_pages.has_room_for_socket(socket(), strangers)
    assert open_pages.has_room_for_socket(socket("198.51.100.1"), strangers)
    assert open_pages.has_room_for_socket(socket(user=17), strangers)
    theirs = [socket(user=17) for _ in range(open_pages.SOCKETS_A_PAGE * open_pages.OF_A_USER)]
    assert not open_pages.has_room_for_socket(socket("198.51.100.1", 17), theirs)
