"""One visitor's requests take turns; nobody else waits for them, and a line that is too long is refused."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, StreamingResponse

from tests.waiting import until
from ui import holders
from ui.middleware import turns
from ui.middleware.turns import Turns

ALICE, BOB = {"Authorization": "Bearer alice"}, {"Authorization": "Bearer bob"}


class Slow:
    """An app whose answers wait until they are let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.inside = 0
        self.most = 0
        self.app = FastAPI()
        for path in ("/", "/api/v1/me"):
            self.app.add_api_route(path, self.answer)
        self.app.add_api_route("/api/v1/wait", self.wait)
        self.app.add_api_route("/api/v1/stream", self.stream)
        self.app.add_api_route("/api/v1/quick", self.quick)
        self.app.add_middleware(Turns)

    async def answer(self) -> PlainTextResponse:
        """One that works all the time."""
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await self.go.wait()
        finally:
            self.inside -= 1
        return PlainTextResponse("done")

    async def wait(self, request: Request) -> PlainTextResponse:
        """One that has nothing to do but wait."""
        turns.rest(request)
        return await self.answer()

    async def stream(self) -> StreamingResponse:
        """One that has begun to answer."""

        async def lines() -> AsyncIterator[str]:
            yield "one"
            self.inside += 1
            await self.go.wait()

        return StreamingResponse(lines())

    async def quick(self) -> PlainTextResponse:
        """One that fails at once."""
        raise ValueError("broken")

    def ask(self, path: str = "/api/v1/me", **headers: str) -> "asyncio.Task[httpx.Response]":
        """A request, under way."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)

        async def get() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.get(path, headers=headers)

        return asyncio.create_task(get())


@pytest.fixture
async def slow() -> AsyncIterator[Slow]:
    """Alice and Bob have both opened something with their keys before."""
    holders.learn(ALICE["Authorization"], 1)
    holders.learn(BOB["Authorization"], 2)
    app = Slow()
    yield app
    app.go.set()


@pytest.mark.parametrize(("path", "at_once"), [("/", turns.PAGES_AT_ONCE), ("/api/v1/me", turns.CALLS_AT_ONCE)])
async def test_of_one_visitor_only_a_few_are_worked_on_and_the_rest_comes_after(
    slow: Slow, path: str, at_once: int
) -> None:
    asked = [slow.ask(path, **ALICE) for _ in range(12)]
    await until(lambda: slow.inside == at_once)
    bobs = slow.ask(path, **BOB)
    await until(lambda: slow.inside == at_once + 1)  # Bob is not behind the other eleven
    slow.go.set()
    assert [answer.status_code for answer in await asyncio.gather(*asked, bobs)] == [200] * 13
    assert slow.most == at_once + 1


@pytest.mark.parametrize("path", ["/api/v1/wait", "/api/v1/stream"])
async def test_whoever_only_waits_or_has_begun_to_answer_has_no_turn(slow: Slow, path: str) -> None:
    asked = [slow.ask(path, **ALICE) for _ in range(turns.CALLS_AT_ONCE * 3)]
    await until(lambda: slow.inside == len(asked))
    slow.go.set()
    assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}


async def test_one_that_fails_leaves_its_turn(slow: Slow) -> None:
    for _ in range(turns.CALLS_AT_ONCE + 2):
        assert (await slow.ask("/api/v1/quick", **ALICE)).status_code == 500


async def test_one_that_is_given_up_leaves_the_line(slow: Slow) -> None:
    asked = [slow.ask(**ALICE) for _ in range(turns.CALLS_AT_ONCE + 5)]
    await until(lambda: slow.inside == turns.CALLS_AT_ONCE)
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    slow.go.set()
    assert (await slow.ask(**ALICE)).status_code == 200


async def test_a_line_that_is_too_long_is_refused_with_a_sentence(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LINE", 3)
    asked = [slow.ask(**ALICE) for _ in range(turns.CALLS_AT_ONCE + 3)]
    await until(lambda: slow.inside == turns.CALLS_AT_ONCE)
    refused = await slow.ask(**ALICE)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    sentence = "3 of your requests are waiting for their turn already. Please try again in 5 s."
    assert refused.json() == {"error": {"code": "too_many_at_once", "message": sentence}}
    slow.go.set()
    assert {answer.status_code for answer in await asyncio.gather(*asked, slow.ask(**BOB))} == {200}


async def test_a_person_reads_it_on_a_page_that_loads_itself_anew(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LINE", 0)
    answer = await slow.ask("/", Accept="text/html", **{"Accept-Language": "zh-CN"}, **ALICE)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert "请求在排队" in answer.text
    assert '<meta http-equiv="refresh" content="5">' in answer.text


def scope(client: str = "203.0.113.7", key: str = "", user: int | None = None) -> dict[str, Any]:
    """What a request says of itself."""
    headers = [(b"authorization", key.encode())] if key else []
    return {"type": "http", "headers": headers, "client": (client, 5000), "session": {"user": user} if user else {}}


def test_whoever_makes_keys_up_is_an_address_and_all_keys_and_cookies_of_a_user_are_one() -> None:
    holders.learn("Bearer first", 17)
    holders.learn("Bearer second", 17)
    assert {holders.of(scope(key=f"Bearer made-up-{n}")) for n in range(3)} == {"address 203.0.113.7"}
    theirs = [scope(key="Bearer first"), scope(key="Bearer second", client="198.51.100.1"), scope(user=17)]
    assert {holders.of(one) for one in theirs} == {"user 17"}
    holders.unlearn("Bearer first")
    assert holders.of(scope(key="Bearer first")) == "address 203.0.113.7"


def test_a_network_of_ipv6_is_one_address() -> None:
    assert holders.of(scope("2001:db8::1")) == holders.of(scope("2001:db8::2:9")) != holders.of(scope("2001:db8:1::1"))
    assert holders.of(scope("::ffff:203.0.113.7")) == holders.of(scope("203.0.113.7"))
