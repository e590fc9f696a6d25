"""The export is a whole zip of one's own things; erasing needs the e-mail and ends every session and key."""

import io
import json
import zipfile

from nicegui.testing import User as Visitor

from core.accounts import api_keys
from core.database.session import session
from core.models import User, Video
from core.storage import store
from core.videos import states
from tests.people import ask, photo, picture_of


async def test_the_export_is_a_zip_with_tables_and_files(visitor: Visitor, alice: User) -> None:
    picture = await picture_of(alice, photo(1600, 1200))
    video = await ask(alice, "Slow push in, 你好")
    film = bytes(range(256)) * 4096
    await store.put(film, f"videos/{video.id}/x.mp4")
    async with session() as db:
        await states.change(db, Video.id == video.id, status="processing")  # type: ignore[arg-type]
        at = f"videos/{video.id}/x"
        await states.finish(
            db, video, key=f"{at}.mp4", poster_key=f"{at}.webp", width=640, height=360, duration=4.0, size_bytes=1
        )
        headers = {"Authorization": f"Bearer {await api_keys.make_key(db, alice, 'script')}"}
    answer = await visitor.http_client.get("/api/v1/me/export", headers=headers)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        assert {"me.json", "ledger.json", "videos.json", "pictures.json", "api_keys.json"} < names
        assert archive.read(f"videos/{video.id}.mp4") == film
        assert f"pictures/{picture.id}.jpg" in names
        assert json.loads(archive.read("videos.json"))[0]["prompt"] == "Slow push in, 你好"
        assert json.loads(archive.read("me.json"))["email"] == alice.email


async def test_erasing_needs_the_email_and_ends_keys(visitor: Visitor, alice: User) -> None:
    async with session() as db:
        headers = {"Authorization": f"Bearer {await api_keys.make_key(db, alice, 'script')}"}
    client = visitor.http_client
    for confirm in ("", "bob@example.com"):
        refused = await client.delete("/api/v1/me", params={"confirm": confirm}, headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "bad_input")
    assert (await client.delete("/api/v1/me", params={"confirm": alice.email})).status_code == 401
    done = await client.delete("/api/v1/me", params={"confirm": alice.email}, headers=headers)
    assert done.status_code == 204
    assert (await client.get("/api/v1/me", headers=headers)).status_code == 401


async def test_in_local_mode_the_next_sign_in_is_a_new_user(visitor: Visitor, me: User) -> None:
    client = visitor.http_client
    before = (await client.get("/api/v1/me")).json()
    assert (await client.delete("/api/v1/me", params={"confirm": before["email"]})).status_code == 204
    assert (await client.get("/api/v1/me")).status_code == 401
    await client.get("/auth/login")
    after = (await client.get("/api/v1/me")).json()
    assert after["email"] == before["email"]
    assert after["id"] != before["id"]
    assert after["credits"] == 100
