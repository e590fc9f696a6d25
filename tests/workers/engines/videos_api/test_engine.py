"""Any Videos server: every dialect against a real server on 127.0.0.1."""

import asyncio
import io
import logging
import socket
import time
import warnings
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import httpx2
import pytest
from PIL import Image

from core.catalog import availability
from core.catalog.entries import Model, Server
from core.catalog.size import Size
from core.errors import (
    EngineError,
    JobLost,
    Misconfigured,
    ModerationRefused,
    NeverShown,
    NotHandedOut,
    NotReady,
    OutcomeUnknown,
    OverCapacity,
    PictureRefused,
    ProviderFailed,
    QuotaExhausted,
    RequestRefused,
    TooHeavy,
    Unplayable,
    Unreachable,
    WrongKey,
)
from tests.environment import forget_settings
from tests.servers import a_job
from tests.servers.videos import MODES, VideosServer
from tests.waiting import let_pass, until
from workers.engines import Look, calls, open_engine
from workers.engines.videos_api import engine as videos_api_engine
from workers.engines.videos_api.engine import OpenAIVideos

KEY = "sk-test-0123456789abcdef"
NO_FILE = ("html", "json-content", "circle", "short", "empty")
"""The kinds of server that hand out no video."""
Opened = tuple[VideosServer, OpenAIVideos]


@pytest.fixture
async def speaking() -> AsyncIterator[Callable[..., Opened]]:
    """`speaking("sglang")` gives a server of that kind and an engine that talks to it."""
    opened: list[Opened] = []

    def open_both(mode: str = "openai", *, key: str = KEY, engine: dict[str, Any] | None = None, **more: Any) -> Opened:
        server = VideosServer(mode, **more).start()
        dialect = "azure-jobs" if mode == "azure-jobs" else "auto"
        entry = {"base_url": server.url, "key": key, "dialect": dialect, **(engine or {})}
        talker = open_engine(Server(f"a-{mode}", "openai-videos", **entry))
        assert isinstance(talker, OpenAIVideos)
        opened.append((server, talker))
        return server, talker

    yield open_both
    for server, talker in opened:
        await talker.close()
        server.stop()


def no_report(percent: int) -> None:
    """Progress of a fetch; not of interest here."""


async def follow(engine: OpenAIVideos, provider_id: str) -> list[Look]:
    """Look until the job has ended."""
    looks: list[Look] = []
    while not looks or looks[-1].state in ("queued", "running"):
        looks.append((await engine.look([provider_id]))[provider_id])
    return looks


