"""What holds for every provider that is asked by plain HTTP: fal, Gemini, Ark, MiniMax."""

import asyncio
import io
import json
import logging
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import av
import httpx2
import pytest
from PIL import Image

from core.catalog.entries import Server
from core.errors import (
    EngineError,
    JobLost,
    NeverShown,
    NotHandedOut,
    NotReady,
    NoVideosServer,
    OutcomeUnknown,
    OverCapacity,
    PictureRefused,
    QuotaExhausted,
    RequestRefused,
    TooHeavy,
    Unplayable,
    Unreachable,
    WrongKey,
)
from tests.environment import forget_settings
from tests.servers import a_job, jpeg
from tests.waiting import let_pass, until
from tests.workers.engines.providers import KEY, PROVIDERS, Opened, no_report, opening
from workers.engines import Job, Look, calls, open_engine

ALL = sorted(PROVIDERS)


@pytest.fixture
async def speaking() -> AsyncIterator[Callable[..., Opened]]:
    """`speaking("fal")` gives a server and an engine that talks to it."""
    async for open_both in opening():
        yield open_both


def job_for(both: Opened, prompt: str = "A cup turns", **more: Any) -> Job:
    """A job as the catalogue would have it for this provider."""
    provider = both.provider
    width, _, height = provider.size.partition("x")
    picture = more.pop("picture", None) or jpeg(int(width), int(height), quality=30)
    return a_job(
        both.engine.server,
        prompt,
        size=provider.size,
        seconds=provider.seconds,
        upstream=provider.upstream,
        picture=picture,
        **more,
    )


@pytest.mark.parametrize("name", ALL)
async def test_a_film_comes_home_and_the_picture_arrives_at_the_jobs_size(
    name: str, speaking: Any, tmp_path: Path
) -> None:
    both = speaking(name)
    job = job_for(both)
    provider_id = await both.submit(job)
    looks = await both.follow(provider_id)
    assert [look.state for look in looks] == ["queued", "running", "succeeded"]
    await both.engine.fetch(job, provider_id, looks[-1], tmp_path / "x.mp4", no_report)
    (task,) = both.server.tasks.values()
    assert (task.size, task.seconds) == ((1280, 720), 5)
    with av.open(str(tmp_path / "x.mp4")) as film:
        assert (film.streams.video[0].width, film.streams.video[0].height) == (1280, 720)
    assert len(both.provider.created(both.server)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["x.mp4"]


CREATE: list[tuple[Any, type[EngineError]]] = [
    ((503, {"error": {"message": "shedding load"}}), OverCapacity),
    ((429, {"error": {"message": "slow down"}}, {"Retry-After": "9"}), OverCapacity),
    ((500, {"error": {"message": "no runner"}}), RequestRefused),
    ((500, {}), OutcomeUnknown),
    ((504, {"error": {"message": "gateway"}}), OutcomeUnknown),
    ((401, {"error": {"message": "no"}}), WrongKey),
    ((402, {"error": {"message": "pay first"}}), QuotaExhausted),
    ((403, {"error": {"message": "User is locked. Reason: Exhausted balance. Top up your balance."}}), QuotaExhausted),
    ((404, {"error": {"message": "no such model"}}), RequestRefused),
    ((307, "", {"Location": "https://elsewhere.example/x"}), RequestRefused),
    ((200, "<html></html>"), NoVideosServer),
    ((200, {"error": {"message": "no"}}), RequestRefused),
    ("break", OutcomeUnknown),
    ("break-taken", OutcomeUnknown),
]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("answer", "kind"), CREATE)
async def test_create_is_called_once_whatever_the_answer(
    answer: Any, kind: type[EngineError], name: str, speaking: Any
) -> None:
    both = speaking(name, script=[answer])
    with pytest.raises(EngineError) as caught:
        await both.submit(job_for(both))
    assert type(caught.value) is kind
    assert both.server.creates == len(both.provider.created(both.server)) == 1
    if isinstance(answer, tuple) and answer[0] == 429:
        assert isinstance(caught.value, OverCapacity)
        assert caught.value.retry_after == 9


@pytest.mark.parametrize("name", ALL)
async def test_a_create_call_that_gets_no_answer_is_not_sent_again(
    name: str, speaking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "TIMEOUT", httpx2.Timeout(60, read=1.0))
    both = speaking(name, script=["hang"])
    with pytest.raises(OutcomeUnknown):
        await both.submit(job_for(both))
    await until(lambda: both.server.creates)
    assert len(both.provider.created(both.server)) == 1


