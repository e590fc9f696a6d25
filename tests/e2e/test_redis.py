"""Redis fails under the running app: a sentinel hands over to the replica, then nobody is left, then it is back."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from core.accounts.users import LOCAL_EMAIL
from tests.people import photo
from tests.running import RunningApp, wait_for_end
from tests.servers.valkey import Valkey, sentinel
from tests.servers.videos import VideosServer
from tests.waiting import wait_until

AWAY_SECONDS = 30
LATENCY = 4
WAIT = 60_000


@pytest.fixture(scope="module")
def server() -> Iterator[VideosServer]:
    """A Videos server that takes its time."""
    with VideosServer() as running:
        running.latency = LATENCY
        yield running


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Valkey, Valkey]]:
    """A server and its replica."""
    first, second = Valkey(), Valkey()
    try:
        with second.client() as client:
            client.replicaof("127.0.0.1", first.port)
        yield first, second
    finally:
        first.close()
        second.close()


@pytest.fixture(scope="module")
def app(
    tmp_path_factory: pytest.TempPathFactory, server: VideosServer, pair: tuple[Valkey, Valkey]
) -> Iterator[RunningApp]:
    """The whole app, which asks a sentinel where Redis is."""
    watching = sentinel(pair[0])
    with pair[1].client() as replica, watching.client() as asking:  # before there is anything to hand over
        wait_until(lambda: replica.info("replication")["master_link_status"] == "up")
        wait_until(lambda: len(asking.sentinel_slaves("mymaster")) == 1)
    url = f"redis+sentinel://127.0.0.1:{watching.port}/0?name=mymaster"
    try:
        with RunningApp.started(tmp_path_factory.mktemp("app"), REDIS_URL=url, OPENAI_BASE_URL=server.url) as running:
            yield running
    finally:
        watching.close()


def _is_ready(app: RunningApp) -> bool:
    return bool(app.get("/readyz", timeout=30).json()["redis"] == "ok")


@pytest.mark.timeout(600)
def test_nothing_is_lost_and_all_goes_on_by_itself(
    app: RunningApp, page: Page, server: VideosServer, pair: tuple[Valkey, Valkey]
) -> None:
    with app.client(LOCAL_EMAIL) as me:
        picture = me.post("/images", files={"file": photo(1600, 900)}).json()["id"]

        def ask(model: str) -> int:
            wanted = {"image_id": picture, "prompt": "push in", "model": model, "seconds": 4}
            answer = me.post("/videos/generate", json=wanted)
            assert answer.status_code == 202, answer.text
            return int(answer.json()["id"])

        worker = app.part("worker").pid
        video_ids = [ask("sora-2"), ask("camera")]
        pair[0].stop()  # the replica takes over
        video_ids.append(ask("sora-2"))
        assert wait_for_end(me, video_ids[0], 90)["status"] == "completed"
        assert wait_for_end(me, video_ids[1], 90)["status"] == "completed"
        assert wait_for_end(me, video_ids[2], 90)["status"] == "completed"
        app.wait_until_ready()

        server.latency = 3600  # not done before one has looked
        video_ids.append(ask("sora-2"))
        wait_until(lambda: server.creates == 3)
        pair[1].stop()  # and now there is none
        gone = time.monotonic()
        page.goto("/auth/login")
        expect(page.get_by_role("button", name="Generating…")).to_be_visible(timeout=WAIT)
        server.latency = LATENCY
        video_ids += [ask("sora-2"), ask("camera")]
        assert not _is_ready(app)
        assert wait_for_end(me, video_ids[3], 90)["status"] == "completed"  # begun before, fetched without Redis
        assert wait_for_end(me, video_ids[5], 90)["status"] == "completed"  # our own worker needs none
        page.goto("/")
        expect(page.get_by_test_id("credits")).to_be_visible(timeout=WAIT)
        while time.monotonic() < gone + AWAY_SECONDS:
            time.sleep(0.1)
        assert me.get(f"/videos/{video_ids[4]}").json()["status"] == "pending"

        page.goto(f"/videos/{video_ids[4]}")
        pair[1].start()
        expect(page.locator("video").first).to_be_visible(timeout=WAIT)  # no reload, no click
        assert me.get(f"/videos/{video_ids[4]}").json()["status"] == "completed"
        assert server.creates == 4
        lines = [line["kind"] for line in me.get("/me/ledger").json()["items"]]
        assert sorted(lines) == ["charge"] * 6 + ["grant"]
        assert app.part("worker").pid == worker
