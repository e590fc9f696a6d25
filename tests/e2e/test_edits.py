"""Finishing a clip over the API of the running app: edits, stills, music, captions, versions."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.people import photo
from tests.running import RunningApp, wait_for_end
from tests.workers.edits import numbered


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
def image(alice: httpx.Client) -> int:
    """A picture Alice has uploaded."""
    number: int = alice.post("/images", files={"file": ("shoe.jpg", photo(1600, 900), "image/jpeg")}).json()["id"]
    return number


@pytest.fixture(scope="module")
def clip(alice: httpx.Client, image: int) -> dict[str, Any]:
    """A clip Alice has made."""
    asked = {"image_id": image, "prompt": "Slow push in", "seconds": 4}
    return wait_for_end(alice, alice.post("/videos/generate", json=asked).json()["id"])


@pytest.fixture(scope="module")
def logo(alice: httpx.Client) -> int:
    """A logo with transparency."""
    picture, out = Image.new("RGBA", (200, 100), (0, 0, 0, 0)), io.BytesIO()
    ImageDraw.Draw(picture).rectangle((0, 0, 99, 99), fill=(255, 0, 0, 255))
    picture.save(out, "PNG")
    number: int = alice.post("/images", files={"file": ("logo.png", out.getvalue(), "image/png")}).json()["id"]
    return number


@pytest.fixture(scope="module")
def ad(alice: httpx.Client, clip: dict[str, Any], image: int, logo: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Everything at once: the body that was posted, and the video that came of it."""
    body = {
        "clips": [
            {"video_id": clip["id"], "start": 1.0, "end": 2.0},
            {"image_id": image, "seconds": 1.5, "transition": "dissolve"},
        ],
        "size": "720x1280",
        "captions": {"lines": [{"start": 0.0, "end": 1.0, "text": "琥珀香水 & more"}], "language": "zh"},
        "texts": [{"text": "49 €", "role": "price", "start": 0.2, "end": 1.5, "y": 0.3}],
        "logo": {"image_id": logo, "corner": "top-left", "width": 0.25},
        "end_card": {"seconds": 1.5, "title": "Amber", "button": "Shop now", "image_id": image},
        "music": {"track": "good-day", "fade_out": 0.5},
        "lock": {"mode": "end"},
    }
    answer = alice.post("/edits", json=body)
    assert answer.status_code == 202, answer.text
    return body, wait_for_end(alice, answer.json()["id"])


def film(alice: httpx.Client, video: dict[str, Any]) -> list[np.ndarray]:
    """Its frames."""
    content = alice.get(f"/videos/{video['id']}/content").content
    with av.open(io.BytesIO(content), "r") as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_an_edit_is_a_video_that_says_what_it_was_made_of(
    alice: httpx.Client, clip: dict[str, Any], ad: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    body, video = ad
    assert (video["status"], video["error"]) == ("completed", None)
    assert (video["kind"], video["model"], video["made_from"], video["edit"]) == ("edited", "edit", [clip["id"]], body)
    assert (video["width"], video["height"]) == (720, 1280)
    assert video["duration"] == pytest.approx(1 + 1.5 - 0.5 + 1.5 - 0.5, abs=0.001)
    assert (video["seconds"], video["prompt"], video["image_id"]) == (3, clip["prompt"], clip["image_id"])
    assert (clip["kind"], clip["made_from"], clip["edit"], clip["title"]) == ("generated", [], None, None)
    content = alice.get(f"/videos/{video['id']}/content").content
    with av.open(io.BytesIO(content), "r") as container:
        audio, picture = container.streams.audio[0], container.streams.video[0]
        lengths = [float((stream.duration or 0) * (stream.time_base or 0)) for stream in (audio, picture)]
        assert lengths[0] == pytest.approx(lengths[1], abs=1 / 48_000)
        assert container.streams.subtitles[0].metadata["language"] == "zho"


def test_the_logo_keeps_its_transparency(alice: httpx.Client, ad: tuple[dict[str, Any], dict[str, Any]]) -> None:
    frame = film(alice, ad[1])[10].astype(int)
    left, top = round(720 * 0.06), round(1280 * 0.14)
    assert frame[top + 40, left + 40, 0] > 200
    assert frame[top + 40, left + 40, 1] < 60
    clear = frame[top + 40, left + 135]
    assert not (clear > 245).all(), "neither white nor red where the logo is clear"
    assert clear[0] - clear[1] < 60


def test_a_still_is_the_frame_of_the_result(alice: httpx.Client, ad: tuple[dict[str, Any], dict[str, Any]]) -> None:
    body, video = ad
    answer = alice.post("/edits/still", json={**body, "at": 0.3})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), answer.text
    own = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")).astype(int)
    errors = [float(((frame.astype(int) - own) ** 2).mean()) for frame in film(alice, video)[:12]]
    assert errors.index(min(errors)) == 7
    assert min(errors) < 20
    assert alice.post("/edits/still", json={**body, "at": 60}).status_code == 422
    assert alice.post("/edits/still", json={**body, "at": "x"}).status_code == 422


