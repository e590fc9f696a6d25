"""The app as a whole: it stops in order, repairs what was killed, and refuses to run twice."""

import signal
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.people import photo
from tests.running import RunningApp, command_line, wait_for_end
from tests.waiting import wait_until

STOPPED = 20
"""Seconds. 10 are promised to a machine of one's own; here other tests run on the same cores."""


def _ask(client: httpx.Client, seconds: int = 10) -> int:
    picture = client.post("/images", files={"file": photo(1600, 900)}).json()["id"]
    answer = client.post("/videos/generate", json={"image_id": picture, "prompt": "push in", "seconds": seconds})
    assert answer.status_code == 202
    return int(answer.json()["id"])


def test_a_first_start_a_second_one_and_an_orderly_end(tmp_path: Path) -> None:
    app = RunningApp(tmp_path)
    try:
        app.start()
        assert app.part("worker").is_running()
        assert app.part("valkey").is_running()
        second = app.command()
        assert second.returncode == 1
        assert "already running" in second.stderr
        assert app.stop() < STOPPED
        assert app.left_behind() == []
        app.start()
        with app.client("alice@example.com") as alice:
            video = _ask(alice)
            _until_it_renders(alice, video)
            assert app.stop(signal.SIGTERM) < STOPPED
        assert app.left_behind() == []
        app.start()
        with app.client("alice@example.com") as alice:
            assert wait_for_end(alice, video)["status"] == "completed"
        app.stop()
    finally:
        app.end()


def test_an_impatient_second_signal_leaves_nothing_behind(tmp_path: Path) -> None:
    app = RunningApp(tmp_path)
    try:
        app.start()
        assert app.process is not None
        app.process.send_signal(signal.SIGTERM)
        time.sleep(0.4)
        assert app.stop(signal.SIGTERM) < STOPPED
        assert app.left_behind() == []
    finally:
        app.end()


def test_a_taken_port_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    app = RunningApp(tmp_path / "one")
    try:
        app.start()
        other = RunningApp(tmp_path / "two", PORT=str(app.port))
        done = other.command()
        assert (done.returncode, "is taken" in done.stderr) == (1, True)
        app.stop()
    finally:
        app.end()


def test_without_sign_in_it_refuses_to_be_reached_from_elsewhere(tmp_path: Path) -> None:
    done = RunningApp(tmp_path, HOST="0.0.0.0").command()
    assert done.returncode == 1
    assert "identity provider" in done.stderr


def test_nonsense_in_a_variable_is_named(tmp_path: Path) -> None:
    done = RunningApp(tmp_path, PORT="eighty").command()
    assert done.returncode == 1
    assert "PORT" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.timeout(600)  # three starts, and three videos whose leases run out
def test_killing_any_part_at_any_moment_loses_no_video(tmp_path: Path) -> None:
    app = RunningApp(tmp_path)
    try:
        app.start()
        with app.client("alice@example.com") as alice:
            first = _ask(alice)
            _until_it_renders(alice, first)
            with app.held() as worker:
                assert alice.get(f"/videos/{first}").json()["status"] == "processing"
                worker.kill()
            assert wait_for_end(alice, first)["status"] == "completed"

            second = _ask(alice)
            app.part("valkey").kill()
            assert wait_for_end(alice, second)["status"] == "completed"

            third = _ask(alice)
        assert app.process is not None
        app.process.kill()
        app.process.wait()
        psutil.wait_procs([p for p in app.processes() if "valkey" not in command_line(p)], timeout=30)
        left = [command_line(p) for p in app.processes()]
        assert [line for line in left if line and "valkey" not in line] == []
        app.start()
        with app.client("alice@example.com") as alice:
            assert wait_for_end(alice, third)["status"] == "completed"
            kinds = [line["kind"] for line in alice.get("/me/ledger").json()["items"]]
            assert sorted(kinds) == ["charge"] * 3 + ["grant"]
        app.stop()
    finally:
        app.end()


def _until_it_renders(client: httpx.Client, video_id: int) -> None:
    wait_until(lambda: client.get(f"/videos/{video_id}").json()["status"] != "pending")
