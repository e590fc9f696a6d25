"""A request with `batch` has time."""

import httpx
from nicegui.testing import User as Visitor
from sqlmodel import select

from core.accounts import api_keys
from core.database.session import reading, session
from core.models import User, Video
from tests.people import picture_of


async def test_batch_goes_last(visitor: Visitor, alice: User) -> None:
    api: httpx.AsyncClient = visitor.http_client
    async with session() as db:
        key = await api_keys.make_key(db, alice, "test")
    wanted = {"image_id": (await picture_of(alice)).id, "prompt": "push in", "model": "camera"}
    for more in ({}, {"batch": False}, {"batch": True}):
        headers = {"Authorization": f"Bearer {key}"}
        answer = await api.post("/api/v1/videos/generate", json={**wanted, **more}, headers=headers)
        assert answer.status_code == 202
    async with reading() as db:
        assert list((await db.exec(select(Video.lane).order_by(Video.id))).all()) == [0, 0, 1]  # type: ignore[arg-type]