def test_what_lies_over_an_edit_is_drawn_before_it_is_made(alice: httpx.Client, ad: tuple[Any, Any]) -> None:
    drawn = alice.post("/edits/overlays", json=ad[0])
    assert drawn.status_code == 200, drawn.text
    answer = drawn.json()
    assert (answer["width"], answer["height"], answer["total"]) == (720, 1280, 72)
    assert [layer["part"] for layer in answer["layers"]] == ["texts.0", "logo", "captions"]
    assert answer["card"]["image"].startswith("data:image/webp;base64,")
    assert alice.post("/edits/overlays", json={"clips": []}).status_code == 422


def test_a_video_is_exported_as_an_animation(alice: httpx.Client, charlie: httpx.Client, ad: tuple[Any, Any]) -> None:
    number = ad[1]["id"]
    for form in ("webp", "gif"):
        answer = alice.get(f"/videos/{number}/animation.{form}?download=1")
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"image/{form}"), answer.text
        assert f"adsvideo-{number}.{form}" in answer.headers["content-disposition"]
        with Image.open(io.BytesIO(answer.content)) as made:
            assert made.n_frames > 20  # type: ignore[attr-defined]
        assert alice.get(f"/videos/{number}/animation.{form}").content == answer.content, "it is kept"
    assert alice.get(f"/videos/{number}/filmstrip").headers["content-type"] == "image/webp"
    assert charlie.get(f"/videos/{number}/animation.gif").status_code == 404
    assert charlie.get(f"/videos/{number}/filmstrip").status_code == 404
    assert alice.get(f"/videos/{number}/animation.mov").status_code in (404, 422)


def test_captions_are_files_too(alice: httpx.Client, clip: dict[str, Any], ad: tuple[Any, dict[str, Any]]) -> None:
    vtt = alice.get(f"/videos/{ad[1]['id']}/captions.vtt")
    assert vtt.headers["content-type"] == "text/vtt; charset=utf-8"
    assert vtt.text == "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n琥珀香水 &amp; more\n"
    srt = alice.get(f"/videos/{ad[1]['id']}/captions.srt")
    assert srt.text == "1\n00:00:00,000 --> 00:00:01,000\n琥珀香水 & more\n"
    assert alice.get(f"/videos/{clip['id']}/captions.vtt").status_code == 404


def test_versions_and_kinds_are_listed(alice: httpx.Client, clip: dict[str, Any], ad: tuple[Any, Any]) -> None:
    listed = alice.get(f"/videos/{clip['id']}/versions").json()
    assert [video["id"] for video in listed["items"]] == [ad[1]["id"]]
    assert listed["next_cursor"] is None
    assert alice.get(f"/videos/{ad[1]['id']}/versions").json()["items"] == []
    kinds = {kind: alice.get(f"/videos?kind={kind}").json()["items"] for kind in ("generated", "edited", "ad")}
    assert clip["id"] in [video["id"] for video in kinds["generated"]]
    assert {video["kind"] for video in kinds["edited"]} == {"edited"}
    assert kinds["ad"] == []
    assert alice.get("/videos?kind=sparkling").status_code == 422


def test_a_video_gets_a_title_and_loses_it(alice: httpx.Client, charlie: httpx.Client, clip: dict[str, Any]) -> None:
    assert alice.patch(f"/videos/{clip['id']}", json={"title": " Amber "}).json()["title"] == "Amber"
    assert alice.get(f"/videos/{clip['id']}").json()["title"] == "Amber"
    assert alice.patch(f"/videos/{clip['id']}", json={"title": "x" * 101}).status_code == 422
    assert charlie.patch(f"/videos/{clip['id']}", json={"title": "Mine"}).status_code == 404
    assert alice.patch(f"/videos/{clip['id']}", json={"title": None}).json()["title"] is None


def test_an_edit_can_be_posted_again_as_it_stands(alice: httpx.Client, ad: tuple[Any, dict[str, Any]]) -> None:
    key = {"Idempotency-Key": "once more"}
    first = alice.post("/edits", json=ad[1]["edit"], headers=key)
    assert first.status_code == 202
    assert alice.post("/edits", json=ad[1]["edit"], headers=key).json()["id"] == first.json()["id"]
    assert alice.post("/edits", json={"clips": ad[1]["edit"]["clips"]}, headers=key).status_code == 422
    assert wait_for_end(alice, first.json()["id"])["duration"] == ad[1]["duration"]


