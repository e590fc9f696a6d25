"""What makes a video at the front door: every way of giving the picture, the defaults, and what makes no second one."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlmodel import select

from core.database.session import reading
from core.models import Picture, User, Video
from core.redis.client import close_redis
from tests import people
from tests.environment import forget_settings
from tests.people import photo
from tests.servers.pictures import PictureServer

PNG = photo(320, 240, "PNG")
DATA_URL = "data:image/png;base64," + base64.b64encode(PNG).decode()
SIZE = (320, 240)


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the picture lies on the web."""
    with PictureServer() as server:
        monkeypatch.setenv("OUTSIDE_ALLOW", "127.0.0.1")
        forget_settings()
        yield f"{server.root}/photo.jpg"


def form(**fields: Any) -> dict[str, Any]:
    """A multipart body."""
    parts = {"prompt": "Slow push in", "model": "camera", **fields}
    return {"files": {name: value if isinstance(value, tuple) else (None, value) for name, value in parts.items()}}


def as_json(**fields: Any) -> dict[str, Any]:
    return {"json": {"prompt": "Slow push in", "model": "camera", **fields}}


WAYS: dict[str, Callable[[str], dict[str, Any]]] = {
    "file with name and type": lambda url: form(input_reference=("a.png", PNG, "image/png")),
    "file as SDKs send bare bytes": lambda url: form(input_reference=("upload", PNG, "application/octet-stream")),
    "file with a wrong type": lambda url: form(input_reference=("a.txt", PNG, "text/plain")),
    "part without a name": lambda url: form(input_reference=PNG),
    "part without a name, with a type": lambda url: form(input_reference=(None, PNG, "image/png")),
    "form, address in brackets": lambda url: form(**{"input_reference[image_url]": url}),
    "form, data URL in brackets": lambda url: form(**{"input_reference[image_url]": DATA_URL}),
    "form, address": lambda url: form(input_reference=url),
    "form, address as a file": lambda url: form(input_reference=("upload", url.encode(), "application/octet-stream")),
    "form, JSON text": lambda url: form(input_reference=json.dumps({"image_url": url})),
    "SGLang's form": lambda url: form(reference_url=url),
    "vLLM-Omni's form": lambda url: form(image_reference=json.dumps({"image_url": DATA_URL})),
    "JSON, address": lambda url: as_json(input_reference={"image_url": url}),
    "JSON, data URL": lambda url: as_json(input_reference={"image_url": DATA_URL}),
    "JSON, as chat has it": lambda url: as_json(input_reference={"image_url": {"url": DATA_URL}}),
    "JSON, string": lambda url: as_json(input_reference=DATA_URL),
    "JSON, base64": lambda url: as_json(input_reference=base64.b64encode(PNG).decode()),
    "JSON, image_url": lambda url: as_json(image_url=url),
    "JSON, reference_url": lambda url: as_json(reference_url=DATA_URL),
    "JSON, image_reference": lambda url: as_json(image_reference={"image_url": url}),
    "curl -d without a type": lambda url: {
        "content": json.dumps(as_json(image_url=url)["json"]),
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    },
    "urlencoded": lambda url: {"data": {"prompt": "Slow push in", "model": "camera", "reference_url": url}},
}


async def picture_of(video: dict[str, Any]) -> Picture:
    """The picture behind the only video."""
    async with reading() as db:
        row = (await db.exec(select(Video))).one()
        picture = await db.get(Picture, row.picture_id)
    assert picture and video["prompt"] == row.prompt
    return picture


@pytest.mark.parametrize("way", WAYS)
async def test_the_picture_comes_in_however_it_is_given(way: str, door: httpx.AsyncClient, address: str) -> None:
    answer = await door.post("/videos", **WAYS[way](address))
    assert answer.status_code == 200, answer.text
    picture = await picture_of(answer.json())
    assert (picture.width, picture.height) == SIZE


async def test_the_defaults_are_those_of_the_original(door: httpx.AsyncClient) -> None:
    video = (await door.post("/videos", **form(input_reference=("a.png", PNG), n="2", quality="high"))).json()
    assert (video["status"], video["progress"], video["seconds"], video["size"]) == ("queued", 0, "4", "720x1280")
    assert video["error"] is None and isinstance(video["created_at"], int)


