"""fal's queue and storage against a real server on 127.0.0.1."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import fal_client
import pytest

from core.catalog.entries import models
from core.errors import (
    EngineError,
    ModerationRefused,
    PictureRefused,
    ProviderFailed,
    RequestRefused,
    TimedOut,
    Unreachable,
    WrongKey,
)
from tests.servers import a_job, jpeg
from tests.servers.fal import FalServer
from tests.workers.engines.providers import KEY, Opened, no_report, opening
from workers.engines import Billed, Job

KLING = "fal-ai/kling-video/v3/standard/image-to-video"


@pytest.fixture
async def speaking() -> AsyncIterator[Callable[..., Opened]]:
    """`speaking()` gives a server and an engine that talks to it."""
    async for open_both in opening():
        yield partial(open_both, "fal")


def job_for(both: Opened, upstream: str = KLING, *, size: str = "1280x720", seconds: int = 5, **more: Any) -> Job:
    """A job of a model with sound; `fields` are the catalogue's."""
    return a_job(both.engine.server, size=size, seconds=seconds, upstream=upstream, picture=jpeg(64, 64), **more)


def with_sound(job: Job, **fields: Any) -> Job:
    """The job of a model that offers sound, and has these fields in the catalogue."""
    return replace(job, model=replace(job.model, options=("audio",), fields=fields))


