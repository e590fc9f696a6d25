"""Keeps a picture for a user, from its bytes or from an address, within the user's limits.

Opens its own sessions, so the caller must not hold one.
"""

from core import at_once, limits
from core.database.session import session
from core.errors import PictureTooLarge
from core.models import Picture
from core.pictures import intake, uploads
from core.pictures.framing import Prepared


async def keep(user_id: int, content: bytes) -> Picture:
    """Keep an uploaded picture. Raises TooManyUploads, what `intake.prepare` raises, NotAvailable."""
    await limits.count_upload(user_id)
    if len(content) > intake.MAX_BYTES:
        raise PictureTooLarge()
    prepared = await intake.prepare(content)
    async with session() as db:
        return await uploads.accept(db, user_id, prepared)


async def fetch(user_id: int, url: str) -> Prepared:
    """`intake.fetch` within the user's limits. Raises TooManyFetches, TooManyUploads, and its own errors."""
    with at_once.FETCHES.of(user_id):
        await limits.count_upload(user_id)
        return await intake.fetch(url)