def film(path: Path) -> tuple[str, int, int]:
    """What PyAV says a file is: container, width, height."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        next(container.decode(stream))
        return container.format.name, stream.width, stream.height


@pytest.mark.parametrize("mode", [m for m in MODES if m not in NO_FILE])
async def test_a_video_comes_home_from_every_kind_of_server(mode: str, speaking: Any, tmp_path: Path) -> None:
    server, engine = speaking(mode, polls=3)
    job, target = a_job(engine.server), tmp_path / "raw.mp4"
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # 18: no DeprecationWarning
        provider_id = await engine.submit(job)
        looks = await follow(engine, provider_id)
        await engine.fetch(job, provider_id, looks[-1], target, no_report)
    assert looks[-1].state == "succeeded"
    assert film(target)[1:] == (320, 192)
    assert len(server.jobs) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["raw.mp4"]


@pytest.mark.parametrize("mode", ["openai", "vllm-omni", "json", "json-text", "azure-jobs"])
async def test_the_picture_goes_out_as_bytes_at_exactly_the_size_with_its_type(mode: str, speaking: Any) -> None:
    server, engine = speaking(mode)
    await engine.submit(a_job(engine.server, size="240x432"))
    call = server.received("POST")[-1]
    content = server._picture(call)
    assert Image.open(io.BytesIO(content)).size == (240, 432)
    if call.files:
        assert next(iter(call.files.values()))[:2] == ("picture.jpg", "image/jpeg")


async def test_a_202_and_an_id_under_another_name_are_accepted(speaking: Any) -> None:
    for mode in ("task-id", "new-api"):
        server, engine = speaking(mode)
        assert await engine.submit(a_job(engine.server)) in server.jobs


async def test_the_first_id_is_kept_and_escaped(speaking: Any, tmp_path: Path) -> None:
    server, engine = speaking("litellm", polls=2)
    job = a_job(engine.server)
    provider_id = await engine.submit(job)
    assert set("+/=") <= set(provider_id)
    looks = await follow(engine, provider_id)
    assert looks[-1].raw["id"] != provider_id
    await engine.fetch(job, provider_id, looks[-1], tmp_path / "x.mp4", no_report)
    escaped = provider_id.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    assert {c.path for c in server.received("GET")} == {f"/v1/videos/{escaped}", f"/v1/videos/{escaped}/content"}


async def test_auto_finds_the_form_once_and_remembers_it(speaking: Any) -> None:
    server, engine = speaking("json")
    await engine.submit(a_job(engine.server))
    assert server.creates == 3  # multipart, JSON with a string, JSON with an int
    await engine.submit(a_job(engine.server))
    assert server.creates == 4
    assert len(server.jobs) == 2


async def test_a_named_dialect_is_believed(speaking: Any) -> None:
    server, engine = speaking("vllm-omni", engine={"dialect": "json"})
    with pytest.raises(RequestRefused, match="Field required"):
        await engine.submit(a_job(engine.server))
    assert server.creates == 1
    server, engine = speaking("json", engine={"dialect": "json-int"})
    await engine.submit(a_job(engine.server))
    assert server.creates == 1


async def test_an_unknown_dialect_is_refused_when_the_engine_opens() -> None:
    with pytest.raises(Misconfigured, match="azure-jobs"):
        open_engine(Server("s", "openai-videos", base_url="http://127.0.0.1:1/v1", dialect="klingon"))


@pytest.mark.parametrize(
    "answer",
    [(500, {}), (502, {}), (504, {"error": {"message": "late"}}), (200, {"object": "video"}), (200, '{"id": "vid')],
)
async def test_an_answer_that_leaves_it_open_is_never_sent_again(answer: Any, speaking: Any) -> None:
    server, engine = speaking(script=[answer])
    with pytest.raises(OutcomeUnknown):
        await engine.submit(a_job(engine.server))
    assert server.creates == 1


@pytest.mark.parametrize("how", ["break", "break-taken"])
async def test_a_connection_that_breaks_off_is_never_sent_again(how: str, speaking: Any) -> None:
    server, engine = speaking(script=[how])
    with pytest.raises(OutcomeUnknown):
        await engine.submit(a_job(engine.server))
    assert server.creates == 1


async def test_a_create_call_that_takes_too_long_is_never_sent_again(
    speaking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "TIMEOUT", httpx2.Timeout(60, read=0.2))
    server, engine = speaking(script=["hang"])
    with pytest.raises(OutcomeUnknown):
        await engine.submit(a_job(engine.server))
    await until(lambda: server.creates)
    assert server.creates == 1


async def test_a_server_that_could_not_be_reached_took_nothing() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))  # bound, but not listening
        engine = open_engine(Server("s", "openai-videos", base_url=f"http://127.0.0.1:{sock.getsockname()[1]}/v1"))
        with pytest.raises(Unreachable):
            await engine.submit(a_job(engine.server))
        with pytest.raises(Unreachable):
            await engine.look(["a", "b", "c"])
        await engine.close()


async def test_a_create_call_never_goes_out_on_a_used_connection(speaking: Any) -> None:
    server, engine = speaking(polls=9)
    ids = [await engine.submit(a_job(engine.server)) for _ in range(3)]
    for provider_id in ids:
        await engine.look([provider_id])
    assert len({call.connection for call in server.received("POST")}) == 3
    assert len({call.connection for call in server.received("GET")}) == 1


@pytest.mark.parametrize(
    ("answer", "wait"),
    [((429, {}, {"Retry-After": "7"}), 7), ((503, {}, {"Retry-After": "2"}), 2), ((503, {}), None), ((429, {}), None)],
)
async def test_a_busy_server_took_nothing_and_says_when_to_come_back(answer: Any, wait: float, speaking: Any) -> None:
    server, engine = speaking(script=[answer])
    with pytest.raises(OverCapacity) as caught:
        await engine.submit(a_job(engine.server))
    assert caught.value.retry_after == wait
    assert server.creates == 1
    await engine.submit(a_job(engine.server))
    assert server.creates == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((401, {"error": {"message": "Incorrect API key"}}), WrongKey),
        ((403, {"detail": "Forbidden"}), WrongKey),
        ((402, {}), QuotaExhausted),
        (
            (429, {"error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}}),
            QuotaExhausted,
        ),
        ((400, {"error": {"code": "moderation_blocked", "message": "no"}}), ModerationRefused),
        ((404, {"error": {"message": "The model `sora-2` does not exist"}}), RequestRefused),
        ((400, {"detail": "Unsupported seconds: 2"}), RequestRefused),
        ((200, {"code": "quota", "message": "user quota is not enough", "data": None}), RequestRefused),
    ],
)
async def test_a_refusal_is_final_and_says_why(answer: Any, kind: type[EngineError], speaking: Any) -> None:
    server, engine = speaking(script=[answer])
    with pytest.raises(EngineError) as caught:
        await engine.submit(a_job(engine.server))
    assert type(caught.value) is kind
    assert server.creates == 1


async def test_a_create_call_follows_no_redirect_and_says_where_it_leads(speaking: Any) -> None:
    server, engine = speaking(script=[(307, {}, {"Location": "https://videos.example/v1/videos"})])
    with pytest.raises(RequestRefused, match=r"redirects to https://videos\.example/v1/videos"):
        await engine.submit(a_job(engine.server))
    assert server.creates == 1


async def test_a_picture_of_the_wrong_size_is_told_from_a_bad_request(speaking: Any) -> None:
    _, engine = speaking()
    picture = a_job(engine.server, size="64x64").picture
    with pytest.raises(PictureRefused):
        await engine.submit(a_job(engine.server, picture=picture))


async def test_without_a_key_none_is_sent_whatever_the_environment_holds(
    speaking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-somebody-elses")
    server, engine = speaking("sglang", key="")
    provider_id = await engine.submit(a_job(engine.server))
    await engine.look([provider_id])
    assert [call.key for call in server.calls] == ["", ""]


async def test_a_key_that_a_server_quotes_reaches_no_log_and_no_error(
    speaking: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG, logger="workers")
    server, engine = speaking(script=[(400, {"detail": f"key {KEY} may not do this"})])
    with pytest.raises(RequestRefused) as caught:
        await engine.submit(a_job(engine.server))
    server.busy = (500, {"detail": f"key {KEY} broke it"}, {})
    with pytest.raises(Unreachable):
        await engine.look(["a"])
    server.busy = None
    _, provider_id, look = await done(engine)
    server.content_fault = (400, {"detail": f"key {KEY} may not have it"})
    with pytest.raises(ProviderFailed) as failed:
        await engine.fetch(a_job(engine.server), provider_id, look, tmp_path / "x.mp4", no_report)
    assert "may not have it" in failed.value.detail
    assert KEY not in failed.value.detail
    assert KEY not in caught.value.detail + caplog.text
    assert "may not do this" in caplog.text


async def test_a_job_whose_create_call_broke_off_is_found_in_the_list(speaking: Any) -> None:
    server, engine = speaking(script=["break-taken"])
    job = a_job(engine.server)
    with pytest.raises(OutcomeUnknown):
        await engine.submit(job)
    await engine.submit(a_job(engine.server, "Another prompt"))
    assert await engine.find(job) == [next(iter(server.jobs))]


async def test_a_job_that_was_never_taken_is_certainly_not_there(speaking: Any) -> None:
    server, engine = speaking(script=["break"])
    job = a_job(engine.server)
    with pytest.raises(OutcomeUnknown):
        await engine.submit(job)
    await engine.submit(a_job(engine.server, "Another prompt"))
    assert await engine.find(job) == []
    assert server.creates == 2


async def test_all_jobs_that_may_be_it_are_told(speaking: Any) -> None:
    server, engine = speaking(page=2)
    await engine.submit(a_job(engine.server))
    server.jobs[next(iter(server.jobs))].created_at -= 1000  # an old one
    ids = [await engine.submit(a_job(engine.server)) for _ in range(5)]
    assert sorted(await engine.find(a_job(engine.server))) == sorted(ids)


async def test_where_a_server_can_not_tell_the_outcome_stays_unknown(speaking: Any) -> None:
    for mode, why in (("sglang", "tell them apart"), ("litellm", "can't list")):
        _, engine = speaking(mode, script=["break-taken"])
        job = a_job(engine.server)
        with pytest.raises(OutcomeUnknown):
            await engine.submit(job)
        with pytest.raises(OutcomeUnknown, match="looked up") as caught:
            await engine.find(job)
        assert why in caught.value.detail


async def test_a_server_that_is_down_leaves_the_outcome_unknown(speaking: Any) -> None:
    server, engine = speaking()
    server.stop()
    with pytest.raises(OutcomeUnknown):
        await engine.find(a_job(engine.server))


@pytest.mark.parametrize("mode", ["odd", "silent"])
async def test_an_unknown_or_missing_status_keeps_polling_and_is_logged_once(
    mode: str, speaking: Any, caplog: pytest.LogCaptureFixture
) -> None:
    _, engine = speaking(mode, polls=4)
    looks = await follow(engine, await engine.submit(a_job(engine.server)))
    assert [look.state for look in looks] == ["running"] * 3 + ["succeeded"]
    assert caplog.text.count("unknown status") == 1


async def test_processing_is_running(speaking: Any) -> None:
    _, engine = speaking("litellm", polls=4)
    looks = await follow(engine, await engine.submit(a_job(engine.server)))
    assert [look.state for look in looks] == ["running"] * 3 + ["succeeded"]


async def test_a_failed_job_at_http_500_has_failed_at_the_first_answer(speaking: Any) -> None:
    server, engine = speaking("vllm-omni", fault={"code": 500, "message": "CUDA out of memory"})
    look = (await follow(engine, await engine.submit(a_job(engine.server))))[-1]
    assert look.state == "failed"
    assert isinstance(look.error, ProviderFailed)
    assert "CUDA out of memory" in look.error.message
    assert len(server.received("GET")) == 1


@pytest.mark.parametrize("mode", ["openai", "vllm-omni", "sglang", "tensorrt", "odd"])
async def test_the_reason_reaches_the_user_however_it_is_written(mode: str, speaking: Any) -> None:
    _, engine = speaking(mode, fault={"code": "x", "message": "<i>No</i>\nmemory"})
    look = (await follow(engine, await engine.submit(a_job(engine.server))))[-1]
    assert look.error is not None
    assert look.error.message == "The model could not make this video: No memory"


async def test_a_failure_without_a_reason_is_a_whole_sentence(speaking: Any) -> None:
    _, engine = speaking("aquiles", fault={"code": "x", "message": "lost"})
    look = (await follow(engine, await engine.submit(a_job(engine.server))))[-1]
    assert look.error is not None
    assert look.error.message == "The model could not make this video."


async def test_moderation_is_told_in_our_words(speaking: Any) -> None:
    _, engine = speaking()
    look = (await follow(engine, await engine.submit(a_job(engine.server, "A cup [moderation]"))))[-1]
    assert isinstance(look.error, ModerationRefused)
    assert "Blocked" not in look.error.message


async def test_a_job_that_the_provider_canceled_is_told_so(speaking: Any) -> None:
    _, engine = speaking("task-id", fault={"message": "by an operator"})
    assert (await follow(engine, await engine.submit(a_job(engine.server))))[-1].state == "canceled"


@pytest.mark.parametrize(
    ("mode", "shown"),
    [
        ("openai", [25, 50, 75, 100]),
        ("new-api", [25, 50, 75, 100]),
        ("vllm-omni", [None, None, None, 100]),
        ("litellm", [None, None, None, 100]),
        ("fastvideo", [None, None, None, 100]),
    ],
)
async def test_progress_is_a_percentage_or_unknown(mode: str, shown: list[Any], speaking: Any) -> None:
    _, engine = speaking(mode, polls=4)
    looks = await follow(engine, await engine.submit(a_job(engine.server)))
    assert [look.progress for look in looks] == shown


async def test_progress_never_goes_backwards(speaking: Any) -> None:
    server, engine = speaking(polls=10)
    provider_id = await engine.submit(a_job(engine.server))
    seen = []
    for looks in (5, 2, 7, 0):
        server.jobs[provider_id].looks = looks
        seen.append((await engine.look([provider_id]))[provider_id].progress)
    assert seen == [60, 60, 80, 80]


async def test_a_job_that_a_restarted_server_forgot_is_lost_at_once(speaking: Any) -> None:
    for mode in ("sglang", "vllm-omni", "fastvideo"):
        server, engine = speaking(mode, polls=9)
        ids = [await engine.submit(a_job(engine.server)) for _ in range(2)]
        assert {look.state for look in (await engine.look(ids)).values()} <= {"running", "queued"}
        server.forget()
        looks = await engine.look(ids)
        assert [type(looks[i].error) for i in ids] == [JobLost, JobLost]
        assert "no longer knows" in str(looks[ids[0]].error)


async def test_a_job_that_is_not_there_just_after_create_is_waited_for(speaking: Any) -> None:
    server, engine = speaking(hidden=2, polls=3)
    provider_id = await engine.submit(a_job(engine.server))
    assert await engine.look([provider_id]) == {}
    assert await engine.look([provider_id]) == {}
    assert (await engine.look([provider_id]))[provider_id].state == "succeeded"
    assert server.creates == 1


async def test_a_job_that_never_shows_up_is_lost_after_a_while(speaking: Any) -> None:
    _, engine = speaking()
    engine.grace_seconds = 0.1
    assert await engine.look(["video_from_before_our_restart"]) == {}
    await asyncio.sleep(0.15)
    assert isinstance(
        (await engine.look(["video_from_before_our_restart"]))["video_from_before_our_restart"].error, NeverShown
    )


async def test_many_jobs_are_one_call_where_the_server_can_list(speaking: Any) -> None:
    server, engine = speaking(polls=9)
    ids = [await engine.submit(a_job(engine.server)) for _ in range(30)]
    looks = await engine.look(ids)
    assert set(looks) == set(ids)
    assert [(call.path, call.query) for call in server.received("GET")] == [("/v1/videos", {"limit": "100"})]


async def test_a_list_is_paged_as_long_as_that_is_cheaper_than_asking_one_by_one(speaking: Any) -> None:
    server, engine = speaking(polls=9, page=10)
    ids = [await engine.submit(a_job(engine.server)) for _ in range(40)]

    async def requests_for(wanted: list[str]) -> list[Any]:
        server.calls.clear()
        assert set(await engine.look(wanted)) == set(wanted)
        return [call.query.get("after") or call.path.rpartition("/")[2] for call in server.calls]

    assert await requests_for(ids[20:]) == ["videos", ids[30]]
    assert await requests_for(ids[5:15]) == ["videos", ids[30], ids[20], ids[10]]
    assert await requests_for(ids[:2]) == ["videos", ids[30], *ids[:2]]
    assert await requests_for(ids[30:]) == ["videos"]


async def test_a_job_that_is_missing_from_the_list_is_asked_for_itself(speaking: Any) -> None:
    server, engine = speaking(polls=9, page=3)
    ids = [await engine.submit(a_job(engine.server)) for _ in range(9)]
    looks = await engine.look([ids[-1], ids[0]])
    assert set(looks) == {ids[0], ids[-1]}
    assert [call.path for call in server.received("GET")][-1] == f"/v1/videos/{ids[0]}"


@pytest.mark.parametrize(
    "fault", [(404, {}), (405, {}), (501, {}), (500, {"error": "NotImplementedError"}), (200, {"a": 1})]
)
async def test_a_server_that_can_not_list_is_asked_to_only_once_in_a_while(
    fault: Any, speaking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, engine = speaking(polls=9, list_fault=fault)
    ids = [await engine.submit(a_job(engine.server)) for _ in range(3)]
    for _ in range(2):
        assert set(await engine.look(ids)) == set(ids)
    assert [call.path for call in server.received("GET")].count("/v1/videos") == 1
    let_pass(monkeypatch, videos_api_engine, engine.relist_seconds)
    server.list_fault = None
    assert set(await engine.look(ids)) == set(ids)
    assert len(server.received("GET")) == 1 + 3 + 3 + 1


async def test_a_list_that_shows_other_ids_than_create_gave_is_given_up(
    speaking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"id": "upstream-1", "status": "queued", "prompt": "A cup turns", "created_at": time.time()}
    server, engine = speaking(polls=9, list_fault=(200, {"data": [other]}))
    ids = [await engine.submit(a_job(engine.server)) for _ in range(3)]
    for _ in range(3):
        assert set(await engine.look(ids)) == set(ids)
    assert [call.path for call in server.received("GET")].count("/v1/videos") == 1
    with pytest.raises(OutcomeUnknown):  # what such a list shows can't be told from what is ours already
        await engine.find(a_job(engine.server))
    server.list_fault = None
    let_pass(monkeypatch, videos_api_engine, engine.relist_seconds)
    await engine.look(ids)
    assert sorted(await engine.find(a_job(engine.server))) == sorted(ids)


async def test_calls_at_once_stay_under_the_servers_bound(speaking: Any, tmp_path: Path) -> None:
    server, engine = speaking("litellm", polls=2, slow=0.05, engine={"concurrency": 3})
    ids = await asyncio.gather(*(engine.submit(a_job(engine.server)) for _ in range(6)))
    await asyncio.gather(*(engine.look(ids) for _ in range(3)))
    files = [
        engine.fetch(a_job(engine.server), i, Look("succeeded"), tmp_path / f"{n}", no_report)
        for n, i in enumerate(ids)
    ]
    more = [engine.submit(a_job(engine.server)) for _ in range(6)]
    await asyncio.gather(*more, engine.look(ids), *files)
    await asyncio.gather(*(engine.cancel(i) for i in ids), engine.look(ids))
    assert len(list(tmp_path.iterdir())) == 6
    assert server.most == 3


async def test_a_server_that_says_wait_is_left_alone_for_so_long(
    speaking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, engine = speaking("litellm", polls=9)
    ids = [await engine.submit(a_job(engine.server)) for _ in range(20)]
    server.busy = (429, {"error": {"message": "slow down"}}, {"Retry-After": "60"})
    with pytest.raises(OverCapacity) as caught:
        await engine.look(ids)
    assert caught.value.retry_after == 60
    count = len(server.received("GET", "/v1/videos/"))
    assert count <= engine.server.concurrency
    server.busy = None
    with pytest.raises(OverCapacity):
        await engine.look(ids)
    assert len(server.received("GET", "/v1/videos/")) == count
    let_pass(monkeypatch, calls, 60)
    assert set(await engine.look(ids)) == set(ids)


@pytest.mark.parametrize("answer", [(500, {"detail": "boom"}), (401, {}), (403, {}), (404, "404 page not found")])
async def test_a_look_that_tells_nothing_about_the_job_ends_nothing(answer: Any, speaking: Any) -> None:
    server, engine = speaking()
    provider_id = await engine.submit(a_job(engine.server))
    server.busy = (*answer, {})
    for _ in range(2):
        with pytest.raises(Unreachable):
            await engine.look([provider_id])
    server.busy = None
    assert (await engine.look([provider_id]))[provider_id].state == "succeeded"


async def test_a_server_that_is_down_is_not_knocked_at_for_every_job(speaking: Any) -> None:
    server, engine = speaking("litellm", polls=9)
    ids = [await engine.submit(a_job(engine.server)) for _ in range(20)]
    server.stop()
    with pytest.raises(Unreachable):
        await engine.look(ids)
    server.start()
    assert set(await engine.look(ids)) == set(ids)


async def done(engine: OpenAIVideos) -> tuple[Any, str, Look]:
    """A finished job."""
    job = a_job(engine.server)
    provider_id = await engine.submit(job)
    return job, provider_id, (await follow(engine, provider_id))[-1]


@pytest.mark.parametrize("has_look", [True, False])
async def test_a_file_in_a_bucket_is_fetched_there_without_our_key(
    has_look: bool, speaking: Any, tmp_path: Path
) -> None:
    server, engine = speaking("sglang-s3")
    job, provider_id, look = await done(engine)
    await engine.fetch(job, provider_id, look if has_look else Look("succeeded"), tmp_path / "x.mp4", no_report)
    assert film(tmp_path / "x.mp4")[0].startswith("mov,mp4")
    (call,) = server.received("GET", "/bucket/")
    assert KEY not in str(call.headers)
    assert all(KEY in c.key for c in server.received("GET", "/v1/"))


async def test_a_file_that_is_not_there_just_after_completed_is_asked_for_again(speaking: Any, tmp_path: Path) -> None:
    _, engine = speaking("sglang", late=2)
    job, provider_id, look = await done(engine)
    for _ in range(2):
        with pytest.raises(NotHandedOut):
            await engine.fetch(job, provider_id, look, tmp_path / "x.mp4", no_report)
    await engine.fetch(job, provider_id, look, tmp_path / "x.mp4", no_report)
    assert film(tmp_path / "x.mp4")[1:] == (320, 192)


async def test_a_redirect_to_another_host_is_followed_without_our_key(speaking: Any, tmp_path: Path) -> None:
    server, engine = speaking("redirect")
    job, provider_id, look = await done(engine)
    await engine.fetch(job, provider_id, look, tmp_path / "x.mp4", no_report)
    assert film(tmp_path / "x.mp4")[1:] == (320, 192)
    (call,) = server.received("GET", "/bucket/")
    assert KEY not in str(call.headers)


async def test_avi_is_kept_as_it_is_for_the_next_step(speaking: Any, tmp_path: Path) -> None:
    _, engine = speaking("tensorrt")
    job, provider_id, look = await done(engine)
    await engine.fetch(job, provider_id, look, tmp_path / "raw", no_report)
    assert film(tmp_path / "raw") == ("avi", 320, 192)


@pytest.mark.parametrize("mode", ["html", "json-content"])
async def test_html_and_json_never_become_a_file(mode: str, speaking: Any, tmp_path: Path) -> None:
    _, engine = speaking(mode)
    job, provider_id, look = await done(engine)
    with pytest.raises(Unplayable):
        await engine.fetch(job, provider_id, look, tmp_path / "x.mp4", no_report)
    assert list(tmp_path.iterdir()) == []


async def test_a_download_that_breaks_off_leaves_no_file_and_is_tried_again(speaking: Any, tmp_path: Path) -> None:
    _, engine = speaking(cut=1)
    job, provider_id, look = await done(engine)
    with pytest.raises(NotHandedOut):
        await engine.fetch(job, provider_id, look, tmp_path / "x.mp4", no_report)
    assert list(tmp_path.iterdir()) == []
    await engine.fetch(job, provider_id, look, tmp_path / "x.mp4", no_report)
    assert film(tmp_path / "x.mp4")[1:] == (320, 192)


async def test_a_file_without_end_is_cut_off(speaking: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_MAX_MB", "0.001")
    forget_settings()
    _, engine = speaking()
    job, provider_id, look = await done(engine)
    with pytest.raises(TooHeavy, match=r"> 0.001 MB"):
        await engine.fetch(job, provider_id, look, tmp_path / "x.mp4", no_report)
    assert list(tmp_path.iterdir()) == []


async def test_a_failure_that_only_shows_at_the_file_is_told(speaking: Any, tmp_path: Path) -> None:
    _, engine = speaking(fault={"code": "x", "message": "no memory"})
    job = a_job(engine.server)
    provider_id = await engine.submit(job)
    with pytest.raises(ProviderFailed, match="no memory"):
        await engine.fetch(job, provider_id, Look("succeeded"), tmp_path / "x.mp4", no_report)


async def test_a_finished_job_that_the_server_forgot_before_we_fetched_it_is_lost(
    speaking: Any, tmp_path: Path
) -> None:
    server, engine = speaking()
    job, provider_id, look = await done(engine)
    server.forget()
    with pytest.raises(JobLost):
        await engine.fetch(job, provider_id, look, tmp_path / "x.mp4", no_report)


async def test_cancel_says_that_nothing_is_owed_only_if_the_job_still_waited(speaking: Any) -> None:
    server, engine = speaking("fastvideo", polls=9)  # says queued until the end
    provider_id = await engine.submit(a_job(engine.server))
    assert await engine.cancel(provider_id) is True
    assert server.jobs == {}
    server, engine = speaking("sglang", polls=9)
    provider_id = await engine.submit(a_job(engine.server))
    assert await engine.cancel(provider_id) is False
    assert server.jobs == {}


async def test_cancel_without_a_route_for_it_is_no(speaking: Any) -> None:
    server, engine = speaking("litellm", latency=60)
    server.kind = replace(MODES["litellm"], words=("queued", "queued", "completed", "failed"))
    provider_id = await engine.submit(a_job(engine.server))
    assert await engine.cancel(provider_id) is False
    assert len(server.received("DELETE")) == 1


async def test_cancel_leaves_a_finished_video_alone(speaking: Any) -> None:
    server, engine = speaking()
    _, provider_id, _ = await done(engine)
    assert await engine.cancel(provider_id) is False
    assert server.received("DELETE") == []


async def test_for_a_job_that_is_not_there_or_has_failed_nothing_is_owed(speaking: Any) -> None:
    server, engine = speaking(fault={"code": "x", "message": "no memory"})
    provider_id = await engine.submit(a_job(engine.server))
    await follow(engine, provider_id)
    assert await engine.cancel(provider_id) is True
    with pytest.raises(NotReady):  # perhaps just made
        await engine.cancel("unknown")
    engine.grace_seconds = 0
    assert await engine.cancel("unknown") is True
    assert server.received("DELETE") == []


async def test_azures_preview_is_spoken_with_its_own_key_header(speaking: Any) -> None:
    server, engine = speaking("azure-jobs", key="0123456789abcdef")
    server.key = "0123456789abcdef"
    await done(engine)
    assert all(call.headers.get("api-key") == "0123456789abcdef" for call in server.calls)
    assert all("authorization" not in call.headers for call in server.calls)
    assert all(call.query["api-version"] == "preview" for call in server.calls)
    fields = server.received("POST")[0].fields
    assert (fields["width"], fields["height"], fields["n_seconds"], fields["n_variants"]) == ("320", "192", "2", "1")


async def test_azures_moderation_is_told_in_our_words(speaking: Any) -> None:
    _, engine = speaking("azure-jobs", fault={"code": "input_moderation", "message": ""})
    look = (await follow(engine, await engine.submit(a_job(engine.server))))[-1]
    assert isinstance(look.error, ModerationRefused)


async def test_openais_own_host_is_retired() -> None:
    server = Server("openai", "openai-videos", base_url="https://api.openai.com/v1", key=KEY)
    state = await availability.state(Model("sora-2", "Sora 2", server, "sora-2", (Size(1280, 720),), (4,)))
    assert (state.name, str(state.reason)) == ("retired", "retired by OpenAI on 2026-09-24")