async def test_the_official_client_makes_looks_at_and_cancels_a_job_on_the_same_server(
    speaking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = speaking(polls=1)
    monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{both.server.root}/")
    monkeypatch.setattr(fal_client.client, "REST_URL", both.server.root)
    monkeypatch.setattr(fal_client.client, "CDN_URL", both.server.root)
    client = fal_client.AsyncClient(key=KEY)
    url = await client.upload(jpeg(320, 192), "image/jpeg", lifecycle=fal_client.StorageSettings(expires_in="1d"))
    handle = await client.submit(KLING, {"prompt": "A cup", "start_image_url": url, "duration": "5"})
    ours = f"fal-ai/kling-video/requests/{handle.request_id}"
    assert isinstance(await client.status(KLING, handle.request_id), fal_client.Queued)
    assert isinstance(await client.status(KLING, handle.request_id), fal_client.Completed)
    result = await client.result(KLING, handle.request_id)
    look = (await both.engine.look([ours]))[ours]
    assert look.url is not None
    assert result["video"]["url"].rpartition("/")[0] == look.url.rpartition("/")[0]
    other = await client.submit(KLING, {"prompt": "A cup", "start_image_url": url, "duration": "5"})
    await client.cancel(KLING, other.request_id)
    assert both.server.tasks[other.request_id].canceled
    await (await client._client).aclose()  # it has no way of its own to close


@pytest.mark.parametrize(
    ("upstream", "size", "fields"),
    [
        (KLING, "1280x720", {"start_image_url": 0, "duration": "5", "generate_audio": True}),
        ("bytedance/seedance-2.5/flash/image-to-video", "960x960",
         {"image_url": 0, "duration": "5", "resolution": "720p", "generate_audio": True}),
        ("alibaba/wan-3.0/image-to-video", "1280x720",
         {"start_image_url": 0, "duration": 5, "resolution": "720p", "audio": True}),
        ("alibaba/wan-3.0/image-to-video", "1920x1080",
         {"start_image_url": 0, "duration": 5, "resolution": "1080p", "audio": True}),
        ("fal-ai/ltx-2.3/image-to-video/fast", "1080x1920",
         {"image_url": 0, "duration": "5", "resolution": "1080p", "generate_audio": True}),
        ("fal-ai/veo3.1/fast/image-to-video", "720x1280",
         {"image_url": 0, "duration": "5s", "resolution": "720p", "generate_audio": True}),
        ("minimax/h3-max/image-to-video", "1366x768", {"image_url": 0, "duration": "5", "resolution": "768P"}),
        ("somebody/new-model/image-to-video", "1280x720", {"image_url": 0, "duration": "5"}),
    ],
)  # fmt: skip
async def test_each_endpoint_gets_its_own_words(upstream: str, size: str, fields: Any, speaking: Any) -> None:
    both = speaking()
    await both.submit(with_sound(job_for(both, upstream, size=size)))
    (call,) = [call for call in both.server.received("POST") if call.path == f"/{upstream}"]
    picture = next(name for name in fields if name.endswith("image_url"))
    assert call.fields == {"prompt": "A cup turns", **fields, picture: next(iter(both.server.kept))}
    assert type(call.fields["duration"]) is type(fields["duration"])


async def test_sound_is_as_chosen_and_the_catalogue_may_name_the_fields_of_an_unknown_endpoint(speaking: Any) -> None:
    both = speaking()
    silent = replace(job_for(both), options={"audio": False})
    await both.submit(with_sound(silent))
    own = {"duration": "text", "audio": "with_sound", "resolution": ["540p", "720p"], "extra": {"seed": 7}}
    await both.submit(with_sound(job_for(both, "somebody/new-model"), **own))
    first, second = [call.fields for call in both.server.received("POST") if "duration" in call.fields]
    assert first["generate_audio"] is False
    assert (second["with_sound"], second["resolution"], second["seed"]) == (True, "720p", 7)


def test_the_shipped_entries_use_endpoints_that_are_built_in() -> None:
    from workers.engines.fal import FIELDS  # noqa: PLC0415 - only here

    ours = [model for model in models().values() if model.engine == "fal"]
    assert len(ours) == 4
    assert all(any(model.upstream.startswith(start) for start in FIELDS) for model in ours)


async def test_the_picture_is_uploaded_with_a_token_of_its_own_and_goes_after_a_day(speaking: Any) -> None:
    both = speaking()
    await both.submit(job_for(both))
    (upload,) = both.server.received("POST", "/files/upload")
    assert KEY not in str(upload.headers)
    assert upload.headers["x-fal-object-lifecycle"] == '{"expiration_duration_seconds": 86400}'
    assert both.provider.created(both.server)[0].headers["x-fal-request-timeout"] == "1200"


async def test_where_the_first_way_to_upload_fails_the_second_is_taken(speaking: Any) -> None:
    both = speaking(uploads=("bucket",))
    await both.submit(job_for(both))
    (put,) = both.server.received("PUT", "/bucket/")
    assert KEY not in str(put.headers)
    assert next(iter(both.server.tasks.values())).fields["start_image_url"].startswith(both.server.elsewhere)


async def test_where_both_ways_fail_nothing_is_asked_for(speaking: Any) -> None:
    both = speaking(uploads=())
    with pytest.raises(Unreachable):
        await both.submit(job_for(both))
    assert both.server.creates == 0


async def test_a_wrong_key_is_known_at_the_upload_and_goes_to_nobody_else(speaking: Any) -> None:
    both = speaking()
    both.server.key = "another"
    with pytest.raises(WrongKey):
        await both.submit(job_for(both))
    assert [call.path for call in both.server.calls] == ["/storage/auth/token"]


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        (KLING, "fal-ai/kling-video"),
        ("alibaba/wan-3.0", "alibaba/wan-3.0"),
        ("workflows/me/my-flow/v2", "workflows/me/my-flow"),
    ],
)
async def test_a_job_is_looked_at_under_the_first_parts_of_its_endpoint(
    endpoint: str, path: str, speaking: Any
) -> None:
    both = speaking()
    provider_id = await both.submit(job_for(both, endpoint))
    (task,) = both.server.tasks
    assert provider_id == f"{path}/requests/{task}"
    await both.engine.look([provider_id])
    assert both.server.calls[-1].path == f"/{path}/requests/{task}/status"


async def test_an_id_with_slashes_survives(speaking: Any) -> None:
    both = speaking(polls=1)
    provider_id = await both.submit(job_for(both))
    (task,) = both.server.tasks.values()
    task.id = "a/b+c=="
    both.server.tasks = {task.id: task}
    ours = f"fal-ai/kling-video/requests/{task.id}"
    assert provider_id != ours
    assert [look.state for look in await both.follow(ours)] == ["queued", "succeeded"]


@pytest.mark.parametrize(("positions", "ahead"), [(True, 0), (False, None)])
async def test_a_place_in_the_queue_is_told_where_there_is_one(
    positions: bool, ahead: int | None, speaking: Any
) -> None:
    both = speaking(positions=positions)
    provider_id = await both.submit(job_for(both))
    look = (await both.engine.look([provider_id]))[provider_id]
    assert (look.state, look.ahead) == ("queued", ahead)