@pytest.mark.parametrize("name", ALL)
async def test_a_server_that_could_not_be_reached_took_nothing(name: str) -> None:
    provider = PROVIDERS[name]
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))  # bound, but not listening
        engine = open_engine(
            Server("x", provider.engine, base_url=f"http://127.0.0.1:{sock.getsockname()[1]}", key=KEY)
        )
        with pytest.raises(Unreachable):
            await engine.submit(a_job(engine.server, upstream=provider.upstream))
        for ids in (["a/b/requests/c"], ["a", "b"]):
            with pytest.raises(Unreachable):
                await engine.look(ids)
        await engine.close()


@pytest.mark.parametrize("name", ALL)
async def test_the_key_goes_to_no_other_host(name: str, speaking: Any, tmp_path: Path) -> None:
    both = speaking(name, film="moved")
    job = job_for(both)
    provider_id = await both.submit(job)
    look = (await both.follow(provider_id))[-1]
    await both.engine.fetch(job, provider_id, look, tmp_path / "x.mp4", no_report)
    (moved,) = both.server.received("GET", "/moved/")
    elsewhere = [call for call in both.server.calls if call.headers["host"].startswith("localhost")]
    assert moved in elsewhere
    assert KEY not in json.dumps([call.headers for call in elsewhere])


@pytest.mark.parametrize("name", ALL)
async def test_an_unknown_status_is_asked_about_further_and_logged_once(
    name: str, speaking: Any, caplog: pytest.LogCaptureFixture
) -> None:
    both = speaking(name, status="daydreaming")
    provider_id = await both.submit(job_for(both))
    for _ in range(3):
        assert (await both.engine.look([provider_id]))[provider_id].state == "running"
    assert caplog.text.count("daydreaming") == 1
    both.server.status = ""
    assert (await both.follow(provider_id))[-1].state == "succeeded"


@pytest.mark.parametrize("name", ALL)
async def test_a_look_that_tells_nothing_about_the_job_ends_nothing(name: str, speaking: Any) -> None:
    both = speaking(name, polls=1)
    provider_id = await both.submit(job_for(both))
    for busy in [(500, {"error": "no"}), (401, {"error": "no"}), (400, {"error": "odd"}), (200, "no job")]:
        both.server.busy = busy
        with pytest.raises(Unreachable):
            await both.engine.look([provider_id])
    both.server.busy = None
    assert (await both.follow(provider_id))[-1].state == "succeeded"


@pytest.mark.parametrize("name", ALL)
async def test_a_server_that_says_wait_is_left_alone_for_so_long(
    name: str, speaking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = speaking(name)
    ids = [await both.submit(job_for(both)) for _ in range(6)]
    both.server.busy = (429, {"error": "slow down"}, {"Retry-After": "60"})
    both.server.calls.clear()
    for _ in range(2):
        with pytest.raises(OverCapacity) as caught:
            await both.engine.look(ids)
        assert 0 < (caught.value.retry_after or 0) <= 60
    assert len(both.server.calls) <= both.engine.server.concurrency
    both.server.busy = None
    let_pass(monkeypatch, calls, 60)
    assert set(await both.engine.look(ids)) == set(ids)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("looks", "kind"), [(0, NeverShown), (1, JobLost)])
async def test_a_job_that_is_gone_is_lost_at_the_second_look(
    looks: int, kind: type[EngineError], name: str, speaking: Any
) -> None:
    both = speaking(name)
    provider_id = await both.submit(job_for(both))
    for _ in range(looks):
        await both.engine.look([provider_id])
    both.server.tasks.clear()
    assert await both.engine.look([provider_id]) == {}
    assert type((await both.engine.look([provider_id]))[provider_id].error) is kind


@pytest.mark.parametrize("name", ALL)
async def test_neither_the_key_nor_what_names_the_request_reaches_people(
    name: str, speaking: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="workers")
    ids = "Request id: 021748567890abcdef (request_id: 9f8e7d6c-1111-2222-3333-444455556666)"
    words = f"key {KEY} may not do this. {ids}"
    both = speaking(name, script=[(400, {"error": {"code": "Bad", "message": words}})])
    with pytest.raises(RequestRefused) as caught:
        await both.submit(job_for(both))
    assert KEY not in caught.value.detail + caplog.text
    assert "may not do this" in caught.value.message
    for secret in (KEY, "021748567890abcdef", "9f8e7d6c"):
        assert secret not in caught.value.message


