"""AdsVideo behind AdsVideo: a branch office whose Videos server is headquarters' front door."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import av
import httpx
import pytest

from core.catalog.entries import Server
from core.errors import JobLost, NotReady, QuotaExhausted, RequestRefused, WrongKey
from core.ids import MAX_ID
from tests.people import photo
from tests.running import RunningApp, wait_for_end
from tests.servers import a_job
from workers.engines import Look, open_engine
from workers.engines.videos_api.engine import OpenAIVideos

SIZE = "720x1280"
BRANCH = """
[models.hq-camera]
label = "Camera (headquarters)"
server = "openai"
upstream = "camera"
sizes = ["720x1280", "1280x720"]
seconds = [4, 6]
"""


@pytest.fixture(scope="module")
def alice(app: RunningApp) -> Iterator[httpx.Client]:
    """At headquarters; her key is the branch's."""
    app.command("grant", "alice@example.com", "1000")
    with app.client("alice@example.com") as client:
        yield client


def key_of(client: httpx.Client) -> str:
    return client.headers["Authorization"].removeprefix("Bearer ")


def engine_for(app: RunningApp, key: str) -> OpenAIVideos:
    """Our own engine, pointed at the front door."""
    engine = open_engine(Server("headquarters", "openai-videos", f"{app.url}/v1", key))
    assert isinstance(engine, OpenAIVideos)
    return engine


@pytest.fixture
async def engine(app: RunningApp, alice: httpx.Client) -> AsyncIterator[OpenAIVideos]:
    opened = engine_for(app, key_of(alice))
    yield opened
    await opened.close()


async def follow(engine: OpenAIVideos, provider_id: str) -> list[Look]:
    """Look until the job has ended."""
    looks: list[Look] = []
    end = time.monotonic() + 280  # the machine may be busy
    while not looks or looks[-1].state in ("queued", "running"):
        assert time.monotonic() < end
        await asyncio.sleep(0.2)
        looks.append((await engine.look([provider_id]))[provider_id])
    return looks


def no_report(percent: int) -> None:
    """Progress of a fetch; not of interest here."""


async def test_a_video_comes_home(engine: OpenAIVideos, alice: httpx.Client, tmp_path: Path) -> None:
    before = alice.get("/me").json()["credits"]
    job, target = a_job(engine.server, "Push in", size=SIZE, seconds=4, upstream="camera"), tmp_path / "raw.mp4"
    provider_id = await engine.submit(job)
    looks = await follow(engine, provider_id)
    progress = [look.progress or 0 for look in looks]
    assert looks[-1].state == "succeeded" and progress == sorted(progress)
    await engine.fetch(job, provider_id, looks[-1], target, no_report)
    with av.open(str(target), "r") as film:
        assert (film.streams.video[0].width, film.streams.video[0].height) == (720, 1280)
    assert alice.get("/me").json()["credits"] == before - 10
    picture = alice.get("/videos").json()["items"][0]["image_id"]
    assert alice.get(f"/images/{picture}/content").status_code == 200


async def test_many_are_asked_about_at_once_and_a_lost_answer_is_looked_up(engine: OpenAIVideos) -> None:
    job = a_job(engine.server, f"Drift {time.time()}", size=SIZE, seconds=4, upstream="camera")
    ids = [await engine.submit(job) for _ in range(2)]
    looked = engine.looked
    assert set(await engine.look(ids)) == set(ids)
    assert engine.looked == looked + 1
    assert sorted(await engine.find(job)) == sorted(ids)
    for provider_id in ids:
        await engine.cancel(provider_id)


async def test_a_cancel_at_the_branch_is_one_at_headquarters(
    app: RunningApp, engine: OpenAIVideos, alice: httpx.Client
) -> None:
    job = a_job(engine.server, "Tilt up", size=SIZE, seconds=4, upstream="camera")
    before = alice.get("/me").json()["credits"]
    with app.held():
        provider_id = await engine.submit(job)
        assert await engine.cancel(provider_id)
    assert alice.get("/me").json()["credits"] == before
    assert (await engine.look([provider_id]))[provider_id].error.__class__ is JobLost


async def test_what_headquarters_refuses_is_understood(app: RunningApp, engine: OpenAIVideos) -> None:
    with pytest.raises(RequestRefused, match="model"):
        await engine.submit(a_job(engine.server, size=SIZE, seconds=4, upstream="sora-2"))
    with pytest.raises(RequestRefused, match="not 7 s"):
        await engine.submit(a_job(engine.server, size=SIZE, seconds=7, upstream="camera"))
    with pytest.raises(NotReady):
        provider_id = await engine.submit(a_job(engine.server, size=SIZE, seconds=4, upstream="camera"))
        await engine.fetch(a_job(engine.server), provider_id, None, Path("none.mp4"), no_report)


async def test_wrong_keys_and_empty_purses_are_told_apart(app: RunningApp) -> None:
    wrong = engine_for(app, "ads_wrong")
    with pytest.raises(WrongKey):
        await wrong.submit(a_job(wrong.server, size=SIZE, seconds=4, upstream="camera"))
    await wrong.close()
    app.command("grant", "bob@example.com", f"-{MAX_ID // 10}")
    broke = engine_for(app, app.key("bob@example.com"))
    with pytest.raises(QuotaExhausted):
        await broke.submit(a_job(broke.server, size=SIZE, seconds=4, upstream="camera"))
    await broke.close()


def test_a_branch_office_makes_videos_with_the_models_of_headquarters(
    app: RunningApp, alice: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "branch.toml").write_text(BRANCH)
    variables = {
        "OPENAI_BASE_URL": f"{app.url}/v1",
        "OPENAI_API_KEY": key_of(alice),
        "CATALOG_FILE": str(tmp_path / "branch.toml"),
    }
    with RunningApp.started(tmp_path, **variables) as branch, branch.client("ben@example.com") as ben:
        states = {model["id"]: model["state"] for model in ben.get("/models").json()["items"]}
        assert (states["hq-camera"], states["sora-2"]) == ("ready", "unreachable")
        picture = ben.post("/images", files={"file": photo(720, 1280)}).json()["id"]
        body = {"image_id": picture, "prompt": "Push in", "model": "hq-camera", "seconds": 4}
        made = wait_for_end(ben, ben.post("/videos/generate", json=body).json()["id"])
        assert made["status"] == "completed", made
        assert (made["width"], made["height"], ben.get("/me").json()["credits"]) == (720, 1280, 90)
        assert ben.get(f"/videos/{made['id']}/content").headers["Content-Type"] == "video/mp4"
    assert alice.get("/videos").json()["items"][0]["prompt"] == "Push in"
