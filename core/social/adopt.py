"""Gives somebody a copy of a picture that its owner allows others to use."""

from core.database.session import session
from core.errors import NotFound
from core.models import Picture
from core.phrase import Phrase
from core.pictures import keeping, uploads
from core.storage import store


async def picture(user_id: int, other: Picture) -> Picture:
    """The user's own copy; opens its own sessions. Raises NotFound, TooManyUploads, NotAvailable."""
    try:
        content = await store.get(uploads.source_key(other))
    except FileNotFoundError:
        raise NotFound(Phrase("picture")) from None
    made = await keeping.keep(user_id, content)
    async with session() as db:
        return await db.get_one(Picture, made.id)
