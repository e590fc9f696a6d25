"""fal, Gemini and Ark in the whole flow: a real worker, a real small server; asked once, charged once, settled once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from core import notes
from core.database.session import reading, session
from core.models import User, Video
from core.ops.provider_costs import by_month
from core.video_json import VideoOut
from core.videos import states
from tests.environment import forget_settings
from tests.people import ask, ledger, reread
from tests.servers.ark import ArkServer
from tests.servers.fal import FalServer
from tests.servers.gemini import GeminiServer
from tests.servers.tasks import TaskServer
from tests.waiting import until
from tests.worker import running_worker
from tests.workers.engines.providers import KEY
from ui import i18n

SET_UP: dict[str, tuple[type[TaskServer], str, str, int]] = {
    "kling-3": (FalServer, "FAL_BASE_URL", "FAL_KEY", 15),
    "omni": (GeminiServer, "GEMINI_BASE_URL", "GEMINI_API_KEY", 10),
    "seedance": (ArkServer, "ARK_BASE_URL", "ARK_API_KEY", 25),
}
"""By model: its server, the variables, and what five seconds cost."""
ALL = sorted(SET_UP)
BILLED: dict[str, tuple[float | None, str, float]] = {
    "kling-3": (None, "", 0.63),
    "omni": (28_960, "video tokens", 0.34752),
    "seedance": (108_000, "tokens", 1.08),
}
"""What each says it billed, and USD: by its own word or by the catalogue."""


@pytest.fixture
def serving(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """`serving("kling-3")` starts the model's server and sets its variables; it may be looked at often."""
    monkeypatch.setattr("workers.engines.tasks.Tasks.min_poll_seconds", 0.1)
    monkeypatch.setattr("workers.engines.fal.Fal.min_poll_seconds", 0.1)
    with ExitStack() as stack:

        def start(model: str, **more: Any) -> TaskServer:
            kind, url, key, _price = SET_UP[model]
            server = stack.enter_context(kind(key=KEY, **more))
            monkeypatch.setenv(url, server.url)
            monkeypatch.setenv(key, KEY)
            forget_settings()
            return server

        yield start


async def ended(video: Video, status: str) -> Video:
    """The video once it has that status."""

    async def check() -> bool:
        row = await reread(video)
        assert row.status in ("pending", "processing", status), (row.status, row.error_code, row.error_detail)
        return row.status == status

    await until(check, 120)
    return await reread(video)


@pytest.mark.parametrize("model", ALL)
async def test_a_video_is_asked_for_once_paid_once_and_comes_home(model: str, alice: User, serving: Any) -> None:
    server = serving(model)
    video = await ask(alice, model=model, seconds=5)
    async with running_worker():
        done = await ended(video, "completed")
    assert (done.width, done.height, server.creates) == (1280, 720, 1)
    assert next(iter(server.tasks.values())).size == (1280, 720)
    assert await ledger(alice) == [("grant", 100), ("charge", -SET_UP[model][3])]
    assert (done.billed_amount, done.billed_unit, round(done.provider_usd or 0, 5)) == BILLED[model]


async def test_what_is_billed_for_a_video_that_failed_is_kept_and_counted(alice: User, serving: Any) -> None:
    serving("omni", outcome="changed")
    video = await ask(alice, model="omni", seconds=5)
    async with running_worker():
        failed = await ended(video, "failed")
    assert (failed.billed_amount, failed.billed_unit) == (28_960, "video tokens")
    async with reading() as db:
        (cost,) = await by_month(db, 3)
    assert (cost.model, cost.videos, round(cost.usd, 4), cost.lost) == ("omni", 1, 0.3475, cost.usd)
    assert (await ledger(alice))[-1] == ("refund", 10)


@pytest.mark.parametrize("model", ALL)
async def test_what_is_refused_is_paid_back_and_says_why(model: str, alice: User, serving: Any) -> None:
    server = serving(model, script=[(400, {"error": {"message": "the clouds are closed today"}})])
    video = await ask(alice, model=model, seconds=5)
    async with running_worker():
        failed = await ended(video, "failed")
    assert (failed.error_code, server.creates) == ("request_refused", 1)
    assert "the clouds are closed today" in failed.error_detail
    price = SET_UP[model][3]
    assert await ledger(alice) == [("grant", 100), ("charge", -price), ("refund", price)]


@pytest.mark.parametrize("model", ALL)
async def test_a_busy_server_gets_the_video_later(model: str, alice: User, serving: Any) -> None:
    server = serving(model, script=[(503, {"error": {"message": "busy"}}, {"Retry-After": "1"})])
    video = await ask(alice, model=model, seconds=5)
    async with running_worker():
        await ended(video, "completed")
    assert (server.creates, len(server.tasks)) == (2, 1)
    assert await ledger(alice) == [("grant", 100), ("charge", -SET_UP[model][3])]


async def test_a_picture_that_can_not_be_uploaded_now_is_uploaded_later(alice: User, serving: Any) -> None:
    server = serving("kling-3", uploads=())
    video = await ask(alice, model="kling-3", seconds=5)
    async with running_worker():
        await until(lambda: server.received("POST", "/storage/upload/initiate"))
        server.uploads = ("cdn",)
        await ended(video, "completed")
    assert server.creates == 1


@pytest.mark.parametrize(("script", "paid"), [("break-taken", True), ("break", False)])
async def test_a_create_call_to_ark_that_broke_off_is_found_or_paid_back(
    script: str, paid: bool, alice: User, serving: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.videos.settle.ABSENT_SECONDS", 2.0)
    server = serving("seedance", script=[script])
    video = await ask(alice, model="seedance", seconds=5)
    async with running_worker():
        await ended(video, "completed" if paid else "failed")
    refund = [] if paid else [("refund", 25)]
    assert await ledger(alice) == [("grant", 100), ("charge", -25), *refund]
    assert (server.creates, len(server.tasks)) == (1, int(paid))


async def test_a_face_in_the_picture_is_said_in_words(alice: User, serving: Any) -> None:
    code = "InputImageSensitiveContentDetected.PrivacyInformation"
    error = {"error": {"code": code, "message": "The input image may contain real person. Request id: 02174"}}
    serving("seedance", script=[(400, error)])
    video = await ask(alice, model="seedance", seconds=5)
    async with running_worker():
        failed = await ended(video, "failed")
    shown = VideoOut.of(failed).error
    assert shown is not None
    assert shown.message == (
        "The model takes no picture in which a person's face can be seen. Please choose one without a face."
    )
    with i18n.speaking("zh"):
        said = i18n.explain(notes.from_code(failed.error_code or "", failed.error_detail))
    assert said == "该模型不接受能看清人脸的图片。请换一张没有人脸的图片。"


async def test_a_cancel_in_the_queue_costs_nothing(alice: User, serving: Any) -> None:
    server = serving("kling-3", waits=True)
    video = await ask(alice, model="kling-3", seconds=5)
    async with running_worker():

        async def is_there() -> bool:
            return (await reread(video)).provider_id is not None

        await until(is_there)
        async with session() as db:
            await states.cancel(db, alice.id, video.id)
        await ended(video, "canceled")
    assert await ledger(alice) == [("grant", 100), ("charge", -15), ("refund", 15)]
    assert all(task.canceled for task in server.tasks.values())
