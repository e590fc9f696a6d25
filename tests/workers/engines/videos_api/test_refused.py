"""A create call that comes to nothing says why, at once, and is made once: docs/flow.md, "Create: once"."""

from typing import Any

import pytest

from core.catalog.entries import Server
from core.errors import (
    EngineError,
    JobLost,
    ModerationRefused,
    NeverShown,
    NoVideosServer,
    QuotaExhausted,
    RequestRefused,
)
from core.models import User
from tests.people import ask, ledger, reread
from tests.servers import a_job
from tests.servers.videos import VideosServer
from tests.waiting import until
from tests.worker import running_worker
from workers.engines import open_engine
from workers.engines.videos_api.engine import OpenAIVideos

PAGE = "<!doctype html><html><head><title>Sign in &amp; go</title></head><body><script>x()</script></body></html>"
NGINX = "<html>\r\n<head><title>500 Internal Server Error</title></head>\r\n<body>nginx</body></html>"


def entry(server: VideosServer) -> Server:
    """The catalogue's entry for that server."""
    dialect = "azure-jobs" if server.mode == "azure-jobs" else "auto"
    return Server(f"a-{server.mode}", "openai-videos", base_url=server.url, key="sk-test-0123456789", dialect=dialect)


REFUSED: list[tuple[tuple[Any, ...], type[EngineError], str]] = [
    ((500, {"error": {"message": "CUDA out of memory", "code": None}}), RequestRefused, "CUDA out of memory"),
    ((500, {"detail": "no such LoRA"}), RequestRefused, "no such LoRA"),
    ((500, {"message": "no worker"}), RequestRefused, "no worker"),
    ((500, "Internal Server Error"), RequestRefused, "Internal Server Error"),
    ((500, NGINX), RequestRefused, "500 Internal Server Error"),
    ((502, {"error": {"message": "litellm.BadGatewayError: upstream said no"}}), RequestRefused, "upstream said no"),
    ((529, {"error": {"message": "overloaded"}}), RequestRefused, "overloaded"),
    ((500, {"error": {"message": "Your account has insufficient balance"}}), QuotaExhausted, ""),
    ((500, {"error": {"message": "blocked by our content policy"}}), ModerationRefused, ""),
    ((200, {"code": 1001, "msg": "Model not activated"}), RequestRefused, "Model not activated"),
    (
        (200, {"code": 1102, "message": "Account balance not enough", "data": None}),
        RequestRefused,
        "balance not enough",
    ),
    ((200, {"errcode": 40013, "errmsg": "invalid appid"}), RequestRefused, "invalid appid"),
    ((200, {"base_resp": {"status_code": 2013, "status_msg": "invalid params"}}), RequestRefused, "invalid params"),
    ((200, {"success": False, "message": "no quota left"}), RequestRefused, "no quota left"),
    ((200, {"status": "error", "message": "model is loading"}), RequestRefused, "model is loading"),
    ((202, {"error": "nope"}), RequestRefused, "nope"),
    ((200, PAGE), NoVideosServer, "no Videos server"),
    ((200, ""), NoVideosServer, "no Videos server"),
    ((204, ""), NoVideosServer, "no Videos server"),
    ((200, "OK"), NoVideosServer, "no Videos server"),
    ((200, []), NoVideosServer, "no Videos server"),
    ((200, None), NoVideosServer, "no Videos server"),
    ((200, {"status": "ok"}), NoVideosServer, "no Videos server"),
    ((200, {"data": [{"url": "https://files.example/v.mp4"}]}), NoVideosServer, "no Videos server"),
    ((404, PAGE), NoVideosServer, "no Videos server"),
    ((405, NGINX), NoVideosServer, "no Videos server"),
]


@pytest.mark.parametrize(("answer", "kind", "words"), REFUSED, ids=lambda value: str(value)[:40])
async def test_a_create_that_is_refused_says_why(answer: tuple[Any, ...], kind: type[EngineError], words: str) -> None:
    with VideosServer(script=[answer]) as server:
        engine = open_engine(entry(server))
        with pytest.raises(EngineError) as caught:
            await engine.submit(a_job(engine.server))
        await engine.close()
    assert type(caught.value) is kind
    assert words in caught.value.message
    assert "<" not in caught.value.message
    assert "x()" not in caught.value.message
    assert server.creates == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, {"error": {"message": "CUDA out of memory"}}), "request_refused"),
        ((200, {"code": 1001, "msg": "Model not activated"}), "request_refused"),
        ((200, PAGE), "no_videos_server"),
    ],
)
async def test_a_refused_create_ends_the_video_at_once_and_pays_back(
    answer: Any, code: str, alice: User, server: VideosServer
) -> None:
    server.script = [answer]
    video = await ask(alice, model="sora-2", seconds=4)

    async def failed() -> bool:
        return (await reread(video)).status == "failed"

    async with running_worker():
        await until(failed, 20)  # an unknown outcome takes 45 s
    assert (await reread(video)).error_code == code
    assert await ledger(alice) == [("grant", 100), ("charge", -10), ("refund", 10)]
    assert server.creates == 1


async def test_a_gateway_is_told_not_to_repeat_the_create_call() -> None:
    for mode in ("litellm", "json", "azure-jobs"):
        with VideosServer(mode) as server:
            engine = open_engine(entry(server))
            provider_id = await engine.submit(a_job(engine.server))
            await engine.look([provider_id])
            await engine.close()
        assert {call.headers.get("x-litellm-num-retries") for call in server.received("POST")} == {"0"}
        assert {call.headers.get("x-litellm-num-retries") for call in server.received("GET")} == {None}


@pytest.mark.parametrize(("looks", "kind"), [(0, NeverShown), (1, JobLost)])
async def test_only_a_job_that_was_seen_there_is_known_no_longer(looks: int, kind: type[EngineError]) -> None:
    with VideosServer(polls=9) as server:
        engine = open_engine(entry(server))
        assert isinstance(engine, OpenAIVideos)
        engine.grace_seconds = 0.0
        provider_id = await engine.submit(a_job(engine.server))
        for _ in range(looks):
            await engine.look([provider_id])
        server.forget()
        error = (await engine.look([provider_id]))[provider_id].error
        await engine.close()
    assert type(error) is kind
