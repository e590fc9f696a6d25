"""Bob asks for everything of Alice's by its address: there is no such thing. Nor is there for nobody at all.

The addresses are read from the app itself, so that a new one is asked too.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from nicegui.testing import User as Visitor

from core.accounts import api_keys
from core.ads import ask as ads
from core.ads import brand as brands
from core.batches import ask as batches
from core.batches import batch as batched
from core.database.session import reading, session
from core.edits import exports
from core.models import Audio, User, Video
from core.settings import ROOT
from core.social import sharing
from core.storage import store
from core.videos import queries, states
from tests.people import ask, finish, picture_of
from ui import api
from ui.routes import auth, media, ops, static, webhooks

PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
FORMS: dict[str, dict[str, int | str]] = {"/api/v1/videos/{video_id}/animation.{form}": {"form": "webp"}}
OURS = {"video_id", "image_id", "ad_id", "audio_id", "batch_id", "brand_id", "key_id", "webhook_id", "delivery_id"}
NOT_HERE = {
    "/api/v1/images/{image_id}/cutout",
    "/api/v1/images/{image_id}/transparent",
    "/api/v1/videos/{video_id}/captions.{form}",
    "/api/v1/videos/{video_id}/animation.{form}",
    "/api/v1/videos/{video_id}/filmstrip",
}
"""Alice does not get these either: no worker runs that cuts out or animates, her picture is opaque, her video without
captions."""


def named() -> list[tuple[str, str]]:
    """(method, path) of everything in the API that names a thing of somebody's."""
    paths = api.create().openapi()["paths"]
    match = [(method.upper(), f"/api/v1{path}") for path, operations in paths.items() for method in operations]
    return sorted((method, path) for method, path in match if OURS & set(PARAMETER.findall(path)))


API = named()


@dataclass
class Two:
    """Alice's things, and who asks for them."""

    visitor: Visitor
    video: Video
    ids: dict[str, int | str]
    alice: dict[str, str]
    bob: dict[str, str]


@pytest.fixture
async def two(visitor: Visitor, alice: User, bob: User) -> AsyncIterator[Two]:
    """Alice has a picture, a finished video and a key; Bob has a key of his own."""
    picture = await picture_of(alice)
    video = await ask(alice, "A secret of Alice")
    at = f"videos/{video.id}/x"
    for ending in (".mp4", ".webp", ".mp3", *exports.SUFFIXES.values()):
        await store.put(b"\0" * 64, f"{at}{ending}")
    async with session() as db:
        await states.change(db, Video.id == video.id, status="processing")  # type: ignore[arg-type]
        await states.finish(
            db, video, key=f"{at}.mp4", poster_key=f"{at}.webp", width=640, height=360, duration=4.0, size_bytes=64
        )
        headers = [{"Authorization": f"Bearer {await api_keys.make_key(db, user, 'test')}"} for user in (alice, bob)]
        key_id = (await api_keys.keys(db, alice.id))[0].id
        db.add(audio := Audio(user_id=alice.id, name="hum", key=f"{at}.mp3", seconds=1.0, lufs=-16.0, bytes=64))
        await db.flush()
        audio_id = audio.id
    batch_id = await _batch(alice, picture.id)
    ids: dict[str, int | str] = {"video_id": video.id, "image_id": picture.id, "audio_id": audio_id, "key_id": key_id}
    ids |= {"batch_id": batch_id, "position": 0, **await _ad(alice, picture.id)}
    ids |= {"webhook_id": 1, "delivery_id": 1, "form": "srt"}
    yield Two(visitor, video, ids, *headers)


async def _batch(alice: User, picture_id: int) -> int:
    """A batch of Alice's with a finished row."""
    batch = await batches.ask(alice, [{"image_id": picture_id, "prompt": "A secret of Alice"}])
    async with reading() as db:
        row = (await batched.owned(db, alice.id, batch.id)).lines[0]
    await finish(row.video)
    return batch.id


async def _ad(alice: User, picture_id: int) -> dict[str, int | str]:
    """An ad of Alice's in a brand of hers."""
    async with session() as db:
        brand = await brands.make(db, alice, brands.BrandIn(name="A secret of Alice"))
    body = {"template": "launch", "image_ids": [picture_id], "fields": {"name": "A secret"}, "brand_id": brand.id}
    return {"ad_id": (await ads.ask(alice, body)).id, "brand_id": brand.id}


def filled(path: str, ids: dict[str, int | str]) -> str:
    """The path with Alice's numbers, and what else it needs."""
    query = "?size=1280x720" if path.endswith("/framed") else ""
    return PARAMETER.sub(lambda match: str(ids[match[1]]), path) + query


def test_the_addresses_are_found() -> None:
    assert {("GET", "/api/v1/videos/{video_id}"), ("DELETE", "/api/v1/videos/{video_id}")} <= set(API)
    assert {("GET", "/api/v1/videos/{video_id}/content"), ("GET", "/api/v1/images/{image_id}/content")} <= set(API)
    assert {("POST", "/api/v1/videos/{video_id}/cancel"), ("GET", "/api/v1/videos/{video_id}/poster")} <= set(API)


