"""Ark, and MiniMax in the same file, against real servers on 127.0.0.1."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from volcenginesdkarkruntime import Ark as Official

from core.errors import (
    EngineError,
    ModerationRefused,
    OutcomeUnknown,
    OverCapacity,
    PersonRefused,
    ProviderFailed,
    QuotaExhausted,
    SoundRefused,
    TimedOut,
    Unreachable,
    WrongKey,
)
from tests.servers import a_job, jpeg
from tests.servers.ark import TOKENS_PER_SECOND, ArkServer, base_resp
from tests.servers.tasks import Task
from tests.workers.engines.providers import KEY, Opened, opening
from workers.engines import Billed, Job
from workers.engines.ark import model_at
from workers.engines.complaints import data_uri

SEEDANCE = "seedance-2-5-260628"
FACE = "InputImageSensitiveContentDetected.PrivacyInformation"


@pytest.fixture
async def speaking() -> AsyncIterator[Callable[..., Opened]]:
    """`speaking("ark")` gives a server and an engine that talks to it."""
    async for open_both in opening():
        yield open_both


def job_for(both: Opened, *, size: str = "1280x720", seconds: int = 5, **more: Any) -> Job:
    """A job of this provider."""
    upstream = more.pop("upstream", both.provider.upstream)
    return a_job(both.engine.server, size=size, seconds=seconds, upstream=upstream, picture=jpeg(64, 36), **more)


async def test_the_official_client_makes_looks_at_lists_and_cancels_a_job_on_the_same_server(speaking: Any) -> None:
    both = speaking("ark", polls=3)

    def theirs() -> tuple[str, str]:
        with Official(api_key=KEY, base_url=both.server.url, max_retries=0) as client:
            tasks = client.content_generation.tasks
            picture = {"type": "image_url", "image_url": {"url": data_uri(jpeg(64, 36))}, "role": "first_frame"}
            about: Any = {
                "model": "dreamina-seedance-2-5-260628",
                "content": [{"type": "text", "text": "A cup"}, picture],
                "resolution": "720p",
                "ratio": "16:9",
                "duration": 5,
                "safety_identifier": "adsvideo-9",
            }
            made, other = tasks.create(**about).id, tasks.create(**about).id
            assert tasks.get(task_id=made).status == "queued"
            listed = tasks.list(page_num=1, page_size=10, task_ids=[made])
            assert [(item.id, item.safety_identifier) for item in listed.items] == [(made, "adsvideo-9")]
            tasks.delete(task_id=other)
            return made, other

    made, other = await asyncio.to_thread(theirs)
    looks = await both.engine.look([made, other])
    assert (looks[made].state, looks[other].state) == ("running", "canceled")
    job = replace(job_for(both), reference="adsvideo-9")
    assert set(await both.engine.find(job)) == {made, other}


@pytest.mark.parametrize(
    ("size", "ratio", "resolution"),
    [("1280x720", "16:9", "720p"), ("960x960", "1:1", "720p"), ("1112x834", "4:3", "720p"),
     ("854x480", "16:9", "480p"), ("1080x1920", "9:16", "1080p")],
)  # fmt: skip
async def test_a_size_becomes_a_ratio_and_a_class(size: str, ratio: str, resolution: str, speaking: Any) -> None:
    both = speaking("ark")
    await both.submit(job_for(both, size=size))
    (call,) = both.provider.created(both.server)
    assert (call.fields["ratio"], call.fields["resolution"]) == (ratio, resolution)
    assert (call.fields["duration"], call.fields["watermark"]) == (5, False)
    assert call.fields["safety_identifier"] == "adsvideo-1"
    assert call.fields["execution_expires_after"] == 3600
    assert "generate_audio" not in call.fields


async def test_sound_is_as_chosen(speaking: Any) -> None:
    both = speaking("ark")
    loud = job_for(both)
    loud = replace(loud, model=replace(loud.model, options=("audio",)))
    await both.submit(loud)
    await both.submit(replace(loud, options={"audio": False}))
    assert [call.fields["generate_audio"] for call in both.provider.created(both.server)] == [True, False]


@pytest.mark.parametrize(
    ("url", "upstream", "model"),
    [
        ("https://ark.ap-southeast.bytepluses.com/api/v3", SEEDANCE, f"dreamina-{SEEDANCE}"),
        ("https://ark.cn-beijing.volces.com/api/v3", SEEDANCE, f"doubao-{SEEDANCE}"),
        ("https://ark.cn-beijing.volces.com/api/v3", "ep-20261130-abc", "ep-20261130-abc"),
        ("http://127.0.0.1:9400/api/v3", "doubao-x", "doubao-x"),
    ],
)
def test_one_model_has_two_names(url: str, upstream: str, model: str) -> None:
    assert model_at(url, upstream) == model


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (FACE, PersonRefused),
        ("InputImageSensitiveContentDetected", ModerationRefused),
        ("InputTextSensitiveContentDetected", ModerationRefused),
        ("InputTextRiskDetection", ModerationRefused),
        ("AccountOverdueError", QuotaExhausted),
    ],
)
async def test_a_refusal_at_create_is_known_by_its_code(code: str, kind: type[EngineError], speaking: Any) -> None:
    both = speaking("ark", script=[(400, {"error": {"code": code, "message": "The request failed."}})])
    with pytest.raises(EngineError) as caught:
        await both.submit(job_for(both))
    assert type(caught.value) is kind


async def test_an_account_over_its_limit_is_not_a_rate_limit(speaking: Any) -> None:
    limit, busy = [{"error": {"code": c, "message": "x"}} for c in ("SetLimitExceeded", "RateLimitExceeded.Endpoint")]
    both = speaking("ark", script=[(429, limit), (429, busy)])
    with pytest.raises(QuotaExhausted):
        await both.submit(job_for(both))
    with pytest.raises(OverCapacity):
        await both.submit(job_for(both))


@pytest.mark.parametrize(
    ("failed", "kind", "worth_retry"),
    [
        ("expired", TimedOut, False),
        ("OutputVideoSensitiveContentDetected", ModerationRefused, False),
        ("OutputAudioSensitiveContentDetected", SoundRefused, False),
        ("InternalServiceError", ProviderFailed, True),
        ("Whatever", ProviderFailed, False),
    ],
)
async def test_a_task_that_ends_badly_says_why(
    failed: str, kind: type[EngineError], *, worth_retry: bool, speaking: Any
) -> None:
    both = speaking("ark", polls=1, failed=failed)
    look = (await both.follow(await both.submit(job_for(both))))[-1]
    assert (look.state, type(look.error), look.worth_retry) == ("failed", kind, worth_retry)


async def test_what_a_task_cost_is_told(speaking: Any) -> None:
    both = speaking("ark", polls=1)
    look = (await both.follow(await both.submit(job_for(both))))[-1]
    assert look.billed == Billed(5 * TOKENS_PER_SECOND, "tokens")


async def test_many_tasks_are_looked_at_in_one_call(speaking: Any) -> None:
    both = speaking("ark", polls=9)
    assert both.engine.lists
    ids = [await both.submit(job_for(both)) for _ in range(8)]
    both.server.calls.clear()
    assert {look.state for look in (await both.engine.look(ids)).values()} == {"queued"}
    assert len(both.server.calls) == both.engine.looked == 1
    gone = ids[3]
    del both.server.tasks[gone]
    assert set(await both.engine.look(ids)) == set(ids) - {gone}
    assert [call.path.rpartition("/")[2] for call in both.server.calls[1:]] == ["tasks", gone]


async def test_where_there_is_no_list_they_are_looked_at_one_by_one(speaking: Any) -> None:
    both = speaking("ark", lists=False)
    ids = [await both.submit(job_for(both)) for _ in range(3)]
    assert set(await both.engine.look(ids)) == set(ids)
    assert not both.engine.lists
    with pytest.raises(OutcomeUnknown):
        await both.engine.find(job_for(both))


def crowd(server: ArkServer, number: int, *, age: float = 0, reference: str = "somebody-else") -> list[str]:
    """So many tasks of others."""
    ids = [f"cgt-{reference}-{n}" for n in range(number)]
    for n, task_id in enumerate(ids):
        fields = {"model": f"dreamina-{SEEDANCE}", "safety_identifier": reference}
        server.tasks[task_id] = Task(task_id, fields, (64, 36), 5, created_at=time.time() - age + n / 1000)
    return ids


async def test_a_create_call_that_broke_off_is_found_among_two_hundred(speaking: Any) -> None:
    both = speaking("ark", script=["break-taken"])
    job = job_for(both)
    with pytest.raises(OutcomeUnknown):
        await both.submit(job)
    (ours,) = both.server.tasks
    crowd(both.server, 199)
    both.server.calls.clear()
    assert await both.engine.find(job) == [ours]
    assert len(both.server.calls) == 2
    crowd(both.server, 50, age=3600, reference="adsvideo-1")  # of another site with this key, long ago
    assert await both.engine.find(job) == [ours]
    assert len(both.provider.created(both.server)) <= 1


async def test_what_was_never_taken_is_certainly_not_there(speaking: Any) -> None:
    both = speaking("ark", script=["break"])
    job = job_for(both)
    with pytest.raises(OutcomeUnknown):
        await both.submit(job)
    assert await both.engine.find(job) == []
    crowd(both.server, 3)
    assert await both.engine.find(job) == []


async def test_a_list_without_our_names_can_not_tell(speaking: Any) -> None:
    both = speaking("ark", names=False)
    crowd(both.server, 3)
    with pytest.raises(OutcomeUnknown):
        await both.engine.find(job_for(both))
    both.server.busy = (500, {"error": "no"})
    with pytest.raises(OutcomeUnknown):
        await both.engine.find(job_for(both))


@pytest.mark.parametrize("name", ["ark", "minimax"])
async def test_only_a_task_that_waits_can_be_stopped_and_costs_nothing(name: str, speaking: Any) -> None:
    both = speaking(name, polls=3)
    waiting, running, finished = [await both.submit(job_for(both)) for _ in range(3)]
    both.server.tasks[running].looks, both.server.tasks[finished].looks = 2, 9
    assert await both.engine.cancel(waiting) is True
    assert await both.engine.cancel(running) is False
    assert await both.engine.cancel(finished) is False
    assert await both.engine.cancel("unknown") is True
    assert len(both.server.received("DELETE")) == 1  # a finished task would be removed by it
    both.server.failed = "Whatever"
    assert await both.engine.cancel(finished) is True
    both.server.busy = (500, {"error": "no"})
    with pytest.raises(Unreachable):
        await both.engine.cancel(waiting)


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        (1002, "rate limit", OverCapacity),
        (1004, "login fail", WrongKey),
        (1008, "insufficient balance", QuotaExhausted),
        (1026, "new_sensitive", ModerationRefused),
    ],
)
async def test_minimax_sends_errors_as_successes(code: int, words: str, kind: type[EngineError], speaking: Any) -> None:
    body = base_resp(code, words).body
    both = speaking("minimax", script=[(200, bytes(body).decode())])
    with pytest.raises(EngineError) as caught:
        await both.submit(job_for(both))
    assert type(caught.value) is kind
    assert both.server.creates == 1


async def test_minimax_gets_its_own_classes_and_tells_nobody_whose_a_job_is(speaking: Any) -> None:
    both = speaking("minimax")
    job = job_for(both)
    await both.submit(job)
    (call,) = both.provider.created(both.server)
    assert set(call.fields) == {"model", "content", "resolution", "duration"}
    assert (call.fields["resolution"], call.fields["duration"]) == ("768P", 5)
    assert not both.engine.lists
    with pytest.raises(OutcomeUnknown):
        await both.engine.find(job)
