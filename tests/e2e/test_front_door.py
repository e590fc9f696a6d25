"""A program written for Sora runs unchanged but for its base_url and key: OpenAI's own SDK against the running app."""

import io
import warnings
from collections.abc import Iterator
from typing import Any

import av
import httpx2
import openai
import pytest
from PIL import Image

from tests.people import photo
from tests.running import RunningApp

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")


@pytest.fixture(scope="module")
def alice(app: RunningApp) -> Iterator[openai.OpenAI]:
    """Alice's program, whose key is the only one here; retries as the SDK has them."""
    app.command("grant", "alice@example.com", "1000")
    with openai.OpenAI(base_url=f"{app.url}/v1", api_key=app.key("alice@example.com")) as client:
        yield client


@pytest.fixture(scope="module")
def video(alice: openai.OpenAI) -> Any:
    """A video that Alice's program has made as it made those of Sora."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = alice.videos.create_and_poll(
            prompt="Slow push in", model="camera", input_reference=io.BytesIO(photo(720, 1280)),
        )  # fmt: skip
    assert made.status == "completed", made
    return made


def test_the_video_has_every_field_of_the_original(video: Any) -> None:
    shown = video.to_dict()
    assert set(shown) == {
        *("id", "object", "created_at", "completed_at", "expires_at", "status", "model", "progress"),
        *("prompt", "seconds", "size", "error", "remixed_from_video_id"),
    }
    assert video.id.startswith("video_") and len(video.id) == 38
    assert (video.model, video.seconds, video.size, video.progress) == ("camera", "4", "720x1280", 100)
    assert video.error is None and video.created_at <= video.completed_at


def test_the_file_its_poster_and_its_frames_can_be_downloaded(alice: openai.OpenAI, video: Any) -> None:
    with av.open(io.BytesIO(alice.videos.download_content(video.id).read()), "r") as film:
        assert (film.streams.video[0].width, film.streams.video[0].height) == (720, 1280)
        assert film.duration == pytest.approx(4_000_000, abs=100_000)
    poster = Image.open(io.BytesIO(alice.videos.download_content(video.id, variant="thumbnail").read()))
    assert (poster.format, poster.size) == ("WEBP", (720, 1280))
    sheet = Image.open(io.BytesIO(alice.videos.download_content(video.id, variant="spritesheet").read()))
    assert (sheet.format, sheet.size) == ("JPEG", (4 * 180, 4 * 320))


def test_the_list_is_walked_page_by_page_in_either_order(alice: openai.OpenAI, video: Any) -> None:
    remix = alice.videos.remix(video.id, prompt="Pan left")
    assert remix.remixed_from_video_id == video.id
    assert (remix.model, remix.seconds, remix.size, remix.prompt) == ("camera", "4", "720x1280", "Pan left")
    newest = [each.id for each in alice.videos.list(limit=1)]
    assert newest[:1] == [remix.id] and video.id in newest
    assert [each.id for each in alice.videos.list(limit=1, order="asc")] == newest[::-1]
    assert alice.videos.delete(remix.id).deleted  # it is still being made, or it has just been
    with pytest.raises(openai.NotFoundError):
        alice.videos.retrieve(remix.id)


@pytest.fixture
def counted(app: RunningApp) -> Iterator[tuple[list[str], Any]]:
    """The requests that arrive, and a program of a key that makes them, with the retries that the SDK has."""
    requests: list[str] = []
    hooks = {"request": [lambda request: requests.append(request.method)]}
    with httpx2.Client(event_hooks=hooks, timeout=60) as http:
        yield requests, lambda key: openai.OpenAI(base_url=f"{app.url}/v1", api_key=key, http_client=http)


def test_what_is_refused_raises_the_right_exception_after_one_request(
    app: RunningApp, alice: openai.OpenAI, counted: tuple[list[str], Any]
) -> None:
    requests, program = counted
    app.command("grant", "bob@example.com", "-100000")
    wish: Any = {"prompt": "Pan", "model": "camera", "input_reference": photo()}
    large = {"input_reference": {"image_url": "data:image/jpeg;base64," + "A" * 20_000_000}}
    as_json = {"extra_headers": {"Content-Type": "application/json"}, "extra_body": large}
    cases: list[tuple[str, type[openai.APIStatusError], Any, int, str]] = [
        ("ads_wrong", openai.AuthenticationError, wish, 401, "invalid_api_key"),
        (alice.api_key, openai.BadRequestError, {**wish, "model": "sora-2"}, 400, "model_not_found"),
        (alice.api_key, openai.BadRequestError, {"prompt": "Pan"}, 400, "missing_required_parameter"),
        (alice.api_key, openai.APIStatusError, {"prompt": "Pan", **as_json}, 413, "body_too_large"),
        (app.key("bob@example.com"), openai.RateLimitError, wish, 429, "insufficient_quota"),
    ]
    for key, kind, fields, status, code in cases:
        requests.clear()
        with pytest.raises(kind) as raised:
            program(key).videos.create(**fields)
        assert (raised.value.status_code, raised.value.code, len(requests)) == (status, code, 1)
        assert raised.value.type and isinstance(raised.value.body, dict)
    with pytest.raises(openai.NotFoundError):
        program(alice.api_key).videos.retrieve("video_of_somebody_else")
    with pytest.raises(openai.BadRequestError, match="not supported here"):
        program(alice.api_key).post("/videos/edits", cast_to=object, body={"prompt": "x"})


def test_the_models_are_those_that_are_ready(alice: openai.OpenAI) -> None:
    assert [model.id for model in alice.models.list()] == ["camera"]
    assert alice.models.retrieve("camera").object == "model"
    with pytest.raises(openai.NotFoundError):
        alice.models.retrieve("sora-2")
