"""The Gemini API's interactions against a real server on 127.0.0.1."""

import base64
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import types

from core.errors import (
    EngineError,
    JobLost,
    ModerationRefused,
    NotHandedOut,
    OverCapacity,
    ProviderFailed,
    QuotaExhausted,
    RequestRefused,
    TooHeavy,
    Unplayable,
    Unreachable,
    WrongKey,
)
from tests.environment import forget_settings
from tests.servers import a_job, jpeg
from tests.servers.gemini import TOKENS_PER_SECOND
from tests.workers.engines.providers import KEY, Opened, no_report, opening
from workers.engines import Billed, Job

OMNI = "gemini-omni-1.2-flash"


@pytest.fixture
async def speaking() -> AsyncIterator[Callable[..., Opened]]:
    """`speaking()` gives a server and an engine that talks to it."""
    async for open_both in opening():
        yield partial(open_both, "gemini")


def job_for(both: Opened, *, size: str = "1280x720", seconds: int = 5, **more: Any) -> Job:
    """A job of Omni."""
    return a_job(both.engine.server, size=size, seconds=seconds, upstream=OMNI, picture=jpeg(64, 36), **more)


async def ended(both: Opened) -> Any:
    """The last look at a fresh job."""
    return (await both.follow(await both.submit(job_for(both))))[-1]


async def test_the_official_client_makes_looks_at_and_cancels_a_job_on_the_same_server(speaking: Any) -> None:
    both = speaking(polls=1)
    options = types.HttpOptions(
        base_url=both.server.root, api_version="v1beta", retry_options=types.HttpRetryOptions(attempts=1)
    )
    client: Any = genai.Client(api_key=KEY, http_options=options)
    picture = {"type": "image", "data": base64.b64encode(jpeg(64, 36)).decode(), "mime_type": "image/jpeg"}
    wanted = {"type": "video", "delivery": "uri", "aspect_ratio": "16:9", "resolution": "720p", "duration": "5s"}
    about = {"model": OMNI, "background": True, "input": [picture, {"type": "text", "text": "A cup"}]}
    made = await client.aio.interactions.create(**about, response_format=wanted, labels={"reference": "adsvideo-1"})
    first = await client.aio.interactions.get(made.id)
    theirs = await client.aio.interactions.get(made.id)
    assert (first.status, theirs.status) == ("queued", "completed")
    ours = (await both.engine.look([made.id]))[made.id]
    assert ours.state == "succeeded"
    assert theirs.usage.output_tokens_by_modality[0].tokens == ours.billed.amount
    other = await client.aio.interactions.create(**about, response_format=wanted)
    await client.aio.interactions.cancel(other.id)
    assert both.server.tasks[other.id].canceled
    await client.aio.aclose()


@pytest.mark.parametrize(
    ("size", "ratio", "resolution"),
    [("1280x720", "16:9", "720p"), ("720x1280", "9:16", "720p"), ("1920x1080", "16:9", "1080p"),
     ("640x360", "16:9", "360p"), ("3840x2160", "16:9", "4k")],
)  # fmt: skip
async def test_what_is_asked_for_is_in_the_response_format(
    size: str, ratio: str, resolution: str, speaking: Any
) -> None:
    both = speaking()
    await both.submit(job_for(both, size=size))
    (call,) = both.provider.created(both.server)
    assert call.fields["response_format"] == {
        "type": "video",
        "delivery": "uri",
        "aspect_ratio": ratio,
        "resolution": resolution,
        "duration": "5s",
    }
    assert (call.fields["background"], call.fields["labels"]) == (True, {"reference": "adsvideo-1"})
    assert call.headers["x-goog-api-key"] == KEY
    assert "authorization" not in call.headers


async def test_the_server_refuses_a_length_that_is_a_number(speaking: Any) -> None:
    both = speaking()
    fields = {"model": OMNI, "input": [], "response_format": {"type": "video", "duration": 5}}
    answer = await both.engine.calls.create("/interactions", fields)
    assert answer.status == 400


@pytest.mark.parametrize(
    ("outcome", "words", "kind"),
    [
        ("text", "I can't make videos of real people.", ModerationRefused),
        ("changed", "", ProviderFailed),
        ("failed", "Finished with PROHIBITED_CONTENT", ModerationRefused),
        ("failed", "The prompt was blocked by our policy", ModerationRefused),
        ("failed", "Internal error", ProviderFailed),
        ("incomplete", "cut off", ProviderFailed),
        ("budget_exceeded", "no budget", QuotaExhausted),
        ("requires_action", "call a tool", RequestRefused),
    ],
)
async def test_an_end_without_a_film_says_why(outcome: str, words: str, kind: type[EngineError], speaking: Any) -> None:
    both = speaking(polls=1, outcome=outcome, words=words)
    look = await ended(both)
    assert (look.state, type(look.error), look.worth_retry) == ("failed", kind, False)
    assert look.error.detail in (words, outcome)


