"""Pictures as assistants name them: an id, a preset, an address, or base64."""

import base64
import binascii
from urllib.parse import urlsplit

from core.database.session import session
from core.errors import NotFound, PictureTooLarge, WrongInput
from core.ids import MAX_ID
from core.models import Picture
from core.phrase import Phrase
from core.pictures import keeping, presets, uploads
from core.security import outside
from core.videos.recipe import Recipe

MAX_MB = 3
HTTPS_ONLY = Phrase("The address must begin with https://.")


def check_address(url: str) -> str:
    """An https address, or one that OUTSIDE_ALLOW names. Raises WrongInput, BadAddress, AddressRefused."""
    parsed = outside.parse(url)
    if parsed.scheme != "https" and not outside.permitted().host(parsed.host):
        raise WrongInput(HTTPS_ONLY)
    return url.strip()


def recipe_of(picture: int | str) -> Recipe:
    """A recipe with only its picture. Raises WrongInput, NotFound, BadAddress, AddressRefused."""
    text = str(picture).strip()
    if text.isascii() and text.isdigit():
        if len(text) > len(str(MAX_ID)) or int(text) > MAX_ID:
            raise NotFound(Phrase("picture"))
        return Recipe(picture_id=int(text))
    if urlsplit(text).scheme:
        return Recipe(picture_url=check_address(text))
    presets.check_preset(text)
    return Recipe(preset=text)


async def keep(user_id: int, url: str | None, content: str | None) -> Picture:
    """Keep the picture at an address, or in a base64 text or data URL. Raises WrongInput and what `keeping` raises."""
    if bool(url) == bool(content):
        raise WrongInput(Phrase("Give either url or base64."))
    if url:
        prepared = await keeping.fetch(user_id, check_address(url))
        async with session() as db:
            return await uploads.accept(db, user_id, prepared)
    return await keeping.keep(user_id, _decoded(content or ""))


def _decoded(text: str) -> bytes:
    if text.startswith("data:"):
        text = text.partition(",")[2]
    if len(text) > MAX_MB * 1024 * 1024 * 4 // 3 + 100:
        raise PictureTooLarge(MAX_MB)
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise WrongInput(Phrase("base64 is not valid.")) from None
