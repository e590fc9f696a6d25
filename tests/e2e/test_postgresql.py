"""The whole app on PostgreSQL, which restarts under it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.people import photo
from tests.running import RunningApp, wait_for_end
from tests.servers.postgresql import PostgreSQL


@pytest.fixture
def app(tmp_path: Path, postgresql: PostgreSQL) -> Iterator[RunningApp]:
    """The whole app on an empty database."""
    postgresql.sql("CREATE DATABASE app")
    try:
        with RunningApp.started(
            tmp_path, DATABASE_URL=f"{postgresql.url('app')}?sslmode=prefer&connect_timeout=5"
        ) as running:
            yield running
    finally:
        if not postgresql.is_running:
            postgresql.start()  # for the tests of the next file
        postgresql.sql("DROP DATABASE app WITH (FORCE)")


def test_a_restart_is_a_pause_and_one_that_stays_away_is_told(app: RunningApp, postgresql: PostgreSQL) -> None:
    with app.client("alice@example.com") as alice, ThreadPoolExecutor() as beside:
        picture = alice.post("/images", files={"file": photo(1600, 900)}).json()["id"]
        video_id = alice.post("/videos/generate", json={"image_id": picture, "prompt": "push in"}).json()["id"]
        worker = app.part("worker").pid

        postgresql.stop()
        waiting = [beside.submit(alice.get, "/me"), beside.submit(httpx.get, app.url, timeout=60)]
        time.sleep(1)
        postgresql.start()
        assert [answer.result().status_code for answer in waiting] == [200, 200]
        assert wait_for_end(alice, video_id)["status"] == "completed"

        postgresql.stop()
        api = beside.submit(alice.get, "/me")
        page = beside.submit(httpx.get, app.url, headers={"Accept": "text/html"}, timeout=60)
        assert (api.result().status_code, api.result().json()["error"]["code"]) == (503, "not_available")
        # an unknown visitor's studio asks nobody; the health says what is the matter
        assert page.result().status_code in (200, 503)
        assert app.get("/readyz").json()["database"] == "down"
        assert app.get("/healthz").status_code == 200
        postgresql.start()
        assert alice.get("/me").json()["credits"] == 90
        assert app.part("worker").pid == worker


def test_a_database_that_is_not_there_is_said_in_a_sentence(tmp_path: Path, postgresql: PostgreSQL) -> None:
    app = RunningApp(tmp_path, DATABASE_URL=postgresql.url("nowhere"))
    done = app.command("check")
    assert done.returncode == 1
    assert "BAD  database" in done.stdout
    assert "nowhere" in done.stdout
    assert "Traceback" not in done.stderr