async def test_words_only_are_no_video_price_and_tokens_without_a_video_are_logged(
    speaking: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    assert (await ended(speaking(outcome="text"))).billed is None
    assert "video tokens and no video" not in caplog.text
    assert (await ended(speaking(outcome="changed"))).billed == Billed(5 * TOKENS_PER_SECOND, "video tokens")
    assert "video tokens and no video" in caplog.text
    assert (await ended(speaking())).billed == Billed(5 * TOKENS_PER_SECOND, "video tokens")


@pytest.mark.parametrize("as_list", [False, True])
async def test_an_error_is_read_inside_of_a_list_as_well(as_list: bool, speaking: Any) -> None:
    both = speaking(as_list=as_list)
    both.server.key = "another"
    with pytest.raises(WrongKey):
        await both.submit(job_for(both))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"code": 400, "message": "Blocked: SAFETY", "status": "INVALID_ARGUMENT"}}, ModerationRefused),
        ([{"error": {"code": 400, "message": "bad field", "status": "INVALID_ARGUMENT"}}], RequestRefused),
    ],
)
async def test_a_refusal_at_create_says_why(body: Any, kind: type[EngineError], speaking: Any) -> None:
    both = speaking(script=[(400, body)])
    with pytest.raises(kind):
        await both.submit(job_for(both))


async def test_a_rate_limit_inside_of_a_list_is_waited_for(speaking: Any) -> None:
    error = {"error": {"code": 429, "message": "Resource has been exhausted", "status": "RESOURCE_EXHAUSTED"}}
    both = speaking(script=[(429, [error])])
    with pytest.raises(OverCapacity):
        await both.submit(job_for(both))


async def test_an_unknown_name_is_a_lost_job_and_another_400_ends_nothing(speaking: Any) -> None:
    both = speaking()
    provider_id = await both.submit(job_for(both))
    await both.engine.look([provider_id])
    both.server.busy = (400, {"error": {"code": 400, "message": "Request contains an invalid argument."}})
    for _ in range(3):
        with pytest.raises(Unreachable):
            await both.engine.look([provider_id])
    both.server.busy = None
    both.server.tasks.clear()
    assert await both.engine.look([provider_id]) == {}
    assert isinstance((await both.engine.look([provider_id]))[provider_id].error, JobLost)


async def test_a_film_inside_of_the_answer_is_written_like_any_other(
    speaking: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = speaking(polls=1, outcome="inline")
    job = job_for(both)
    provider_id = await both.submit(job)
    look = (await both.follow(provider_id))[-1]
    assert len(look.url) < 100  # the film is not kept in the database
    await both.engine.fetch(job, provider_id, look, tmp_path / "x.mp4", no_report)
    assert b"ftyp" in (tmp_path / "x.mp4").read_bytes()[:12]
    monkeypatch.setenv("VIDEO_MAX_MB", "0.001")
    forget_settings()
    with pytest.raises(TooHeavy):
        await both.engine.fetch(job, provider_id, look, tmp_path / "y.mp4", no_report)
    assert [path.name for path in tmp_path.iterdir()] == ["x.mp4"]


@pytest.mark.parametrize(("data", "kind"), [("@@@", Unplayable), ("PGh0bWw+", Unplayable), ("", NotHandedOut)])
async def test_data_that_is_no_film_is_refused(
    data: str, kind: type[EngineError], speaking: Any, tmp_path: Path
) -> None:
    both = speaking()
    job = job_for(both)
    part = {"type": "video", "data": data}
    both.server.busy = (
        200,
        {"id": "v1_x", "status": "completed", "steps": [{"type": "model_output", "content": [part]}],
         "usage": {"output_tokens_by_modality": [{"modality": "video", "tokens": 5}]}},
    )  # fmt: skip
    with pytest.raises(EngineError) as caught:
        await both.engine.download("inline:v1_x", tmp_path / "x.mp4")
    assert type(caught.value) is kind
    assert list(tmp_path.iterdir()) == []
    assert job.reference


async def test_the_film_is_asked_for_with_the_key_and_as_media(speaking: Any, tmp_path: Path) -> None:
    both = speaking(polls=1)
    job = job_for(both)
    provider_id = await both.submit(job)
    await both.engine.fetch(job, provider_id, (await both.follow(provider_id))[-1], tmp_path / "x.mp4", no_report)
    (call,) = both.server.received("GET", "/films/")
    assert (call.query, call.headers["x-goog-api-key"]) == ({"alt": "media"}, KEY)


async def test_a_cancel_is_never_called_free_unless_nothing_is_there(speaking: Any) -> None:
    both = speaking(polls=3)
    waiting, running, finished = [await both.submit(job_for(both)) for _ in range(3)]
    both.server.tasks[running].looks, both.server.tasks[finished].looks = 2, 9
    for provider_id in (waiting, running, finished):
        assert await both.engine.cancel(provider_id) is False
    assert [both.server.tasks[each].canceled for each in (waiting, running, finished)] == [True, True, False]
    assert await both.engine.cancel("v1_unknown") is True
