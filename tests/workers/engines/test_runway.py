"""Runway's API against a real server on 127.0.0.1."""

import asyncio
import logging
import socket
import warnings
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from core.catalog.entries import Server
from core.errors import (
    EngineError,
    JobLost,
    ModerationRefused,
    NeverShown,
    NotReady,
    NoVideosServer,
    OutcomeUnknown,
    OverCapacity,
    PictureRefused,
    ProviderFailed,
    QuotaExhausted,
    RequestRefused,
    Unreachable,
    WrongKey,
)
from tests.servers import a_job, jpeg
from tests.servers.runway import RunwayServer
from tests.waiting import let_pass, until
from workers.engines import Billed, Look, calls, open_engine, runway
from workers.engines.runway import Runway

KEY = "key_0123456789abcdef"
Opened = tuple[RunwayServer, Runway]


@pytest.fixture
async def speaking() -> AsyncIterator[Callable[..., Opened]]:
    """`speaking()` gives a server and an engine that talks to it, and may poll as often as it likes."""
    opened: list[Opened] = []

    def open_both(*, concurrency: int = 4, **more: Any) -> Opened:
        server = RunwayServer(key=KEY, **more).start()
        talker = open_engine(Server("runway", "runway", base_url=server.url, key=KEY, concurrency=concurrency))
        assert isinstance(talker, Runway)
        talker.min_poll_seconds = 0.0
        opened.append((server, talker))
        return server, talker

    yield open_both
    for server, talker in opened:
        await talker.close()
        server.stop()


def no_report(percent: int) -> None:
    """Progress of a fetch; not of interest here."""


async def follow(engine: Runway, provider_id: str) -> list[Look]:
    """Look until the task has ended."""
    looks: list[Look] = []
    while not looks or looks[-1].state in ("queued", "running"):
        looks.append((await engine.look([provider_id]))[provider_id])
    return looks


async def test_a_video_comes_home_through_all_states(speaking: Any, tmp_path: Path) -> None:
    server, engine = speaking(polls=4)
    job = a_job(engine.server, upstream="gen4.5")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        provider_id = await engine.submit(job)
        looks = await follow(engine, provider_id)
        await engine.fetch(job, provider_id, looks[-1], tmp_path / "x.mp4", no_report)
    assert [(look.state, look.progress) for look in looks] == [
        ("queued", None),
        ("running", 25),
        ("running", 50),
        ("running", 75),
        ("succeeded", 100),
    ]
    assert looks[-1].billed == Billed(60, "credits")
    with av.open(str(tmp_path / "x.mp4")) as film:
        assert (film.streams.video[0].width, film.streams.video[0].height) == (320, 192)
    (call,) = server.received("POST")
    assert call.headers["x-runway-version"] == "2024-11-06"
    assert call.fields.keys() == {"model", "promptImage", "promptText", "ratio", "duration"}
    assert (call.fields["model"], call.fields["ratio"], call.fields["duration"]) == ("gen4.5", "320:192", 2)
    assert call.fields["promptImage"].startswith("data:image/jpeg;base64,/9j/")


async def test_throttled_is_queued(speaking: Any) -> None:
    _, engine = speaking(throttled=True)
    provider_id = await engine.submit(a_job(engine.server))
    assert (await engine.look([provider_id]))[provider_id].state == "queued"


async def test_the_output_is_fetched_without_our_key(speaking: Any, tmp_path: Path) -> None:
    server, engine = speaking(polls=1)
    job = a_job(engine.server)
    provider_id = await engine.submit(job)
    look = (await follow(engine, provider_id))[-1]
    await engine.fetch(job, provider_id, look, tmp_path / "x.mp4", no_report)
    (call,) = server.received("GET", "/output/")
    assert KEY not in str(call.headers)


async def test_an_expired_address_is_asked_for_again(speaking: Any, tmp_path: Path) -> None:
    server, engine = speaking(polls=1, link_lives=1)
    job = a_job(engine.server)
    provider_id = await engine.submit(job)
    old = (await follow(engine, provider_id))[-1]
    await engine.retrieve(provider_id)  # a newer address makes the old one expire
    await engine.fetch(job, provider_id, old, tmp_path / "x.mp4", no_report)
    assert len(server.received("GET", "/output/")) == 2
    assert (tmp_path / "x.mp4").stat().st_size > 1000


async def test_a_worker_that_knows_only_the_id_can_fetch(speaking: Any, tmp_path: Path) -> None:
    server, engine = speaking(polls=2)
    job = a_job(engine.server)
    provider_id = await engine.submit(job)
    with pytest.raises(NotReady):
        await engine.fetch(job, provider_id, None, tmp_path / "x.mp4", no_report)
    server.polls = 1
    await engine.fetch(job, provider_id, Look("succeeded"), tmp_path / "x.mp4", no_report)
    assert [p.name for p in tmp_path.iterdir()] == ["x.mp4"]