async def test_a_number_of_seconds_is_taken_as_well(door: httpx.AsyncClient) -> None:
    answer = await door.post("/videos", **as_json(input_reference=DATA_URL, seconds=8, size="1280x720"))
    assert (answer.json()["seconds"], answer.json()["size"]) == ("8", "1280x720")
    assert 1000 <= int(answer.headers["openai-poll-after-ms"]) <= 5000


async def test_the_fallback_serves_and_says_so(door: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONT_DOOR_FALLBACK", "camera")
    forget_settings()
    for model in ("sora-2", "sora-2-pro"):
        answer = await door.post("/videos", **form(input_reference=("a.png", PNG), model=model))
        assert answer.json()["model"] == "camera"
    assert "sora-2" in {model["id"] for model in (await door.get("/models")).json()["data"]}


async def test_no_model_is_the_default(door: httpx.AsyncClient) -> None:
    answer = await door.post("/videos", files={"prompt": (None, "Pan"), "input_reference": ("a.png", PNG)})
    assert answer.json()["model"] == "camera"


async def test_an_sdks_retry_makes_no_second_video(door: httpx.AsyncClient, alice: User) -> None:
    async def create(retries: int) -> Any:
        headers = {"x-stainless-retry-count": str(retries)}
        return (await door.post("/videos", **form(input_reference=("a.png", PNG)), headers=headers)).json()["id"]

    first = await create(0)
    assert await create(1) == await create(2) == first
    assert await people.balance(alice) == 90
    second = await create(0)  # somebody who wants two of the same
    assert second != first
    assert await create(1) == second
    assert await people.balance(alice) == 80


async def test_a_retry_is_known_without_redis(
    door: httpx.AsyncClient, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await door.post("/videos", **form(input_reference=("a.png", PNG)))
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    await close_redis()
    forget_settings()
    again = await door.post("/videos", **form(input_reference=("a.png", PNG)), headers={"x-stainless-retry-count": "1"})
    assert again.json()["id"] == first.json()["id"], again.text
    assert await people.balance(alice) == 90
    other = await door.post("/videos", **form(input_reference=("a.png", PNG)))
    assert other.status_code == 200 and other.json()["id"] != first.json()["id"]


async def test_an_idempotency_key_is_for_one_request(door: httpx.AsyncClient, alice: User) -> None:
    headers = {"Idempotency-Key": "order-4711"}
    first = await door.post("/videos", **form(input_reference=("a.png", PNG)), headers=headers)
    same = await door.post("/videos", **form(input_reference=("a.png", PNG)), headers=headers)
    other = await door.post("/videos", **form(input_reference=("a.png", photo())), headers=headers)
    assert same.json()["id"] == first.json()["id"]
    assert (other.status_code, other.json()["error"]["code"]) == (400, "idempotency_conflict")
    assert await people.balance(alice) == 90


async def test_two_retries_at_once_make_one_video(door: httpx.AsyncClient, alice: User) -> None:
    headers = {"x-stainless-retry-count": "1"}
    answers = await asyncio.gather(
        *(door.post("/videos", **form(input_reference=("a.png", PNG)), headers=headers) for _ in range(3))
    )
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await people.balance(alice) == 90


async def test_a_remix_is_the_same_with_another_prompt(door: httpx.AsyncClient, others: httpx.AsyncClient) -> None:
    first = (await door.post("/videos", **form(input_reference=("a.png", PNG), seconds="8", size="1280x720"))).json()
    answer = await door.post(f"/videos/{first['id']}/remix", json={"prompt": "Pan left"})
    remix = answer.json()
    assert answer.status_code == 200 and remix["remixed_from_video_id"] == first["id"]
    for name in ("model", "seconds", "size"):
        assert remix[name] == first[name]
    assert remix["prompt"] == "Pan left"
    assert (await others.post(f"/videos/{first['id']}/remix", json={"prompt": "Pan"})).status_code == 404
    retry = await door.post(
        f"/videos/{first['id']}/remix", json={"prompt": "Pan left"}, headers={"x-stainless-retry-count": "1"}
    )
    assert retry.json()["id"] == remix["id"]


async def test_a_deleted_one_is_gone_and_a_waiting_one_is_paid_back(door: httpx.AsyncClient, alice: User) -> None:
    video = (await door.post("/videos", **form(input_reference=("a.png", PNG)))).json()
    assert (await door.delete(f"/videos/{video['id']}")).json() == {
        "id": video["id"], "object": "video.deleted", "deleted": True,
    }  # fmt: skip
    assert await people.balance(alice) == 100
    assert (await door.get(f"/videos/{video['id']}")).status_code == 404