def picture(kind: str, size: tuple[int, int]) -> bytes:
    """A picture that is no plain RGB JPEG."""
    out = io.BytesIO()
    modes = {"cmyk": ("CMYK", "JPEG"), "alpha": ("RGBA", "PNG"), "grey": ("L", "JPEG"), "palette": ("P", "GIF")}
    mode, form = modes[kind]
    Image.new(mode, size, 90 if mode in ("L", "P") else (90,) * len(Image.new(mode, (1, 1)).getbands())).save(out, form)
    return out.getvalue()


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("kind", ["1x1", "20 MP", "30 MB", "cmyk", "alpha", "grey", "palette"])
async def test_any_picture_fits(kind: str, name: str, speaking: Any) -> None:
    both = speaking(name)
    content = {"1x1": lambda: jpeg(1, 1), "20 MP": lambda: jpeg(5472, 3648, 40), "30 MB": lambda: jpeg(4800, 4100, 98)}
    odd = content[kind]() if kind in content else picture(kind, (640, 480))
    if kind == "30 MB":
        assert len(odd) > 30_000_000
    await both.submit(job_for(both, picture=odd))
    (task,) = both.server.tasks.values()
    assert task.size == Image.open(io.BytesIO(odd)).size  # in pixels as it was


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("content", [b"no picture", jpeg(64, 64)[:300]])
async def test_what_is_no_picture_is_refused_before_any_call(content: bytes, name: str, speaking: Any) -> None:
    both = speaking(name)
    with pytest.raises(PictureRefused):
        await both.submit(job_for(both, picture=content))
    assert both.server.calls == []


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("prompt", ["", "x" * 10_000, "👩🏽‍🚀 flies", "一杯咖啡在旋转", 'say "hi"\n\\ and \x00 go'])
async def test_every_prompt_arrives_as_it_is(prompt: str, name: str, speaking: Any) -> None:
    both = speaking(name)
    await both.submit(job_for(both, prompt))
    (call,) = both.provider.created(both.server)
    assert json.dumps(prompt)[1:-1] in json.dumps(call.fields)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("film", "kind"),
    [
        ("html", Unplayable),
        ("empty", NotHandedOut),
        ("huge", TooHeavy),
        ("gone", NotHandedOut),
        ("circle", NotHandedOut),
    ],
)
async def test_a_film_that_is_none_says_why(
    film: str,
    kind: type[EngineError],
    *,
    name: str,
    speaking: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VIDEO_MAX_MB", "3")
    forget_settings()
    both = speaking(name, film=film)
    job = job_for(both)
    provider_id = await both.submit(job)
    look = (await both.follow(provider_id))[-1]
    with pytest.raises(EngineError) as caught:
        await both.engine.fetch(job, provider_id, look, tmp_path / "x.mp4", no_report)
    assert type(caught.value) is kind
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ALL)
async def test_an_address_that_has_expired_is_asked_for_again_and_then_the_job_is_lost(
    name: str, speaking: Any, tmp_path: Path
) -> None:
    both = speaking(name, polls=1, link_lives=1)
    job = job_for(both)
    provider_id = await both.submit(job)
    old = (await both.follow(provider_id))[-1]
    await both.engine.retrieve(provider_id)  # a newer address makes the old one expire
    await both.engine.fetch(job, provider_id, old, tmp_path / "x.mp4", no_report)
    assert (tmp_path / "x.mp4").stat().st_size > 1000
    both.server.tasks[provider_id.rpartition("/")[2]].links += 1  # and that one has expired too
    both.server.film = "gone"
    held = both.server.tasks
    both.server.tasks = {}
    with pytest.raises((JobLost, NotHandedOut, NotReady)):
        await both.engine.fetch(job, provider_id, Look("succeeded"), tmp_path / "y.mp4", no_report)
    both.server.tasks = held


@pytest.mark.parametrize("name", ALL)
async def test_a_worker_that_knows_only_the_id_can_fetch(name: str, speaking: Any, tmp_path: Path) -> None:
    both = speaking(name, polls=2)
    job = job_for(both)
    provider_id = await both.submit(job)
    with pytest.raises(NotReady):
        await both.engine.fetch(job, provider_id, None, tmp_path / "x.mp4", no_report)
    both.server.polls = 1
    await both.engine.fetch(job, provider_id, Look("succeeded"), tmp_path / "x.mp4", no_report)
    assert [path.name for path in tmp_path.iterdir()] == ["x.mp4"]


@pytest.mark.parametrize("name", ALL)
async def test_calls_at_once_stay_under_the_bound(name: str, speaking: Any) -> None:
    both = speaking(name, concurrency=2, slow=0.02)
    ids = [await both.submit(job_for(both)) for _ in range(4)]
    await asyncio.gather(both.engine.look(ids), *(both.submit(job_for(both)) for _ in range(4)))
    assert both.server.most == 2