@pytest.mark.parametrize(
    ("code", "kind", "worth_retry", "cost"),
    [
        ("SAFETY.INPUT.TEXT", ModerationRefused, False, 60),
        ("SAFETY.OUTPUT.VIDEO", ModerationRefused, False, 0),
        ("INPUT_PREPROCESSING.SAFETY.TEXT", ModerationRefused, False, 0),
        ("ASSET.INVALID", PictureRefused, False, 0),
        ("INTERNAL.BAD_OUTPUT.CODE01", ProviderFailed, True, 0),
        ("INTERNAL", ProviderFailed, True, 0),
    ],
)
async def test_a_failure_code_decides_what_is_said_and_whether_to_try_again(
    code: str, kind: type[EngineError], *, worth_retry: bool, cost: int, speaking: Any, tmp_path: Path
) -> None:
    server, engine = speaking(polls=1, failure=code)
    job = a_job(engine.server)
    provider_id = await engine.submit(job)
    look = (await follow(engine, provider_id))[-1]
    assert (look.state, type(look.error), look.worth_retry) == ("failed", kind, worth_retry)
    assert look.billed == Billed(cost, "credits")
    assert look.error is not None
    assert "." not in look.error.message.rstrip(".").replace(". ", "")  # no code, no markup
    assert "error" not in look.error.message
    with pytest.raises(kind):
        await engine.fetch(job, provider_id, Look("succeeded"), tmp_path / "x.mp4", no_report)
    assert server.creates == 1


async def test_a_canceled_task_ends_and_tells_its_cost(speaking: Any) -> None:
    server, engine = speaking()
    provider_id = await engine.submit(a_job(engine.server))
    server.tasks[provider_id].canceled = True
    look = (await engine.look([provider_id]))[provider_id]
    assert (look.state, look.billed) == ("canceled", Billed(0, "credits"))


async def test_a_task_is_never_asked_about_twice_within_five_seconds(speaking: Any) -> None:
    assert Runway.min_poll_seconds == 5.0
    server, engine = speaking(polls=9)
    engine.min_poll_seconds = 600.0
    first, second = [await engine.submit(a_job(engine.server)) for _ in range(2)]
    for _ in range(4):
        looks = await engine.look([first, second])
        assert {look.state for look in looks.values()} == {"queued"}
    assert len(server.received("GET", "/v1/tasks")) == 2
    engine.min_poll_seconds = 0.0  # so long later
    assert (await engine.look([first]))[first].state == "running"
    assert len(server.received("GET", "/v1/tasks")) == 3


async def test_a_large_picture_is_made_to_fit_at_the_same_size(speaking: Any) -> None:
    server, engine = speaking()
    large = jpeg(2000, 1600, quality=99)
    assert len(large) > 5_000_000
    await engine.submit(await engine.prepare(a_job(engine.server, size="2000x1600", picture=large)))
    task = next(iter(server.tasks.values()))
    assert (task.width, task.height) == (2000, 1600)
    assert len(server.received("POST")[0].fields["promptImage"]) < 5_000_000


@pytest.mark.parametrize(
    ("takes", "calls", "ratio"), [("pixels", 1, "320:192"), ("aspect", 2, "5:3"), ("none", 3, None)]
)
async def test_each_model_gets_the_ratio_it_wants_and_is_remembered(
    takes: str, calls: int, ratio: str | None, speaking: Any
) -> None:
    server, engine = speaking(ratio=takes)
    for _ in range(2):
        await engine.submit(a_job(engine.server, upstream="hailuo3"))
    assert server.creates == calls + 1
    assert server.received("POST")[-1].fields.get("ratio") == ratio
    assert len(server.tasks) == 2


async def test_a_size_that_a_model_does_not_have_is_told_in_runways_first_words(speaking: Any) -> None:
    server, engine = speaking(ratio="nothing fits")
    with pytest.raises(RequestRefused, match="Validation of body failed: ratio: Unrecognized or invalid ratio"):
        await engine.submit(a_job(engine.server))
    assert server.creates == 3


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((401, {"error": "no"}), WrongKey),
        ((404, {"error": "no"}), RequestRefused),
        ((400, {"error": "You do not have enough credits to run this task."}), QuotaExhausted),
        ((400, {"error": "no", "issues": [{"path": ["promptImage"], "message": "Invalid asset"}]}), PictureRefused),
        ((429, {"error": "daily limit"}, {"Retry-After": "9"}), OverCapacity),
        ((503, {"error": "shedding load"}), OverCapacity),
        ((500, {"error": "no"}), RequestRefused),
        ((500, {}), OutcomeUnknown),
        ((504, {"error": "no"}), OutcomeUnknown),
        ((200, {"error": "no"}), RequestRefused),
        ((200, {"code": 1001, "msg": "no"}), RequestRefused),
        ((200, "<html></html>"), NoVideosServer),
        ((200, ""), NoVideosServer),
        ((200, {"status": "PENDING"}), OutcomeUnknown),
        ("break", OutcomeUnknown),
        ("break-taken", OutcomeUnknown),
    ],
)
async def test_create_is_called_once_whatever_the_answer(answer: Any, kind: type[EngineError], speaking: Any) -> None:
    server, engine = speaking(script=[answer])
    with pytest.raises(EngineError) as caught:
        await engine.submit(a_job(engine.server))
    assert type(caught.value) is kind
    assert server.creates == 1
    if isinstance(answer, tuple) and answer[0] == 429:
        assert isinstance(caught.value, OverCapacity)
        assert caught.value.retry_after == 9


