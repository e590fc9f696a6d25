"""Resources: a video, its poster, the catalogue."""

from typing import Any

from mcp.server.mcpserver import MCPServer

from core.errors import NotFound
from core.ids import MAX_ID
from core.phrase import Phrase
from core.storage import store

from ..api.following import poll
from .caller import user
from .reading import Models, list_models
from .shapes import Video


def add_resources(server: MCPServer[Any]) -> None:
    """Register them all."""
    server.resource("video://{id}", mime_type="application/json", description="A video of mine, as JSON")(_video)
    server.resource("video://{id}/poster", mime_type="image/webp", description="Its poster")(_poster)
    server.resource("models://catalog", mime_type="application/json", description="The models on offer")(_models)


def _number(id: str) -> int:
    if not (id.isascii() and id.isdigit()) or len(id) > len(str(MAX_ID)) or int(id) > MAX_ID:
        raise NotFound(Phrase("video"))
    return int(id)


async def _video(id: str) -> str:
    me = await user()
    return Video.of(*await poll(me.id, _number(id))).model_dump_json()


async def _poster(id: str) -> bytes:
    me = await user()
    row, _news = await poll(me.id, _number(id))
    try:
        if row.status != "completed" or not row.poster_key:
            raise NotFound(Phrase("video"))
        return await store.get(row.poster_key)
    except FileNotFoundError:
        raise NotFound(Phrase("video")) from None


async def _models() -> str:
    models: Models = await list_models()
    return models.model_dump_json()
