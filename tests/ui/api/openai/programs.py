"""Programs that call the front door."""

import httpx

from core.accounts import api_keys
from core.database.session import session
from core.models import User
from ui.api import openai


async def client_of(user: User) -> httpx.AsyncClient:
    """A program with a key of that user's; the door's own faults come as a 500."""
    async with session() as db:
        key = await api_keys.make_key(db, user, "tests")
        await api_keys.touch_key(db, (await api_keys.keys(db, user.id))[0])  # else that is done in NiceGUI's background
    door = httpx.ASGITransport(openai.create(), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=door, base_url="http://127.0.0.1:8080", headers=headers)
