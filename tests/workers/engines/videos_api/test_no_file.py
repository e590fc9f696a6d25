"""Finished, and where is the file? Every place that may name it, every way to keep it back: docs/flow.md, "Files"."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, update
from starlette.responses import JSONResponse

from core.catalog.entries import Server
from core.database.session import session
from core.errors import (
    EngineError,
    FileCutOff,
    FileEmpty,
    FileForbidden,
    FileInCircles,
    NoFile,
    NotHandedOut,
    NotReady,
)
from core.models import User, Video, now
from core.videos import looks
from tests.people import ask, ledger, reread
from tests.servers import a_job
from tests.servers.runway import RunwayServer
from tests.servers.videos import VideosServer
from tests.waiting import until
from tests.worker import running_worker
from workers.engines import Look, open_engine
from workers.engines.videos_api import answers

KEY = "sk-test-0123456789abcdef"
PLACES = [
    "url",
    "output.url",
    "output.0",
    "result_url",
    "metadata.url",
    "video.url",
    "data.0.url",
    "data.task_result.videos.0.url",
    "video_url",
    "urls.0",
]


def no_report(percent: int) -> None:
    """Progress of a fetch; not of interest here."""


async def bring(server: VideosServer, target: Path, look: Look | None = None) -> None:
    """Fetch a finished job's file as the app does; `look` is what it has learnt of it before."""
    engine = open_engine(Server("s", "openai-videos", base_url=server.url, key=KEY))
    try:
        job = a_job(engine.server)
        provider_id = await engine.submit(job)
        while look is None or look.state != "succeeded":
            look = (await engine.look([provider_id]))[provider_id]
        await engine.fetch(job, provider_id, Look("succeeded", url=look.url), target, no_report)
    finally:
        await engine.close()


@pytest.mark.parametrize("relative", [False, True], ids=["whole", "relative"])
@pytest.mark.parametrize("place", PLACES)
async def test_a_file_is_fetched_wherever_the_answer_names_it(place: str, relative: bool, tmp_path: Path) -> None:
    with VideosServer(named=place, relative=relative, content_fault=(404, {"detail": "Not Found"})) as server:
        await bring(server, tmp_path / "x.mp4")
    assert (tmp_path / "x.mp4").stat().st_size > 1000
    (call,) = server.received("GET", "/bucket/")
    assert KEY not in str(call.headers)


async def test_a_file_of_the_server_itself_is_asked_for_with_the_key_if_it_must_be(tmp_path: Path) -> None:
    class Careful(VideosServer):
        async def _bucket(self, request: Any, call: Any) -> Any:
            return await super()._bucket(request, call) if KEY in call.key else self._error(401, "no key")

    with Careful(named="url", relative=True, content_fault=(404, {})) as server:
        await bring(server, tmp_path / "x.mp4")
    assert [KEY in call.key for call in server.received("GET", "/bucket/")] == [False, True]


@pytest.mark.parametrize("value", ["", "pending", "data:video/mp4;base64,AAAA", "s3://bucket/x.mp4", 7, None, ["a b"]])
def test_what_is_no_address_is_not_taken_for_one(value: object) -> None:
    assert answers.url_in({"url": value, "output": value}, "http://videos/v1") is None


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("/files/x.mp4", "http://videos/files/x.mp4"),
        ("files/x.mp4", "http://videos/v1/files/x.mp4"),
        ("x.mp4", "http://videos/v1/x.mp4"),
        ("//cdn/x.mp4", "http://cdn/x.mp4"),
        (" https://cdn/x ", "https://cdn/x"),
    ],
)
def test_a_relative_address_is_the_servers(value: str, address: str) -> None:
    assert answers.url_in({"url": value}, "http://videos/v1") == address


WITHHELD: list[tuple[dict[str, Any], type[NoFile]]] = [
    ({"content_fault": (404, {"detail": "Not Found"})}, NoFile),
    ({"content_fault": (400, {"detail": "the video is not ready"})}, NoFile),
    ({"content_fault": (410, {})}, NoFile),
    ({"content_fault": (500, {"error": {"message": "no such blob"}})}, NoFile),
    ({"content_fault": (502, "<html>")}, NoFile),
    ({"content_fault": (204, "")}, FileEmpty),
    ({"content_fault": (401, {})}, FileForbidden),
    ({"content_fault": (403, {"detail": "no"})}, FileForbidden),
    ({"mode": "circle"}, FileInCircles),
    ({"mode": "short"}, FileCutOff),
    ({"mode": "empty"}, FileEmpty),
    (
        {"named": "url", "content_fault": (404, {}), "bucket_fault": (403, "<Error>Request has expired</Error>")},
        FileForbidden,
    ),
    ({"named": "url", "content_fault": (404, {}), "bucket_fault": (400, "<Error>ExpiredToken</Error>")}, NoFile),
]


