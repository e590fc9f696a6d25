"""A script can do all that the page does, through /api/v1, against the running app."""

import io
import json
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import av
import httpx
import pytest

from tests.people import photo
from tests.running import RunningApp, wait_for_end
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def alice(app: RunningApp) -> Iterator[httpx.Client]:
    """Alice's script."""
    with app.client("alice@example.com") as client:
        yield client


@pytest.fixture(scope="module")
def charlie(app: RunningApp) -> Iterator[httpx.Client]:
    """Charlie's script."""
    with app.client("charlie@example.com") as client:
        yield client


@pytest.fixture(scope="module")
def image(alice: httpx.Client) -> dict[str, object]:
    """A picture Alice has uploaded."""
    answer = alice.post("/images", files={"file": ("shoe.jpg", photo(1600, 900), "image/jpeg")})
    assert answer.status_code == 201, answer.text
    values: dict[str, object] = answer.json()
    return values


@pytest.fixture(scope="module")
def video(alice: httpx.Client, image: dict[str, object]) -> dict[str, object]:
    """A video Alice has made."""
    body = {"image_id": image["id"], "prompt": "Slow push in", "seconds": 4}
    answer = alice.post("/videos/generate", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "pending"
    return wait_for_end(alice, answer.json()["id"])


def test_the_command_prints_a_key_as_its_last_line(app: RunningApp) -> None:
    output = app.command("key", "dora@example.com").stdout
    bearer = {"Authorization": f"Bearer {output.splitlines()[-1]}"}
    assert app.get("/api/v1/me", headers=bearer).json()["email"] == "dora@example.com"


def test_an_upload_answers_with_id_url_and_size(image: dict[str, object], alice: httpx.Client) -> None:
    assert set(image) == {"id", "url", "width", "height"}
    assert (image["width"], image["height"]) == (1600, 900)
    assert alice.get(str(image["url"])[len("/api/v1") :]).headers["content-type"] == "image/jpeg"


def test_a_video_has_every_field_that_scripts_rely_on(video: dict[str, object], image: dict[str, object]) -> None:
    assert video["status"] == "completed"
    assert (video["model"], video["prompt"], video["cost_credits"]) == ("camera", "Slow push in", 10)
    assert (video["seconds"], video["size"], video["width"], video["height"]) == (4, "1280x720", 1280, 720)
    assert (video["progress"], video["error"]) == (100, None)
    times = [datetime.fromisoformat(str(video[name])) for name in ("created_at", "started_at", "completed_at")]
    assert times == sorted(times)
    assert [t.utcoffset() for t in times] == [timedelta(0)] * 3


def test_the_file_is_a_playable_video_that_says_how_it_was_made(video: dict[str, object], alice: httpx.Client) -> None:
    answer = alice.get(f"/videos/{video['id']}/content")
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.content.index(b"moov") < answer.content.index(b"mdat")
    with av.open(io.BytesIO(answer.content), "r") as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.codec_context.pix_fmt) == (1280, 720, "yuv420p")
        assert sum(1 for _ in container.decode(stream)) == 4 * 24
        assert "AdsVideo" in container.metadata["comment"]