async def test_somebody_elses_is_not_there(two: Two) -> None:
    ask_for = two.visitor.http_client.request
    for method, path in API:
        address, body = filled(path, two.ids), {"title": "Mine now"} if method == "PATCH" else {}
        assert (await ask_for(method, address, headers=two.bob, json=body)).status_code == 404, address
        nobody = await ask_for(method, address, json=body)
        assert (nobody.status_code, nobody.json()["error"]["code"]) == (401, "not_signed_in"), address
        wrong = await ask_for(method, address, headers={"Authorization": "Bearer ads_wrong"}, json=body)
        assert wrong.status_code == 401, address
        assert "secret" not in nobody.text + wrong.text
    async with reading() as db:
        assert (await queries.owned(db, two.video.user_id, two.video.id)).status == "completed"


async def test_its_owner_gets_what_the_others_do_not(two: Two) -> None:
    for method, path in API:
        # Alice has no webhooks: a number that leads nowhere is 404 to her as well
        if (
            method == "GET"
            and path not in NOT_HERE
            and not {"webhook_id", "delivery_id"} & set(PARAMETER.findall(path))
        ):
            answer = await two.visitor.http_client.request(
                method, filled(path, two.ids | FORMS.get(path, {})), headers=two.alice
            )
            assert answer.status_code == 200, path


async def test_lists_hold_nothing_of_others(two: Two) -> None:
    for path in ("/api/v1/videos", "/api/v1/me/ledger", "/api/v1/me/export", "/api/v1/me"):
        answer = await two.visitor.http_client.get(path, headers=two.bob)
        assert answer.status_code == 200
        assert b"Alice" not in answer.content
        assert b"alice@example.com" not in answer.content
        assert (await two.visitor.http_client.get(path)).status_code == 401


async def test_a_video_of_somebody_elses_picture_can_not_be_asked_for(two: Two) -> None:
    body = {"image_id": two.ids["image_id"], "prompt": "Mine now", "model": "camera"}
    answer = await two.visitor.http_client.post("/api/v1/videos/generate", json=body, headers=two.bob)
    assert answer.status_code == 404


async def test_what_is_shared_is_open_and_nothing_else(two: Two) -> None:
    client = two.visitor.http_client
    for path in (
        "/v/guessed/content",
        "/v/guessed/poster",
        "/v/guessed",
        "/v/None/content",
        f"/v/{two.video.id}/content",
    ):
        assert (await client.get(path)).status_code == 404
    async with session() as db:
        slug = await sharing.share(db, two.video.user_id, two.video.id)
    assert (await client.get(f"/v/{slug}/content")).status_code == 200
    assert (await client.get(f"/v/{slug}/preview")).status_code == 200
    assert (await client.get(f"/api/v1/videos/{two.video.id}/content", headers=two.bob)).status_code == 404
    async with session() as db:
        await sharing.unshare(db, two.video.user_id, two.video.id)
    for part in ("", "/content", "/preview", "/poster"):
        assert (await client.get(f"/v/{slug}{part}")).status_code == 404


async def test_files_have_no_other_address(two: Two) -> None:
    for path in ("/videos/{v}/x.mp4", "/uploads/videos/{v}/x.mp4", "/static/../videos/{v}/x.mp4"):
        for headers in ({}, two.bob, two.alice):
            address = path.format(v=two.video.id)
            assert (await two.visitor.http_client.get(address, headers=headers)).status_code == 404, address


async def test_a_page_of_one_visitor_shows_nothing_of_another(two: Two, me: User) -> None:
    for path in ("/", "/library", "/account", f"/?reuse={two.video.id}", f"/?video={two.video.id}"):
        answer = await two.visitor.http_client.get(path, headers={"accept": "text/html"})
        assert "A secret of Alice" not in answer.text
    video, own = f"/videos/{two.video.id}", (f"/ads/{two.ids['ad_id']}", f"/batch/{two.ids['batch_id']}")
    for path in (video, f"{video}/edit", *own):
        answer = await two.visitor.http_client.get(path, headers={"accept": "text/html"})
        assert (answer.status_code, "A secret" in answer.text) == (404, False), path


def test_no_other_address_names_a_thing_of_somebodys() -> None:
    """One with a number in it has to be asked above as well; a slug is a secret of its own."""
    routes: list[Any] = []
    for part in (auth, media, ops, static, webhooks):
        routes += part.router.routes
    paths = [str(getattr(route, "path", "")) for route in routes]
    for page in (ROOT / "ui" / "pages").glob("*.py"):  # by their text: importing them here would register them
        paths += re.findall(r'@ui\.page\(f?"([^"]+)"', page.read_text())
    assert "/library" in paths
    asked = {"/videos/{video_id:int}", "/videos/{video_id:int}/edit", "/ads/{ad_id:int}", "/batch/{batch_id:int}"}
    assert {path for path in paths if OURS & set(PARAMETER.findall(path))} == asked
    assert any("{slug}" in path for path in paths)
