"""Server-sent events: a video from now to its end, to its owner alone, whatever becomes of Redis."""

import contextlib
import itertools
import json
from collections.abc import Iterator

import httpx
import psutil
import pytest

from tests.people import photo
from tests.running import RunningApp, wait_for_end
from tests.waiting import wait_until

ENDED = ("completed", "failed", "canceled")


@pytest.fixture(scope="module")
def alice(app: RunningApp) -> Iterator[httpx.Client]:
    """Alice's script."""
    with app.client("alice@example.com") as client:
        yield client


def start(client: httpx.Client, prompt: str = "Slow push in", seconds: int = 6) -> int:
    """A new video of that user."""
    picture = client.post("/images", files={"file": photo()}).json()["id"]
    body = {"image_id": picture, "prompt": prompt, "seconds": seconds}
    return int(client.post("/videos/generate", json=body).json()["id"])


def events(answer: httpx.Response) -> Iterator[dict[str, object]]:
    """What each event carries."""
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_a_video_is_told_at_once_and_at_every_change_until_its_end(app: RunningApp, alice: httpx.Client) -> None:
    with contextlib.ExitStack() as held:
        held.enter_context(app.held())
        video_id = start(alice)
        with alice.stream("GET", f"/videos/{video_id}/events", timeout=120) as answer:
            assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
            assert "no-cache" in answer.headers["cache-control"] or "no-store" in answer.headers["cache-control"]
            coming = events(answer)
            received = [next(coming)]
            held.close()
            received += coming
    assert received[0]["status"] in ("pending", "processing")
    assert received[-1] == alice.get(f"/videos/{video_id}").json()
    assert received[-1]["status"] == "completed"
    assert all(video["status"] not in ENDED for video in received[:-1])
    progress = [float(str(video["progress"])) for video in received if video["progress"] is not None]
    assert progress == sorted(progress)
    assert len(set(progress)) > 2
    assert all(one != other for one, other in itertools.pairwise(received))


def test_one_that_has_ended_is_told_once(app: RunningApp, alice: httpx.Client) -> None:
    with app.held():
        video_id = start(alice)
        alice.post(f"/videos/{video_id}/cancel")
    with alice.stream("GET", f"/videos/{video_id}/events") as answer:
        assert [video["status"] for video in events(answer)] == ["canceled"]


def test_nobody_else_hears_it(app: RunningApp, alice: httpx.Client) -> None:
    video_id = start(alice)
    with app.client("charlie@example.com") as charlie:
        for path in (f"/videos/{video_id}/events", "/videos/999999/events", "/videos/x/events"):
            answer = charlie.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert app.get(f"/api/v1/videos/{video_id}/events").status_code == 401
    alice.post(f"/videos/{video_id}/cancel")


def test_head_is_over_with_its_headers(app: RunningApp, alice: httpx.Client) -> None:
    with app.held():
        video_id = start(alice, seconds=10)
        assert alice.head(f"/videos/{video_id}/events").status_code == 200
        assert alice.get(f"/videos/{video_id}").json()["status"] in ("pending", "processing")
        alice.post(f"/videos/{video_id}/cancel")


def test_without_redis_the_end_is_told_all_the_same(app: RunningApp, alice: httpx.Client) -> None:
    valkey = app.part("valkey")
    with contextlib.ExitStack() as held:
        held.enter_context(app.held())
        video_id = start(alice)
        with alice.stream("GET", f"/videos/{video_id}/events", timeout=120) as answer:
            coming = events(answer)
            next(coming)
            valkey.kill()
            psutil.wait_procs([valkey], timeout=30)
            held.close()
            assert list(coming)[-1]["status"] == "completed"
    assert wait_for_end(alice, video_id)["status"] == "completed"
    app.wait_until_ready()  # for the tests of the next file


def test_eight_streams_at_once_and_no_more(app: RunningApp, alice: httpx.Client) -> None:
    with app.held(), app.client("charlie@example.com") as charlie:
        video_id, theirs = start(alice), start(charlie)

        def stream(client: httpx.Client, of: int) -> contextlib.AbstractContextManager[httpx.Response]:
            return client.stream("GET", f"/videos/{of}/events", timeout=60)

        with contextlib.ExitStack() as held:
            reading = [events(held.enter_context(stream(alice, video_id))) for _ in range(8)]
            assert [next(coming)["id"] for coming in reading] == [video_id] * 8
            refused = alice.get(f"/videos/{video_id}/events")
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "15")
            sentence = "8 event streams of yours are open already. Please close one of them first."
            assert refused.json()["error"] == {"code": "too_many_streams", "message": sentence}
            reading.append(events(held.enter_context(stream(charlie, theirs))))
            assert next(reading[-1])["id"] == theirs
            assert alice.get(f"/videos/{video_id}").status_code == 200

        def is_taken() -> bool:
            with stream(alice, video_id) as answer:
                return answer.status_code == 200

        wait_until(is_taken)  # their places are free as soon as it is noticed that nobody reads
        for client, of in ((alice, video_id), (charlie, theirs)):
            client.post(f"/videos/{of}/cancel")