def test_the_file_can_be_read_in_ranges(video: dict[str, object], alice: httpx.Client) -> None:
    whole = alice.get(f"/videos/{video['id']}/content").content
    part = alice.get(f"/videos/{video['id']}/content", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    beyond = alice.get(f"/videos/{video['id']}/content", headers={"Range": f"bytes={len(whole) + 1}-"})
    assert beyond.status_code == 416


def test_the_poster_is_a_picture(video: dict[str, object], alice: httpx.Client) -> None:
    answer = alice.get(f"/videos/{video['id']}/poster")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")


def test_somebody_elses_anything_is_404(
    video: dict[str, object], image: dict[str, object], charlie: httpx.Client
) -> None:
    for path in (f"/videos/{video['id']}", f"/videos/{video['id']}/content", f"/videos/{video['id']}/poster"):
        assert charlie.get(path).status_code == 404
    assert charlie.get(f"/images/{image['id']}/content").status_code == 404
    assert charlie.post(f"/videos/{video['id']}/cancel").status_code == 404
    assert charlie.delete(f"/videos/{video['id']}").status_code == 404
    stolen = charlie.post("/videos/generate", json={"image_id": image["id"], "prompt": "mine"})
    assert stolen.status_code == 404
    assert charlie.get("/videos").json() == {"items": [], "next_cursor": None}


def test_without_a_key_nothing_is_told(app: RunningApp) -> None:
    for path in ("/me", "/models", "/videos", "/videos/1", "/videos/1/content", "/me/ledger"):
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
            answer = app.get(f"/api/v1{path}", headers=headers)
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "not_signed_in"


def test_me_and_the_ledger_add_up(video: dict[str, object], alice: httpx.Client) -> None:
    me, lines = alice.get("/me").json(), alice.get("/me/ledger").json()["items"]
    assert me["email"] == "alice@example.com"
    assert set(me) == {"id", "email", "name", "avatar_url", "role", "credits"}
    assert me["credits"] == sum(line["amount"] for line in lines) == lines[0]["balance_after"]
    fields = {"id", "amount", "kind", "reference", "video_id", "balance_after", "created_at", "note"}
    assert set(lines[0]) == fields
    assert (lines[-1]["kind"], lines[-1]["amount"]) == ("grant", 100)


def test_the_catalogue_says_what_can_be_used(alice: httpx.Client) -> None:
    models = {m["id"]: m for m in alice.get("/models").json()["items"]}
    assert list(models)[:4] == ["sora-2", "sora-1", "runway", "camera"]
    assert models["camera"]["state"] == "ready"
    assert models["camera"]["default"] is True
    assert models["sora-2"]["state"] == "no_key"
    assert models["camera"]["sizes"] == ["1280x720", "720x1280", "1080x1080", "1920x1080", "1080x1920"]
    assert [m["price_credits"] for m in models.values()][:4] == [10] * 4


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"prompt": "x"}, 422, "no_picture"),
        ({"image_id": 999_999, "prompt": "x"}, 404, "not_found"),
        ({"image_id": "IMAGE", "prompt": ""}, 422, "no_prompt"),
        ({"image_id": "IMAGE", "prompt": "x" * 501}, 422, "prompt_too_long"),
        ({"image_id": "IMAGE", "prompt": "x", "model": "nope"}, 422, "unknown_model"),
        ({"image_id": "IMAGE", "prompt": "x", "model": "sora-2"}, 422, "model_unavailable"),
        ({"image_id": "IMAGE", "prompt": "x", "seconds": 7}, 422, "wrong_option"),
        ({"image_id": "IMAGE", "prompt": "x", "size": "9x9"}, 422, "wrong_option"),
        ({"image_id": "IMAGE", "prompt": "x", "framing": {"mode": "melt"}}, 422, "bad_input"),
        ({"image_id": "IMAGE", "prompt": "x", "surprise": 1}, 422, "bad_input"),
        ({"image_id": "IMAGE", "prompt": "x", "options": {"speed": 2}}, 422, "bad_input"),
        ({"image_id": "IMAGE", "prompt": "x", "options": {"move": "flip"}}, 422, "bad_input"),
        ({"image_id": "IMAGE", "prompt": "x", "options": {"layers": "yes"}}, 422, "bad_input"),
        ({"image_id": {"a": 1}, "prompt": ["x"]}, 422, "bad_input"),
        ({"image_id": True, "prompt": "x"}, 422, "bad_input"),
    ],
)
def test_bad_requests_are_answered_plainly_and_cost_nothing(
    alice: httpx.Client, image: dict[str, object], body: dict[str, object], status: int, code: str
) -> None:
    before = alice.get("/me").json()["credits"]
    if body.get("image_id") == "IMAGE":
        body = {**body, "image_id": image["id"]}
    answer = alice.post("/videos/generate", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert len(answer.json()["error"]["message"]) > 10
    assert alice.get("/me").json()["credits"] == before


@pytest.mark.parametrize(
    ("content", "name", "status", "code"),
    [
        (b"x" * (11 * 1024 * 1024), "large.jpg", 413, "picture_too_large"),
        (b"I am text", "text.png", 415, "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing.svg", 415, "not_a_picture"),
        (photo(800, 600)[:4000], "half.jpg", 422, "broken_picture"),
    ],
)
def test_bad_pictures_are_refused(alice: httpx.Client, content: bytes, name: str, status: int, code: str) -> None:
    answer = alice.post("/images", files={"file": (name, content, "image/jpeg")})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_wrong_name_and_type_do_not_matter(alice: httpx.Client) -> None:
    answer = alice.post("/images", files={"file": ("../../evil.exe", photo(kind="PNG"), "application/x-msdownload")})
    assert answer.status_code == 201


def test_no_credits_is_402(app: RunningApp) -> None:
    assert app.command("grant", "bob@example.com", "-1000").stdout.strip() == "bob@example.com now has 0 credits."
    with app.client("bob@example.com") as bob:
        picture = bob.post("/images", files={"file": photo()}).json()["id"]
        answer = bob.post("/videos/generate", json={"image_id": picture, "prompt": "x"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (402, "not_enough_credits")
        assert app.command("grant", "bob@example.com", "25").returncode == 0
        assert bob.get("/me").json()["credits"] == 25


def test_the_same_idempotency_key_gives_the_same_video(alice: httpx.Client, image: dict[str, object]) -> None:
    before = alice.get("/me").json()["credits"]
    body, headers = {"image_id": image["id"], "prompt": "once", "seconds": 4}, {"Idempotency-Key": "k-1"}
    ids = {alice.post("/videos/generate", json=body, headers=headers).json()["id"] for _ in range(3)}
    assert len(ids) == 1
    assert alice.get("/me").json()["credits"] == before - 10
    wait_for_end(alice, ids.pop())


def test_an_idempotency_key_is_for_one_request_and_comes_before_everything_else(
    app: RunningApp, alice: httpx.Client, image: dict[str, object]
) -> None:
    before = alice.get("/me").json()["credits"]
    body, headers = {"image_id": image["id"], "prompt": "once"}, {"Idempotency-Key": "k-2"}
    with app.held():
        video = alice.post("/videos/generate", json=body, headers=headers).json()
        for other in ({"prompt": "twice"}, {"seconds": 4}, {"model": "sora-2"}, {"image_url": "http://127.0.0.1/"}):
            answer = alice.post("/videos/generate", json={**body, **other}, headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, "idempotency_conflict")
        second = alice.post("/videos/generate", json={**body, "seconds": None}, headers=headers)
        assert (second.status_code, second.json()["id"]) == (202, video["id"])
        assert alice.get("/me").json()["credits"] == before - 10
        alice.post(f"/videos/{video['id']}/cancel")


@pytest.mark.parametrize("wanted", ["bytes=5-2", "bytes=", "bytes=a-b", "lines=1-2", "bytes 1-2", "bytes=-"])
def test_a_range_that_is_none_is_ignored(alice: httpx.Client, video: dict[str, object], wanted: str) -> None:
    answer = alice.get(f"/videos/{video['id']}/content", headers={"Range": wanted})
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 10_000


def test_two_files_in_one_upload_are_refused(alice: httpx.Client) -> None:
    answer = alice.post("/images", files=[("file", ("a.jpg", photo())), ("file", ("b.jpg", photo()))])
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_input")


def test_a_canceled_video_is_paid_back_and_can_be_deleted(
    app: RunningApp, alice: httpx.Client, image: dict[str, object]
) -> None:
    before = alice.get("/me").json()["credits"]
    body = {"image_id": image["id"], "prompt": "stop me", "seconds": 10}
    with app.held():
        video = alice.post("/videos/generate", json=body).json()
        running = alice.delete(f"/videos/{video['id']}")
        canceled = alice.post(f"/videos/{video['id']}/cancel")
    assert (running.status_code, canceled.status_code) == (409, 200)
    assert canceled.json()["status"] == "canceled"
    assert alice.get("/me").json()["credits"] == before
    assert alice.post(f"/videos/{video['id']}/cancel").status_code == 409
    assert alice.delete(f"/videos/{video['id']}").status_code == 204
    assert alice.get(f"/videos/{video['id']}").status_code == 404


def test_waiting_answers_as_soon_as_something_changes(
    app: RunningApp, alice: httpx.Client, image: dict[str, object]
) -> None:
    body = {"image_id": image["id"], "prompt": "wait for me", "seconds": 4}
    with app.held():
        video = alice.post("/videos/generate", json=body).json()
        answers = [alice.get(f"/videos/{video['id']}").json()]
    while answers[-1]["status"] not in ("completed", "failed"):
        started = time.monotonic()
        answers.append(alice.get(f"/videos/{video['id']}", params={"wait": 60}, timeout=90).json())
        assert time.monotonic() - started < 60
    assert answers[-1]["status"] == "completed"
    assert len(answers) >= 3


def test_the_list_is_paged_newest_first(alice: httpx.Client, image: dict[str, object]) -> None:
    for number in range(3):
        body = {"image_id": image["id"], "prompt": f"page {number}", "seconds": 4}
        alice.post("/videos/generate", json=body).raise_for_status()
    first = alice.get("/videos?limit=2").json()
    rest = alice.get(f"/videos?limit=100&cursor={first['next_cursor']}").json()
    ids = [v["id"] for v in first["items"] + rest["items"]]
    assert ids == sorted(set(ids), reverse=True)
    assert rest["next_cursor"] is None


def test_unknown_addresses_and_numbers_are_404_in_the_envelope(alice: httpx.Client) -> None:
    for path in ("/videos/0", "/videos/abc", "/videos/99999999999999999999", "/nothing"):
        answer = alice.get(path)
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"


def test_health(app: RunningApp) -> None:
    assert app.get("/healthz").json() == {"status": "ok"}
    ready = {"status": "ok", "database": "ok", "redis": "ok", "storage": "ok", "worker": "ok"}
    wait_until(lambda: app.get("/readyz").json() == ready)  # a worker that is busy is seen a moment later


def test_check_says_what_works(app: RunningApp) -> None:
    done = app.command("check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"ok\s+camera\s+ready", done.stdout)
    assert re.search(r"sora-2\s+no key", done.stdout)


def test_the_api_is_described(app: RunningApp) -> None:
    described = json.loads(app.get("/api/v1/openapi.json").text)
    assert "/videos/generate" in described["paths"]
    page = app.get("/docs")
    assert (page.status_code, "/api/v1/openapi.json" in page.text, "https://" in page.text) == (200, True, False)


def test_head_is_answered_like_get(app: RunningApp, alice: httpx.Client, video: dict[str, object]) -> None:
    assert httpx.head(f"{app.url}/", timeout=30).status_code == 200
    assert httpx.head(f"{app.url}/healthz", timeout=30).status_code == 200
    answer = alice.head(f"/videos/{video['id']}/content")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 10_000


@pytest.mark.parametrize("path", ["/static/%00", "/static/../main.py", "/static/%2e%2e/theme.py", "/v/%00/content"])
def test_an_address_made_to_break_out_finds_nothing(app: RunningApp, path: str) -> None:
    assert app.get(f"{path}").status_code == 404


def test_prometheus_is_told_about_all_and_nobody(app: RunningApp, alice: httpx.Client) -> None:
    app.wait_until_ready()
    wait_until(lambda: "adsvideo_worker_up 1.0" in app.get("/metrics").text)
    metrics = app.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    for name in (
        "adsvideo_videos_ended",
        "adsvideo_worker_up",
        "adsvideo_connected_pages",
        "process_resident_memory",
    ):
        assert name in metrics.text
    assert "alice" not in metrics.text