@pytest.mark.parametrize(("switches", "kind"), WITHHELD, ids=lambda value: str(value)[:50])
async def test_each_way_to_keep_a_file_back_has_its_own_sentence(
    switches: dict[str, Any], kind: type[NoFile], tmp_path: Path
) -> None:
    with VideosServer(**switches) as server, pytest.raises(NotHandedOut) as caught:
        await bring(server, tmp_path / "x.mp4")
    assert type(caught.value.final) is kind
    assert list(tmp_path.iterdir()) == []


def test_no_two_of_them_say_the_same() -> None:
    kinds: list[type[EngineError]] = [NoFile, *NoFile.__subclasses__()]
    assert len({kind().message for kind in kinds}) == len(kinds) == 6


async def test_a_job_that_is_not_finished_after_all_is_no_finished_one_without_a_file(tmp_path: Path) -> None:
    with VideosServer(polls=99) as server, pytest.raises(NotReady) as caught:
        await bring(server, tmp_path / "x.mp4", Look("succeeded"))
    assert not isinstance(caught.value, NotHandedOut)


async def test_runway_without_an_output_is_finished_without_a_file(tmp_path: Path) -> None:
    class Empty(RunwayServer):
        async def _get(self, request: Any, call: Any) -> Any:
            return JSONResponse({"id": "t", "status": "SUCCEEDED", "output": []})

    with Empty() as server:
        engine = open_engine(Server("r", "runway", base_url=server.url, key=KEY))
        with pytest.raises(NotHandedOut) as caught:
            await engine.fetch(a_job(engine.server), "t", None, tmp_path / "x.mp4", no_report)
        await engine.close()
    assert type(caught.value.final) is NoFile


# --- two minutes ---


def has_failed(video: Video) -> Callable[[], Any]:
    """Whether it has by now."""

    async def check() -> bool:
        return (await reread(video)).status == "failed"

    return check


async def test_two_minutes_after_completed_without_a_file_the_video_has_ended(
    alice: User, server: VideosServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("workers.videos.bring_home.NO_FILE_SECONDS", 3.0)
    server.content_fault = (500, {"error": {"message": "no such blob: 17.mp4"}})
    video = await ask(alice, model="sora-2", seconds=4)
    async with running_worker():
        await until(has_failed(video), 30)
    ended = await reread(video)
    assert (ended.error_code, ended.error_detail) == ("no_file", "no such blob: 17.mp4")
    assert str(NoFile().message) == "The model finished without a video."
    assert await ledger(alice) == [("grant", 100), ("charge", -10), ("refund", 10)]
    assert server.creates == 1
    assert "no such blob: 17.mp4" in caplog.text


async def test_a_file_that_comes_within_two_minutes_is_kept(alice: User, server: VideosServer) -> None:
    server.late = 2
    video = await ask(alice, model="sora-2", seconds=4)

    async def completed() -> bool:
        return (await reread(video)).status == "completed"

    async with running_worker():
        await until(completed, 60)
    assert (await reread(video)).no_file_since is not None


async def test_the_two_minutes_outlive_the_worker(
    alice: User, server: VideosServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.content_fault, server.latency = (403, {"detail": "no"}), 0.0
    video = await ask(alice, model="sora-2", seconds=4)
    async with running_worker():
        await until(lambda: len(server.received("GET", "/content")) > 0)

        async def noted() -> bool:
            return (await reread(video)).no_file_since is not None

        await until(noted)
    async with session() as db:
        past = now() - timedelta(minutes=2, seconds=1)
        await db.exec(update(Video).where(col(Video.id) == video.id).values(no_file_since=past, next_look_at=now()))
    async with running_worker():
        await until(has_failed(video), 30)
    assert (await reread(video)).error_code == "file_forbidden"


async def test_a_server_that_is_busy_or_away_keeps_its_file_until_the_deadline(
    alice: User, server: VideosServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.videos.bring_home.NO_FILE_SECONDS", 0.0)
    server.content_fault = (503, {"error": {"message": "busy"}})
    video = await ask(alice, model="sora-2", seconds=4)
    async with running_worker():
        await until(lambda: len(server.received("GET", "/content")) > 1)
        assert (await reread(video)).status == "processing"
        async with session() as db:
            past = now() - timedelta(days=2)
            await db.exec(update(Video).where(col(Video.id) == video.id).values(created_at=past))
            await looks.schedule_looks(db, {video.id: 0})
        await until(has_failed(video), 30)
    assert (await reread(video)).error_code == "file_unreached"