async def test_a_create_call_that_takes_too_long_is_not_sent_again(
    speaking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runway, "TIMEOUT", httpx.Timeout(60, read=0.2))
    server, engine = speaking(script=["hang"])
    with pytest.raises(OutcomeUnknown):
        await engine.submit(a_job(engine.server))
    await until(lambda: server.creates)
    assert server.creates == 1


async def test_runway_can_not_list_so_an_unknown_outcome_stays_unknown(speaking: Any) -> None:
    _, engine = speaking()
    with pytest.raises(OutcomeUnknown):
        await engine.find(a_job(engine.server))


async def test_a_server_that_could_not_be_reached_took_nothing() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))  # bound, but not listening
        engine = open_engine(Server("r", "runway", base_url=f"http://127.0.0.1:{sock.getsockname()[1]}", key=KEY))
        with pytest.raises(Unreachable):
            await engine.submit(a_job(engine.server))
        with pytest.raises(Unreachable):
            await engine.look(["a", "b"])
        await engine.close()


async def test_a_look_that_tells_nothing_about_the_task_ends_nothing(speaking: Any) -> None:
    server, engine = speaking(polls=1)
    provider_id = await engine.submit(a_job(engine.server))
    answers: list[Any] = [(500, {"error": "no"}, {}), (401, {"error": "no"}, {}), (200, "no task", {})]
    for answer in answers:
        server.busy = answer
        with pytest.raises(Unreachable):
            await engine.look([provider_id])
    server.busy = None
    assert (await follow(engine, provider_id))[-1].state == "succeeded"


async def test_a_server_that_says_wait_is_left_alone_for_so_long(
    speaking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, engine = speaking()
    ids = [await engine.submit(a_job(engine.server)) for _ in range(9)]
    server.busy = (429, {"error": "slow down"}, {"Retry-After": "60"})
    with pytest.raises(OverCapacity):
        await engine.look(ids)
    server.busy = None
    with pytest.raises(OverCapacity) as caught:
        await engine.look(ids)
    assert 0 < (caught.value.retry_after or 0) <= 60
    assert len(server.received("GET", "/v1/tasks")) <= engine.server.concurrency
    let_pass(monkeypatch, calls, 60)
    assert set(await engine.look(ids)) == set(ids)


@pytest.mark.parametrize(("looks", "kind"), [(0, NeverShown), (1, JobLost)])
async def test_a_task_that_is_gone_is_lost_at_the_second_look(
    looks: int, kind: type[EngineError], speaking: Any
) -> None:
    server, engine = speaking()
    provider_id = await engine.submit(a_job(engine.server))
    for _ in range(looks):
        await engine.look([provider_id])
    server.forget()
    assert await engine.look([provider_id]) == {}
    assert type((await engine.look([provider_id]))[provider_id].error) is kind


async def test_cancel_says_that_nothing_is_owed_only_if_the_task_had_not_started(speaking: Any) -> None:
    server, engine = speaking(polls=9)
    waiting, running, refunded_not = [await engine.submit(a_job(engine.server)) for _ in range(3)]
    assert await engine.cancel(waiting) is True
    server.tasks[running].looks = 3
    assert await engine.cancel(running) is False
    server.starts_on_cancel = True
    assert await engine.cancel(refunded_not) is False
    assert all(server.tasks[task].canceled for task in (waiting, running, refunded_not))


async def test_cancel_leaves_a_finished_video_alone(speaking: Any) -> None:
    server, engine = speaking(polls=1)
    provider_id = await engine.submit(a_job(engine.server))
    await follow(engine, provider_id)
    assert await engine.cancel(provider_id) is False
    assert await engine.cancel("unknown") is True
    assert server.received("DELETE") == []


async def test_calls_at_once_stay_under_the_bound(speaking: Any) -> None:
    server, engine = speaking(concurrency=2, slow=0.05)
    ids = [await engine.submit(a_job(engine.server)) for _ in range(6)]
    await asyncio.gather(engine.look(ids), *(engine.submit(a_job(engine.server)) for _ in range(6)))
    assert server.most == 2


async def test_a_key_that_runway_quotes_reaches_no_log_and_no_error(
    speaking: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="workers")
    _, engine = speaking(script=[(400, {"error": f"key {KEY} may not do this"}, {})])
    with pytest.raises(RequestRefused) as caught:
        await engine.submit(a_job(engine.server))
    assert KEY not in caught.value.detail + caplog.text
    assert "may not do this" in caplog.text