def test_what_is_wrong_is_said_with_its_place_and_costs_nothing(
    alice: httpx.Client, charlie: httpx.Client, clip: dict[str, Any]
) -> None:
    before = alice.get("/me").json()["credits"], len(alice.get("/videos?kind=edited").json()["items"])
    own = {"video_id": clip["id"]}
    for body, status, says in (
        ({"clips": [own, {**own, "start": 2, "end": 1}]}, 422, "clips[1].end"),
        ({"clips": [own, {**own, "end": 99}]}, 422, "clips[1].end"),
        ({"clips": [own], "texts": [{"text": "😀"}], "size": "1x1"}, 422, "size"),
        ({"clips": [own], "texts": [{"text": "😀"}], "size": "1x1"}, 422, "texts[0].text"),
        ({"clips": [own], "captions": {"file": "[Script Info]\nDialogue: x"}}, 422, "SubStation"),
        ({"clips": [own] * 21}, 422, "clips"),
        ({"clips": [{**own, "speed": 0.25}] * 4}, 422, "clips"),
        ({"clips": [{"video_id": 999_999}]}, 404, "clips[0]"),
        ({"clips": [own], "music": {"track": "nothing"}}, 404, "music.track"),
        ({"clips": [own], "music": {"audio_id": 999}}, 404, "music.audio_id"),
        ({}, 422, "clips"),
    ):
        answer = alice.post("/edits", json=body)
        assert (answer.status_code, says in answer.json()["error"]["message"]) == (status, True), answer.text
    assert charlie.post("/edits", json={"clips": [own]}).status_code == 404
    assert alice.post("/edits", content=b"[]", headers={"Content-Type": "application/json"}).status_code == 422
    nan = b'{"clips": [{"video_id": %d, "end": NaN}]}' % clip["id"]
    assert alice.post("/edits", content=nan, headers={"Content-Type": "application/json"}).status_code == 422
    assert (alice.get("/me").json()["credits"], len(alice.get("/videos?kind=edited").json()["items"])) == before


def sent(client: httpx.Client, path: Path, name: str = "") -> httpx.Response:
    """The answer to an upload of music."""
    return client.post("/audio", files={"file": (name or path.name, path.read_bytes(), "audio/mpeg")})


def test_ones_own_music_is_kept_and_heard(
    alice: httpx.Client, charlie: httpx.Client, clip: dict[str, Any], tmp_path: Path
) -> None:
    answer = sent(alice, numbered.tone(tmp_path / "tone.wav", 2.0, 600))
    assert answer.status_code == 201, answer.text
    audio = answer.json()
    assert (audio["name"], audio["seconds"]) == ("tone.wav", pytest.approx(2.0, abs=0.01))
    assert max(audio["peaks"]) == 25
    listed = alice.get("/music").json()
    assert [own["id"] for own in listed["own"]] == [audio["id"]]
    assert len(listed["items"]) >= 6
    assert {"id", "title", "mood", "seconds", "bpm", "licence"} == set(listed["items"][0])
    body = {"clips": [{"video_id": clip["id"], "end": 3.0}], "music": {"audio_id": audio["id"], "fade_out": 0.0}}
    assert charlie.post("/edits", json=body).status_code == 404
    video = wait_for_end(alice, alice.post("/edits", json=body).json()["id"])
    (tmp_path / "made.mp4").write_bytes(alice.get(f"/videos/{video['id']}/content").content)
    wave = numbered.waves(tmp_path / "made.mp4")
    assert wave.shape[1] == 3 * 48_000
    assert numbered.level(wave[:, 120_000:140_000], 600) > 0.15, "it has begun anew"
    assert charlie.delete(f"/audio/{audio['id']}").status_code == 404
    assert alice.delete(f"/audio/{audio['id']}").status_code == 204
    assert alice.get(f"/audio/{audio['id']}/content").status_code == 404


def test_what_is_no_music_is_refused_in_words(alice: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_text("This is not music. " * 100)
    (tmp_path / "empty.mp3").write_bytes(b"")
    (tmp_path / "large.wav").write_bytes(b"RIFF" + bytes(21 * 1024 * 1024))
    film_with_sound = numbered.clip(tmp_path / "film.mp4", 24, tone=440)
    half = tmp_path / "half.flac"
    half.write_bytes(b"fLaC" + bytes(5000))
    for path, status in (
        (tmp_path / "text.mp3", 415),
        (tmp_path / "empty.mp3", 415),
        (film_with_sound, 415),
        (tmp_path / "large.wav", 413),
    ):
        answer = sent(alice, path)
        assert answer.status_code == status, answer.text
        assert answer.json()["error"]["message"]
    assert sent(alice, half).status_code in (415, 422)
    long = tmp_path / "long.wav"
    with av.open(str(long), "w", format="wav") as out:
        track = out.add_stream("pcm_u8", rate=8000, layout="mono")
        block = av.AudioFrame.from_ndarray(np.full((1, 8000 * 661), 128, np.uint8), "u8", "mono")
        block.sample_rate = 8000
        out.mux(track.encode(block))
    answer = sent(alice, long)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "audio_too_long")


def test_a_shipped_track_can_be_heard(alice: httpx.Client) -> None:
    answer = alice.get("/music/good-day/content")
    assert answer.headers["content-type"] == "audio/ogg"
    assert answer.content[:4] == b"OggS"
    assert alice.get("/music/nothing/content").status_code == 404