def detail(kind: str, place: str = "prompt") -> dict[str, Any]:
    """A refusal as fal words it."""
    return {"detail": [{"loc": ["body", place], "msg": "Not possible", "type": kind}]}


@pytest.mark.parametrize(
    ("failed", "kind", "worth_retry"),
    [
        ((422, detail("content_policy_violation"), {}), ModerationRefused, False),
        ((422, detail("image_too_small", "start_image_url"), {}), PictureRefused, False),
        ((422, detail("face_detection_error"), {}), PictureRefused, False),
        ((422, detail("value_error", "image_url"), {}), PictureRefused, False),
        ((422, detail("value_error", "duration"), {}), RequestRefused, False),
        ((500, {"detail": "Internal error"}, {"X-Fal-Error-Type": "runner_server_error"}), ProviderFailed, True),
        ((500, {"detail": "Internal error"}, {"X-Fal-Retryable": "false"}), ProviderFailed, False),
        ((504, {"detail": "Timed out"}, {"X-Fal-Error-Type": "request_timeout"}), TimedOut, False),
    ],
)
async def test_a_completed_job_may_have_failed(
    failed: Any, kind: type[EngineError], worth_retry: bool, *, speaking: Any, tmp_path: Path
) -> None:
    both = speaking(polls=1, failed=failed)
    job = job_for(both)
    provider_id = await both.submit(job)
    look = (await both.follow(provider_id))[-1]
    assert (look.state, type(look.error), look.worth_retry) == ("failed", kind, worth_retry)
    with pytest.raises(kind):
        await both.engine.fetch(job, provider_id, None, tmp_path / "x.mp4", no_report)


async def test_an_error_in_the_status_itself_is_the_jobs_too(speaking: Any) -> None:
    both = speaking(polls=1, said="the runner was lost")
    provider_id = await both.submit(job_for(both))
    look = (await both.follow(provider_id))[-1]
    assert (look.state, type(look.error), look.worth_retry) == ("failed", ProviderFailed, True)


@pytest.mark.parametrize(
    "failed",
    [
        (401, {"detail": "no"}, {}),
        (403, {"detail": "Exhausted balance"}, {}),
        (502, "<html>bad gateway</html>", {}),
        (429, {}, {}),
    ],
)
async def test_a_result_that_can_not_be_had_now_ends_nothing(failed: Any, speaking: Any) -> None:
    both = speaking(polls=1, failed=failed)
    provider_id = await both.submit(job_for(both))
    await both.engine.look([provider_id])
    with pytest.raises(EngineError):
        await both.engine.look([provider_id])


async def test_what_fal_bills_is_told(speaking: Any) -> None:
    both = speaking(polls=1, units=5)
    provider_id = await both.submit(job_for(both))
    assert (await both.follow(provider_id))[-1].billed == Billed(5.0, "units")


async def test_cancel_says_that_nothing_is_owed_only_for_a_job_that_has_not_begun(speaking: Any) -> None:
    both = speaking(polls=3)
    waiting, running, begins, finished = [await both.submit(job_for(both)) for _ in range(4)]
    server: FalServer = both.server
    tasks = list(server.tasks.values())
    tasks[1].looks, tasks[3].looks = 2, 9
    assert await both.engine.cancel(waiting) is True
    assert await both.engine.cancel(running) is False
    server.starts_on_cancel = True
    assert await both.engine.cancel(begins) is False
    assert await both.engine.cancel(finished) is False
    assert await both.engine.cancel("fal-ai/kling-video/requests/unknown") is True
    assert len(server.received("PUT")) == 3
    server.failed = (500, {"detail": "Internal error"}, {})
    assert await both.engine.cancel(finished) is True  # a failed run is not billed


async def test_cancel_that_can_not_be_answered_now_is_tried_again(speaking: Any) -> None:
    both = speaking()
    provider_id = await both.submit(job_for(both))
    both.server.busy = (500, {"detail": "no"})
    with pytest.raises(Unreachable):
        await both.engine.cancel(provider_id)
